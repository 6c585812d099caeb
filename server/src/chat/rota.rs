//! Sites that share a rota: where both have chosen the other, a supervisor of one sees what is held in the other, with a few lines around
//! it, and decides. Nothing else of it is there for them: no whole conversation, no reports, no second looks, no numbers.

use crate::store::{Reader, StoreError};
use handrail_domain::conversation::Conversation;
use handrail_domain::ids::SiteId;
use handrail_domain::people::{Account, Site};
use handrail_domain::policy::{Moderator, Rota, may_moderate, may_watch, share_a_rota};
use handrail_domain::refusal::Refusal;

/// The proof that a site shares its rota with that of an account, if it does.
fn rota(record: &Reader<'_>, own: SiteId, other: SiteId) -> Result<Option<Rota>, StoreError> {
    if own == other {
        return Ok(None);
    }
    let (own, other) = (record.site(own)?, record.site(other)?);
    Ok(own.zip(other).and_then(|(own, other)| share_a_rota(&own, &other)))
}

/// Whether somebody may watch the queue of a site: their own, or one that shares its rota.
pub(super) fn watches(record: &Reader<'_>, who: &Account, site: SiteId) -> Result<Result<(), Refusal>, StoreError> {
    Ok(may_watch(who, site, rota(record, who.site, site)?))
}

/// The same as yes or no.
pub fn may_see_queue(record: &Reader<'_>, who: &Account, site: SiteId) -> Result<bool, StoreError> {
    Ok(watches(record, who, site)?.is_ok())
}

/// Whether somebody may act on what is held in a conversation of their site, or of one that shares its rota.
pub(super) fn moderates(
    record: &Reader<'_>,
    who: &Account,
    conversation: &Conversation,
) -> Result<Result<Moderator, Refusal>, StoreError> {
    Ok(may_moderate(who, conversation, rota(record, who.site, conversation.site)?))
}

/// The sites that share a rota with one.
pub(super) fn sharing(record: &Reader<'_>, site: SiteId) -> Result<Vec<Site>, StoreError> {
    let Some(own) = record.site(site)? else { return Ok(Vec::new()) };
    if own.settings.shares_with.is_empty() {
        return Ok(Vec::new());
    }
    Ok(record.sites()?.into_iter().filter(|other| share_a_rota(&own, other).is_some()).collect())
}
