//! Running a scheme: people, what is written down about them, relationships, tasks and numbers.

use super::Api;
use super::body::json;
use super::refusal::Refused;
use super::session::{asked_from_own_page, from_own_page, proved};
use super::table::{cell, csv_named};
use crate::chat::{Change, Denied, roles_page};
use crate::door;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use handrail_domain::ids::{AccountId, ConversationId, GlassId, MessageId, PaperId};
use handrail_domain::policy::{may, may_run};
use handrail_domain::refusal::Code;
use handrail_domain::rights::Right;
use handrail_domain::scheme::paper::PaperAct;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{
    BreakGlass, BriefingRead, FormsPage, HomePage, Import, Imported, InviteAgain, Invited, MatchPage, NewPaper,
    NewPerson, NewRelationship, OwnPapers, PaperSeen, PaperView, PaperWritten, PeoplePage, PersonPage, RelationshipAct,
    RelationshipLine, RelationshipPage, RelationshipsPage, RolesPage, SchemePage, WithReason, forms_for,
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::fmt::Write;
use std::sync::Arc;

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        match denied.advice {
            Some(advice) => Refused::saying(denied.refusal.code, advice),
            None => denied.refusal.into(),
        }
    }
}

type Shared = State<Arc<Api>>;
type Answer<T> = Result<Json<T>, Refused>;

/// `GET /api/roles`.
pub(super) async fn roles(State(api): Shared, headers: HeaderMap) -> Answer<RolesPage> {
    door::who(&api.chat, &headers).await?;
    Ok(Json(roles_page()))
}

/// `GET /api/forms`.
pub(super) async fn forms(State(api): Shared, headers: HeaderMap) -> Answer<FormsPage> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(forms_for(who.account.role)))
}

/// `GET /api/home`.
pub(super) async fn home(State(api): Shared, headers: HeaderMap) -> Answer<HomePage> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.home(&who).await?))
}

/// `GET /api/people`.
pub(super) async fn people(State(api): Shared, headers: HeaderMap) -> Answer<PeoplePage> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.people(&who).await?))
}

/// `GET /api/people.csv`.
pub(super) async fn people_csv(State(api): Shared, headers: HeaderMap) -> Result<Response, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    proved(&api, &headers, &who)?;
    let mut out = String::from("id,role,name,standing,relationships,since\r\n");
    for one in api.chat.people(&who).await?.people {
        let standing = serde_json::to_value(one.standing).map_err(|_| Code::Internal)?;
        let standing = standing.as_str().unwrap_or_default();
        let (role, name) = (one.role.as_str(), cell(&one.name));
        let _ = write!(out, "{},{role},{name},{standing},{},{}\r\n", one.account, one.relationships, one.since.date());
    }
    Ok(csv_named("people", out))
}

/// `POST /api/people`.
pub(super) async fn add_person(
    State(api): Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Invited>), Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    proved(&api, &headers, &who)?;
    let new: NewPerson = json(&headers, &body)?;
    Ok((StatusCode::CREATED, Json(api.chat.add_person(&who, new).await?)))
}

/// `POST /api/people/import`.
pub(super) async fn import(State(api): Shared, headers: HeaderMap, body: Bytes) -> Answer<Imported> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    proved(&api, &headers, &who)?;
    let import: Import = json(&headers, &body)?;
    Ok(Json(api.chat.import(&who, import).await?))
}

/// `GET /api/people/{id}`.
pub(super) async fn person(State(api): Shared, headers: HeaderMap, Path(id): Path<String>) -> Answer<PersonPage> {
    let who = door::who(&api.chat, &headers).await?;
    may_run(&who.account)?;
    Ok(Json(api.chat.person(&who, account(&id)?).await?))
}

/// `POST /api/people/{id}/invite`.
pub(super) async fn invite(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer<Invited> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    proved(&api, &headers, &who)?;
    let InviteAgain { checked } = json(&headers, &body)?;
    Ok(Json(api.chat.invite(&who, account(&id)?, checked).await?))
}

