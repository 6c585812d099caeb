//! What the demonstration has written down about its people, so that a coordinator's pages look like life.

use crate::chat::{put_site_paper, write_about, write_between};
use crate::fresh;
use crate::store::{Failure, NewAccount, Tx};
use handrail_domain::event::{AccountAct, Event, What};
use handrail_domain::ids::{AccountId, ConversationId, SiteId};
use handrail_domain::people::{Account, Role};
use handrail_domain::refusal::Code;
use handrail_domain::scheme::form::Answer;
use handrail_domain::scheme::paper::PaperKind;
use handrail_domain::scheme::site_paper;
use std::collections::BTreeMap;

/// So many pairs have papers; the many more of a load test have none.
pub(super) const PAIRS_MAX: usize = 12;

const DAY_MS: i64 = 24 * 3_600 * 1_000;
const TOPICS: [&str; 4] = ["work", "housing", "learning", "confidence"];
const GOALS: [(&str, &str); 4] = [
    ("work", "Write a CV and send it to three places"),
    ("accommodation", "Find out about a place of my own"),
    ("education_training", "Sign up for the evening course"),
    ("confidence", "Speak up once in the group"),
];

fn answers<const N: usize>(all: [(&str, Answer); N]) -> BTreeMap<String, Answer> {
    all.map(|(field, answer)| (field.to_owned(), answer)).into()
}

fn word(text: &str) -> Answer {
    text.to_owned().into()
}

fn many(words: &[&str]) -> Answer {
    Answer::Many(words.iter().map(|word| (*word).to_owned()).collect())
}

fn days_away(days: i64) -> Answer {
    fresh::now().plus_ms(days * DAY_MS).date().into()
}

/// What the scheme has written down about itself.
pub(super) fn of_site(tx: &mut Tx<'_>, by: &Account) -> Result<(), Failure> {
    for kind in site_paper::kinds() {
        let review = ("review", days_away(180));
        let written = if kind == PaperKind::Basis {
            let policy = word("https://scheme.example.org/policies/offences");
            let condition = word("safeguarding_at_risk");
            answers([("article_6", word("public_task")), ("condition", condition), ("policy", policy), review])
        } else {
            let found = word(
                "Made up for the demonstration: every message is read before it is shown, by the filter or by a person.",
            );
            answers([("found", found), ("agreed_by", word("The board, at its spring meeting")), review])
        };
        let written = kind.answers(written).map_err(|_| Code::Internal)?;
        put_site_paper(tx, by.site, kind, 1, written, Some(by.id))?;
    }
    Ok(())
}

/// A pair: the referral and what is looked for, vetting and what is offered, the plan, a goal and the next meeting.
pub(super) fn pair(
    tx: &mut Tx<'_>,
    by: &Account,
    at: usize,
    mentor: AccountId,
    mentee: AccountId,
    conversation: ConversationId,
) -> Result<(), Failure> {
    let topic = TOPICS[at % TOPICS.len()];
    let (area, goal) = GOALS[at % GOALS.len()];
    write_about(tx, PaperKind::Referral, mentee, referral(), by)?;
    write_about(
        tx,
        PaperKind::Needs,
        mentee,
        answers([("topics", many(&[topic])), ("times", many(&["weekday_evening"]))]),
        by,
    )?;
    let offer = answers([
        ("topics", many(&[topic, "money"])),
        ("times", many(&["weekday_evening", "weekend_day"])),
        ("capacity", Answer::Number(2)),
    ]);
    write_about(tx, PaperKind::Offer, mentor, offer, by)?;
    // One of them is to be renewed soon.
    let vetted = days_away(if at == 1 { 20 } else { 400 });
    write_about(tx, PaperKind::Check, mentor, answers([("what", word("vetting")), ("until", vetted)]), by)?;
    let plan = answers([
        ("form", word("one_to_one")),
        ("purpose", word("Somebody to talk to, and small steps")),
        ("ends", days_away(150)),
    ]);
    write_between(tx, PaperKind::Plan, conversation, plan, by)?;
    let goal = answers([("area", word(area)), ("goal", word(goal)), ("progress", word("under_way"))]);
    write_between(tx, PaperKind::Goal, conversation, goal, by)?;
    let at = fresh::now().plus_ms(3 * DAY_MS).to_string();
    let meeting = answers([("at", at.into()), ("place", word("Riverside library, ground floor"))]);
    write_between(tx, PaperKind::Meeting, conversation, meeting, by)?;
    Ok(())
}

fn referral() -> BTreeMap<String, Answer> {
    answers([
        ("referrer", word("Riverside youth team")),
        ("why", word("Asked for somebody outside the family to talk to")),
        ("risks", word("None known")),
        ("restrictions", word("None")),
    ])
}

/// Somebody who waits for a mentor, and has not been invited.
pub(super) fn unmatched(tx: &mut Tx<'_>, by: &Account, site: SiteId) -> Result<(), Failure> {
    let id = AccountId::from_bits(fresh::bits());
    let account = Account { id, site, role: Role::Mentee, name: "Kit".into(), disabled: false };
    tx.add_account(&NewAccount { account, username: id.to_string(), password: String::new() }, fresh::now())?;
    let what = What::Account { account: id, act: AccountAct::Add };
    let at = fresh::now();
    let (conversation, message, accounts) = (None, None, Vec::new());
    tx.append(Event { at, site, conversation, message, actor: Some(by.id), accounts, queue: false, what })?;
    write_about(tx, PaperKind::Referral, id, referral(), by)?;
    let needs = answers([("topics", many(&["housing"])), ("times", many(&["weekday_evening"]))]);
    write_about(tx, PaperKind::Needs, id, needs, by)?;
    Ok(())
}
