//! The routes of `/api`, with what each takes and gives.

use super::super::*;
use super::{Body, For, Route};
use serde_json::{Value, json};

const GET: &str = "get";
const POST: &str = "post";
const PUT: &str = "put";
const DELETE: &str = "delete";
const CSV: Body = Body::Other("text/csv");

fn whole(from: u32, to: u32) -> Value {
    json!({ "type": "integer", "minimum": from, "maximum": to })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn day() -> Value {
    json!({ "type": "string", "format": "date" })
}

/// Every route, in the order of `http/mod.rs`.
pub(super) fn routes() -> Vec<Route> {
    [own(), library(), moderation(), people(), papers(), relationships(), health()].into_iter().flatten().collect()
}

fn own() -> Vec<Route> {
    let add = Route::new;
    vec![
        add(GET, "/api/openapi.json", "This page.").whom(For::Everybody).answers(200, Body::Other("application/json")),
        add(GET, "/api/protocol.md", "The live protocol, for people.")
            .whom(For::Everybody)
            .answers(200, Body::Other("text/markdown")),
        add(POST, "/api/join", "Come in by a code.").whom(For::Everybody).takes::<Join>().gives::<SignedIn>(),
        add(POST, "/api/session", "Sign in.").whom(For::Everybody).takes::<SignIn>().gives::<SignedIn>(),
        add(DELETE, "/api/session", "Sign out here.").ask("keep_unsent", json!({ "type": "boolean" })).does(),
        add(POST, "/api/session/here", "Somebody is at this device.").gives::<Here>(),
        add(POST, "/api/session/proof", "Give a code of the second step again, or a passkey.")
            .takes::<StepGiven>()
            .gives::<Proved>(),
        add(POST, "/api/session/passkey", "What a passkey must sign to sign in.")
            .whom(For::Everybody)
            .takes::<PasswordGiven>()
            .gives::<PasskeyAsked>(),
        add(POST, "/api/session/proof/passkey", "What a passkey must sign again.").gives::<PasskeyAsked>(),
        add(POST, "/api/passkeys/begin", "What a device is asked for that makes a passkey.")
            .whom(For::Proved)
            .gives::<PasskeyAsked>(),
        add(POST, "/api/passkeys", "Set a passkey that was made.")
            .whom(For::Proved)
            .takes::<PasskeyNew>()
            .gives::<SpareCodes>(),
        add(DELETE, "/api/passkeys/{id}", "One's own passkey is no more.").whom(For::Proved).does(),
        add(GET, "/api/second-step", "How it stands with one's second step.").gives::<SecondStepView>(),
        add(POST, "/api/second-step", "Begin to set a second step.").whom(For::Proved).gives::<SecondStepBegun>(),
        add(POST, "/api/second-step/confirm", "Set it, by a code of the app.")
            .whom(For::Proved)
            .takes::<CodeGiven>()
            .gives::<SpareCodes>(),
        add(GET, "/api/sessions", "Where one is signed in.").gives::<SessionPage>(),
        add(DELETE, "/api/sessions", "Sign out everywhere.").does(),
        add(GET, "/api/me", "Who one is.").gives::<Me>(),
        add(GET, "/api/push", "Whether this device is told that something waits.").gives::<PushState>(),
        add(PUT, "/api/push", "Tell this device.").takes::<PushAsked>().does(),
        add(DELETE, "/api/push", "Tell it nothing more.").does(),
        add(POST, "/api/push/test", "Tell it now, to try.").does(),
        add(GET, "/api/conversations/{id}/messages", "What was said and delivered, newest first.")
            .ask("before", json!({ "type": "integer", "minimum": 0 }))
            .ask("limit", json!({ "type": "integer", "minimum": 0 }))
            .gives::<HistoryPage>(),
    ]
}

fn library() -> Vec<Route> {
    let add = Route::new;
    vec![
        add(GET, "/api/articles", "What may be read.").ask("topic", text()).ask("q", text()).gives::<ArticlePage>(),
        add(GET, "/api/articles/{id}", "An article.").gives::<ArticleView>(),
        add(GET, "/api/library", "The newest version of every article.").gives::<ShelfPage>(),
        add(POST, "/api/library", "Begin an article.").takes::<Manuscript>().makes::<VersionView>(),
        add(POST, "/api/library/preview", "How it would be read.").takes::<Manuscript>().gives::<Preview>(),
        add(GET, "/api/library/{id}", "A version as it is written.").gives::<VersionView>(),
        add(PUT, "/api/library/{id}", "Save it.").takes::<Seen>().gives::<VersionView>(),
        add(POST, "/api/library/{id}/{act}", "revise, submit, send_back, publish or archive.")
            .takes::<Seen>()
            .gives::<VersionView>(),
    ]
}

fn moderation() -> Vec<Route> {
    let add = Route::new;
    let queue =
        |path, says| add(GET, path, says).ask("after", text()).ask("limit", json!({ "type": "integer", "minimum": 0 }));
    vec![
        queue("/api/queues/{site}/items", "What waits, most urgent first.")
            .ask("state", json!({ "const": "open" }))
            .gives::<ItemPage>(),
        queue("/api/queues/{site}/decisions", "What is over, newest first.")
            .ask("state", json!({ "const": "open" }))
            .gives::<ItemPage>(),
        add(GET, "/api/items/{item}/background", "What stands behind an item.").gives::<Background>(),
        add(POST, "/api/items/{item}/look", "Ask for a second look.").takes::<LookAsked>().does(),
        add(POST, "/api/conversations/{id}/read", "Read all that was said, for a reason that the log keeps.")
            .takes::<ReadAsked>()
            .gives::<ReadPage>(),
        add(GET, "/api/duty", "Who is on duty.").gives::<DutyPage>(),
        add(POST, "/api/duty", "Begin a shift.").takes::<StartShift>().gives::<DutyPage>(),
        add(POST, "/api/duty/finish", "Finish it.").takes::<FinishShift>().gives::<DutyPage>(),
        add(POST, "/api/looks", "The next second look; 204 if there is none.").gives::<LookView>().does(),
        add(POST, "/api/looks/{id}", "Say what one thinks.").takes::<LookSaid>().gives::<LookTold>(),
        oversight("/api/oversight").gives::<OversightPage>(),
        oversight("/api/oversight.csv").answers(200, CSV),
        add(GET, "/api/reports", "What parties told the supervisors, newest first.")
            .ask("after", text())
            .ask("limit", json!({ "type": "integer", "minimum": 0 }))
            .gives::<ReportPage>(),
        add(GET, "/api/rules", "The rules that judge, and how each has done.")
            .ask("days", whole(1, 366))
            .gives::<RulesPage>(),
    ]
}

fn oversight(path: &'static str) -> Route {
    let asked = Route::new(GET, path, "How the queue has done.").ask("days", whole(1, 366));
    asked.ask("ahead", json!({ "type": "integer", "minimum": -840, "maximum": 840 }))
}

fn people() -> Vec<Route> {
    let add = Route::new;
    vec![
        add(GET, "/api/roles", "Who may do what.").gives::<RolesPage>(),
        add(GET, "/api/forms", "The forms that one reads or writes.").gives::<FormsPage>(),
        add(GET, "/api/home", "What is to be done.").gives::<HomePage>(),
        add(GET, "/api/site", "What the site chose.").gives::<SiteChoices>(),
        add(PUT, "/api/site", "Choose.").whom(For::Proved).takes::<SiteChoices>().gives::<SiteChoices>(),
        add(GET, "/api/site/papers", "What the site has written down about itself.").gives::<SitePapersPage>(),
        add(POST, "/api/site/papers", "Write the next version of one.")
            .whom(For::Proved)
            .takes::<NewSitePaper>()
            .makes::<SitePaperView>(),
        add(GET, "/api/people", "Everybody of the site.").gives::<PeoplePage>(),
        add(POST, "/api/people", "Add somebody, with a code that lets them in.")
            .whom(For::Proved)
            .takes::<NewPerson>()
            .makes::<Invited>(),
        add(GET, "/api/people.csv", "Everybody, as a table.").whom(For::Proved).answers(200, CSV),
        add(POST, "/api/people/import", "Add many from a table.")
            .whom(For::Proved)
            .takes::<Import>()
            .gives::<Imported>(),
        add(GET, "/api/people/{id}", "One person.").gives::<PersonPage>(),
        add(POST, "/api/people/{id}/invite", "A new code for them.")
            .whom(For::Proved)
            .takes::<InviteAgain>()
            .gives::<Invited>(),
        add(POST, "/api/people/{id}/suspend", "Shut them out.").takes::<WithReason>().does(),
        add(POST, "/api/people/{id}/restore", "Let them back in.").whom(For::Proved).does(),
        add(POST, "/api/people/{id}/second-step", "Take their second step away, as one of two.")
            .whom(For::Proved)
            .takes::<WithReason>()
            .does(),
        add(POST, "/api/people/{id}/glass", "Open who they really are, for a reason.")
            .whom(For::Proved)
            .takes::<BreakGlass>()
            .does(),
        add(POST, "/api/people/{id}/identity", "Who they really are, while that is open.").gives::<PaperView>(),
        add(POST, "/api/glass/{id}/seen", "Confirm to have read that a colleague looked.").does(),
    ]
}

fn papers() -> Vec<Route> {
    let add = Route::new;
    vec![
        add(POST, "/api/papers", "Write a paper.").takes::<NewPaper>().makes::<PaperView>(),
        add(GET, "/api/papers.csv", "Every paper, as a table.").whom(For::Proved).answers(200, CSV),
        add(GET, "/api/papers/{id}", "A paper.").gives::<PaperView>(),
        add(PUT, "/api/papers/{id}", "Write it anew.").takes::<PaperWritten>().gives::<PaperView>(),
        add(POST, "/api/papers/{id}/{act}", "sign or close it.").takes::<PaperSeen>().gives::<PaperView>(),
        add(GET, "/api/conversations/{id}/papers", "The papers of one's own relationship.").gives::<OwnPapers>(),
        add(POST, "/api/conversations/{id}/briefing", "Confirm to have read what one must know.")
            .takes::<BriefingRead>()
            .does(),
        add(POST, "/api/messages/{id}/appeal", "Ask for another look at what was not delivered.").does(),
        add(GET, "/api/feedback", "What mentors wrote to the officer.").gives::<OwnPapers>(),
    ]
}

fn relationships() -> Vec<Route> {
    let add = Route::new;
    let period = |path| add(GET, path, "The scheme in numbers.").must_ask("from", day()).must_ask("until", day());
    vec![
        add(GET, "/api/relationships", "Every relationship.").gives::<RelationshipsPage>(),
        add(POST, "/api/relationships", "Begin one.")
            .whom(For::Proved)
            .takes::<NewRelationship>()
            .makes::<RelationshipLine>(),
        add(GET, "/api/relationships.csv", "Every relationship, as a table.").whom(For::Proved).answers(200, CSV),
        add(GET, "/api/relationships/{id}", "One relationship.").gives::<RelationshipPage>(),
        add(POST, "/api/relationships/{id}/{act}", "pause, resume, end or hand_over.")
            .whom(For::Proved)
            .takes::<RelationshipAct>()
            .does(),
        add(GET, "/api/matches/{id}", "Who fits a mentee, and why.").gives::<MatchPage>(),
        period("/api/scheme").gives::<SchemePage>(),
        period("/api/scheme.csv").answers(200, CSV),
    ]
}

fn health() -> Vec<Route> {
    let add = |path, says| Route::new(GET, path, says).whom(For::Everybody);
    let state = Body::Json(|generator| generator.subschema_for::<serde_json::Map<String, Value>>());
    vec![
        add("/health/live", "Whether the process lives.").answers(200, Body::Other("text/plain")),
        add("/health/ready", "Whether it can do its work.").answers(200, state).answers(503, state),
    ]
}