/// `POST /api/people/{id}/suspend`.
pub(super) async fn suspend(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    let WithReason { reason } = json(&headers, &body)?;
    api.chat.suspend(&who, account(&id)?, Some(reason)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/people/{id}/restore`.
pub(super) async fn restore(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    proved(&api, &headers, &who)?;
    api.chat.suspend(&who, account(&id)?, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/people/{id}/second-step`: it is taken away from who has lost it, by two colleagues.
pub(super) async fn take_second_step_away(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    proved(&api, &headers, &who)?;
    let WithReason { reason } = json(&headers, &body)?;
    if reason.trim().is_empty() {
        return Err(Refused::saying(Code::BadFrame, "Write down how you checked that it is they who ask.".into()));
    }
    api.chat.take_second_step_away(&who, account(&id)?, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/people/{id}/glass`.
pub(super) async fn break_glass(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may(&who.account, Right::BreakGlass)?;
    proved(&api, &headers, &who)?;
    let BreakGlass { reason } = json(&headers, &body)?;
    api.chat.break_glass(&who, account(&id)?, &reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/people/{id}/identity`: a reading is written down, so it is no `GET`.
pub(super) async fn identity(State(api): Shared, headers: HeaderMap, Path(id): Path<String>) -> Answer<PaperView> {
    let who = from_own_page(&api, &headers).await?;
    may(&who.account, Right::BreakGlass)?;
    Ok(Json(api.chat.identity(&who, account(&id)?).await?))
}

/// `POST /api/glass/{id}/seen`.
pub(super) async fn glass_seen(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may(&who.account, Right::BreakGlass)?;
    let id = GlassId::parse(&id).map_err(|_| Code::NotFound)?;
    api.chat.see_glass(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/papers`.
pub(super) async fn write_paper(
    State(api): Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<PaperView>), Refused> {
    let (who, new) = asked_from_own_page::<NewPaper>(&api, &headers, &body).await?;
    Ok((StatusCode::CREATED, Json(api.chat.write_paper(&who, new).await?)))
}

/// `GET /api/papers/{id}`.
pub(super) async fn paper(State(api): Shared, headers: HeaderMap, Path(id): Path<String>) -> Answer<PaperView> {
    let who = door::who(&api.chat, &headers).await?;
    let id = PaperId::parse(&id).map_err(|_| Code::NotFound)?;
    Ok(Json(api.chat.paper(&who, id).await?))
}

/// `PUT /api/papers/{id}`.
pub(super) async fn rewrite_paper(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer<PaperView> {
    let (who, written) = asked_from_own_page::<PaperWritten>(&api, &headers, &body).await?;
    let id = PaperId::parse(&id).map_err(|_| Code::NotFound)?;
    Ok(Json(api.chat.rewrite_paper(&who, id, written).await?))
}

/// `POST /api/papers/{id}/{act}`.
pub(super) async fn act_on_paper(
    State(api): Shared,
    headers: HeaderMap,
    Path((id, act)): Path<(String, String)>,
    body: Bytes,
) -> Answer<PaperView> {
    let (who, PaperSeen { version }) = asked_from_own_page(&api, &headers, &body).await?;
    let id = PaperId::parse(&id).map_err(|_| Code::NotFound)?;
    let act = match act.as_str() {
        "sign" => PaperAct::Sign,
        "close" => PaperAct::Close,
        _ => return Err(Code::NotFound.into()),
    };
    Ok(Json(api.chat.act_on_paper(&who, id, act, version).await?))
}

/// `GET /api/conversations/{id}/papers`.
pub(super) async fn own_papers(State(api): Shared, headers: HeaderMap, Path(id): Path<String>) -> Answer<OwnPapers> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.own_papers(&who, conversation(&id)?).await?))
}

/// `GET /api/feedback`.
pub(super) async fn feedback(State(api): Shared, headers: HeaderMap) -> Answer<OwnPapers> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.feedback(&who).await?))
}

/// `POST /api/conversations/{id}/briefing`.
pub(super) async fn briefed(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let (who, BriefingRead { read }) = asked_from_own_page(&api, &headers, &body).await?;
    api.chat.confirm_briefing(&who, conversation(&id)?, read).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/messages/{id}/appeal`.
pub(super) async fn appeal(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    let id = MessageId::parse(&id).map_err(|_| Code::NotFound)?;
    api.chat.appeal(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/relationships`.
pub(super) async fn relationships(State(api): Shared, headers: HeaderMap) -> Answer<RelationshipsPage> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(Json(api.chat.relationships(&who).await?))
}

/// `GET /api/relationships.csv`.
pub(super) async fn relationships_csv(State(api): Shared, headers: HeaderMap) -> Result<Response, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    proved(&api, &headers, &who)?;
    let mut out = String::from("id,state,people,began,ended,last_message\r\n");
    let day = |at: Option<Timestamp>| at.map(Timestamp::date).unwrap_or_default();
    for line in api.chat.relationships(&who).await?.relationships {
        let names: Vec<_> = line.parties.iter().map(|party| party.name.as_str()).collect();
        let (state, names, began) = (line.state.as_str(), cell(&names.join(", ")), line.began.date());
        let _ = write!(out, "{},{state},{names},{began},{},{}\r\n", line.id, day(line.ended), day(line.said));
    }
    Ok(csv_named("relationships", out))
}

/// `GET /api/papers.csv`: all that is written down, but for real names. That it was taken out is in the log.
pub(super) async fn papers_csv(State(api): Shared, headers: HeaderMap) -> Result<Response, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    proved(&api, &headers, &who)?;
    let mut out = String::from("id,kind,about,by,written,changed,put_away,field,answer\r\n");
    for paper in api.chat.all_papers(&who).await? {
        let about = paper.account.map(|id| id.to_string()).or(paper.conversation.map(|id| id.to_string()));
        let closed = paper.closed_at.map(Timestamp::date).unwrap_or_default();
        let (kind, about, by) = (paper.kind.as_str(), about.unwrap_or_default(), paper.by);
        let (made, changed) = (paper.made_at.date(), paper.changed_at.date());
        for (field, answer) in paper.answers().all() {
            let answer = cell(&answer.to_string());
            let _ = write!(out, "{},{kind},{about},{by},{made},{changed},{closed},{field},{answer}\r\n", paper.id);
        }
    }
    Ok(csv_named("papers", out))
}

/// `GET /api/relationships/{id}`.
pub(super) async fn relationship(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer<RelationshipPage> {
    let who = door::who(&api.chat, &headers).await?;
    may_run(&who.account)?;
    Ok(Json(api.chat.relationship(&who, conversation(&id)?).await?))
}

/// `POST /api/relationships`.
pub(super) async fn begin(
    State(api): Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<RelationshipLine>), Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    proved(&api, &headers, &who)?;
    let new: NewRelationship = json(&headers, &body)?;
    Ok((StatusCode::CREATED, Json(api.chat.begin_relationship(&who, new).await?)))
}

/// `POST /api/relationships/{id}/{act}`: pause, resume, end, hand_over. What keeps people apart waits for no code.
pub(super) async fn change(
    State(api): Shared,
    headers: HeaderMap,
    Path((id, act)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    may_run(&who.account)?;
    let id = conversation(&id)?;
    let RelationshipAct { words, to } = json(&headers, &body)?;
    let change = match act.as_str() {
        "pause" => Change::Pause,
        "resume" => {
            proved(&api, &headers, &who)?;
            Change::Resume
        }
        "end" => Change::End,
        "hand_over" => {
            let to = to.ok_or_else(|| Refused::saying(Code::BadFrame, "Name the next mentor.".into()))?;
            proved(&api, &headers, &who)?;
            api.chat.hand_over(&who, id, to, &words).await?;
            return Ok(StatusCode::NO_CONTENT);
        }
        _ => return Err(Code::NotFound.into()),
    };
    api.chat.change_relationship(&who, id, change, &words).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/matches/{account}`.
pub(super) async fn matches(State(api): Shared, headers: HeaderMap, Path(id): Path<String>) -> Answer<MatchPage> {
    let who = door::who(&api.chat, &headers).await?;
    may_run(&who.account)?;
    Ok(Json(api.chat.matches(&who, account(&id)?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    from: String,
    until: String,
}

async fn numbers(
    api: &Api,
    headers: &HeaderMap,
    period: Result<Query<Period>, QueryRejection>,
) -> Result<SchemePage, Refused> {
    let who = door::who(&api.chat, headers).await?;
    may_run(&who.account)?;
    let asks = || Refused::saying(Code::BadFrame, "Ask for a time: from=YYYY-MM-DD&until=YYYY-MM-DD.".into());
    let Query(Period { from, until }) = period.map_err(|_| asks())?;
    Ok(api.chat.scheme_numbers(&who, &from, &until).await?)
}

/// `GET /api/scheme`.
pub(super) async fn scheme(
    State(api): Shared,
    headers: HeaderMap,
    period: Result<Query<Period>, QueryRejection>,
) -> Answer<SchemePage> {
    Ok(Json(numbers(&api, &headers, period).await?))
}

/// `GET /api/scheme.csv`. A number that is kept back is an empty cell.
pub(super) async fn scheme_csv(
    State(api): Shared,
    headers: HeaderMap,
    period: Result<Query<Period>, QueryRejection>,
) -> Result<Response, Refused> {
    let page = numbers(&api, &headers, period).await?;
    let shown = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut out = String::from("about,which,measure,value\r\n");
    let _ = write!(out, "scheme,{},from,{}\r\nscheme,,until,{}\r\n", cell(&page.site), page.from, page.until);
    for line in &page.lines {
        let _ = write!(out, "scheme,,{},{}\r\n", line.what.as_str(), shown(line.told.number));
    }
    for area in &page.areas {
        for (how, told) in
            [("better", area.better), ("same", area.same), ("worse", area.worse), ("goals_reached", area.reached)]
        {
            let _ = write!(out, "area,{},{how},{}\r\n", area.area, shown(told.number));
        }
    }
    Ok(csv_named("scheme", out))
}

fn account(id: &str) -> Result<AccountId, Code> {
    AccountId::parse(id).map_err(|_| Code::NotFound)
}

fn conversation(id: &str) -> Result<ConversationId, Code> {
    ConversationId::parse(id).map_err(|_| Code::NotFound)
}
