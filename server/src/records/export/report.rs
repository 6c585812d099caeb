//! A report to an authority about a relationship that is sealed: who reports, about whom, how it was found, and the whole case file. Its fields
//! are those that a report of child sexual exploitation and abuse is made of (Online Safety Act 2023, sections 66 and 69): who the service is, when
//! and how it came to know, who the people are as far as the service knows, and the content with its times.

use super::conversation;
use crate::store::{Reader, StoreError};
use handrail_domain::conversation::{Conversation, Party};
use handrail_domain::ids::AccountId;
use handrail_domain::scheme::paper::PaperKind;
use handrail_domain::seal::Seal;
use serde_json::{Value, json};

/// Papers of one person that are looked through for their real name.
const PAPERS_MAX: usize = 2_000;

/// All of it.
pub(super) fn all(record: &Reader<'_>, seal: &Seal) -> Result<Value, StoreError> {
    let lost = || StoreError::new("export", "there is no such relationship");
    let conversation = record.conversation(seal.conversation)?.ok_or_else(lost)?;
    Ok(json!({
        "report": head(record, seal, &conversation)?,
        "people": conversation.parties.iter().map(|party| person(record, party)).collect::<Result<Vec<_>, _>>()?,
        "case_file": conversation::all(record, seal.conversation)?,
    }))
}

fn head(record: &Reader<'_>, seal: &Seal, conversation: &Conversation) -> Result<Value, StoreError> {
    let staff = |id: AccountId| -> Result<Value, StoreError> {
        let account = record.account(id)?;
        Ok(json!({
            "id": id,
            "name": account.as_ref().map(|account| account.name.clone()),
            "role": account.map(|account| account.role),
        }))
    };
    let (sent_at, reference) = seal.sent.clone().unzip();
    Ok(json!({
        "service": record.site(conversation.site)?.map(|site| site.name),
        "software": concat!("Handrail ", env!("CARGO_PKG_VERSION")),
        "relationship": seal.conversation,
        "kept_under": seal.hold,
        "how_it_came_to_notice": seal.reason,
        "sealed": seal.at,
        "written": crate::fresh::now(),
        "reported_by": staff(seal.sealed.by)?,
        "agreed_by": staff(seal.sealed.agreed)?,
        "sent": sent_at,
        "reference_of_the_authority": reference,
        "network_addresses": "None are kept.",
    }))
}

/// Who somebody is, as far as the scheme knows.
fn person(record: &Reader<'_>, party: &Party) -> Result<Value, StoreError> {
    let papers = record.papers_of(party.account, PAPERS_MAX)?;
    let identity = papers.into_iter().find(|paper| paper.kind == PaperKind::Identity);
    let row = record.person(party.account)?;
    Ok(json!({
        "id": party.account,
        "name_in_the_service": party.name,
        "role": party.role,
        "username": record.username(party.account)?,
        "account_made": row.map(|row| row.since),
        "identity_as_the_scheme_wrote_it_down": identity.and_then(|paper| paper.answers),
    }))
}
