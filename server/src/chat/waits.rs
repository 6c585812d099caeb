//! Asks the record and the bus what `domain::wait` needs to know. Nothing is kept in memory: two short reads of indexes, and only
//! when a message is held.

use super::Chat;
use super::rota::sharing;
use super::views::WhoIsThere;
use crate::store::{OpenItems, Reader, StoreError};
use handrail_domain::conversation::worst;
use handrail_domain::filter::Verdict;
use handrail_domain::finding::Severity;
use handrail_domain::ids::SiteId;
use handrail_domain::refusal::Refusal;
use handrail_domain::time::Timestamp;
use handrail_domain::wait;
use handrail_domain::wire::Presence;

impl Chat {
    /// How long a message with this verdict is likely to wait, in seconds. Nothing if it is clear, or if nobody is on duty.
    pub(super) async fn expected_wait(
        &self,
        site: SiteId,
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<Option<u64>, Refusal> {
        let severity = match verdict {
            Verdict::Clear { .. } => return Ok(None),
            Verdict::Hold { findings, .. } => worst(findings),
        };
        let bus = self.bus.clone();
        self.read(move |record| expected_wait_s(record, &|who| bus.presence(who), site, severity, now)).await
    }
}

/// The same, of a severity, from one state of the record. Every supervisor whose device is connected is
/// on duty, and so are those of sites that share the rota.
pub(super) fn expected_wait_s(
    record: &Reader<'_>,
    there: WhoIsThere<'_>,
    site: SiteId,
    severity: Severity,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let mut on_duty = record.supervisors(site)?.iter().any(|who| there(who.id) != Presence::Offline);
    for other in sharing(record, site)? {
        on_duty |= record.supervisors(other.id)?.iter().any(|who| there(who.id) != Presence::Offline);
    }
    if !on_duty {
        return Ok(None);
    }
    let items = |which| record.items(site, which, None, wait::LOOKED_AT_MAX);
    let waited: Vec<i64> = items(OpenItems::Closed)?.iter().filter_map(|item| wait::waited_ms(item, now)).collect();
    let waiting: Vec<i64> = items(OpenItems::Open)?.iter().map(|item| now.since_ms(item.held_at)).collect();
    let site = record.site(site)?.ok_or_else(|| StoreError::new("expect a wait", "the site is not there"))?;
    Ok(wait::expected_wait_s(on_duty, &waited, &waiting, site.settings.target_ms.of(severity)))
}
