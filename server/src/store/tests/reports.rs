//! Reports, on either kind of record.

use super::{NOW, mentee, mentor, pair, people, site};
use crate::store::{Scope, Store};
use handrail_domain::event::Queued;
use handrail_domain::ids::{AccountId, Cid, ReportId};
use handrail_domain::policy::may_report;
use handrail_domain::report::{Draft, Report, file};
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::ReportReason;

async fn told(store: &Store, from: AccountId, number: u128, at: Timestamp) -> Report {
    let cid = Cid::parse(&format!("r{number}")).unwrap();
    let text = (number % 2 == 1).then(|| Text::parse("look now").unwrap());
    let draft = Draft { cid, reason: ReportReason::ALL[number as usize % 4], text, pause: number == 3 };
    let written = store.write(Scope::Conversation(pair()), move |tx| {
        let conversation = tx.conversation(pair())?.unwrap();
        let who = may_report(&tx.account(from)?.unwrap(), &conversation)?;
        let filed = file(&conversation, who, ReportId::from_bits(number), draft, at);
        tx.add_report(&filed.report)?;
        if let Some(paused) = &filed.paused {
            tx.set_conversation_state(paused.id, paused.state, NOW)?;
        }
        filed.events.into_iter().try_for_each(|event| tx.append(event))?;
        Ok(filed.report)
    });
    written.await.unwrap()
}

pub(super) async fn what_a_party_tells_is_kept_once_and_read_newest_first(store: Store) {
    people(&store).await;
    let mut all = Vec::new();
    for number in 1..=5 {
        // Two of them in the same millisecond.
        all.push(
            told(&store, if number < 4 { mentee() } else { mentor() }, number, NOW.plus_ms(number as i64 / 2)).await,
        );
    }
    all.reverse();
    let (last, by) = (all[0].clone(), all[0].draft.cid.clone());
    let found = store.read(move |record| Ok((record.report(last.id)?, record.report_by_cid(mentor(), &by)?))).await;
    assert_eq!(found.unwrap(), (Some(all[0].clone()), Some(all[0].clone())));
    let mut read = Vec::new();
    loop {
        let before = read.last().cloned();
        let page = store.read(move |record| record.reports(site(), before.as_ref(), 2)).await.unwrap();
        let enough = page.len() < 2;
        read.extend(page);
        if enough {
            break;
        }
    }
    assert_eq!(read, all);
    let queue = store.read(|record| record.queued_page(site(), 1, 3)).await.unwrap();
    let about: Vec<_> = queue.iter().map(|(_, offset, about)| (*offset, *about)).collect();
    assert_eq!(about, [2, 3, 4].map(|number| (number, Queued::Report(ReportId::from_bits(number.into())))));
    let again = all[0].clone();
    let twice = store.write(Scope::Conversation(pair()), move |tx| {
        Ok(tx.add_report(&Report { id: ReportId::from_bits(99), ..again })?)
    });
    assert!(twice.await.is_err(), "a client id is taken once");
    assert_eq!(store.read(|record| record.reports(site(), None, 9)).await.unwrap().len(), 5);
}
