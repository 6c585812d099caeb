//! The supervisors' verbs: claim, give back, decide, undo, acknowledge.

use super::duty::note_ring;
use super::rota::{moderates, watches};
use super::seal::is_sealed_from;
use super::send::text_code;
use super::views::item_for;
use super::{Chat, Signed};
use crate::fresh;
use crate::store::{Failure, OpenItems, Owner, Scope, Tx};
use handrail_domain::filter::{Window, look};
use handrail_domain::finding::Finding;
use handrail_domain::ids::{AccountId, ItemId, Offset, SiteId};
use handrail_domain::policy::Moderator;
use handrail_domain::quarantine::{Claimed, Decided, Decision, Item, ItemAct};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{DecisionBody, ItemPage, ItemView};

/// Items on one page of a queue at most.
const PAGE_MAX: usize = 200;

/// What came of a decision.
pub struct DecidedView {
    /// The item as it is now.
    pub item: ItemView,
    /// Whether the same decision stood already.
    pub duplicate: bool,
    /// What the rules see in an altered text.
    pub findings: Option<Vec<Finding>>,
}

impl Chat {
    /// Whether one may watch a queue, and where it ends.
    pub async fn watch(&self, who: &Signed, queue: SiteId) -> Result<Offset, Refusal> {
        let reader = who.account.clone();
        let found = self.read(move |record| {
            Ok(match watches(record, &reader, queue)? {
                Ok(()) => Ok(record.feed_head(Owner::Queue(queue))?),
                Err(refusal) => Err(refusal),
            })
        });
        found.await?
    }

    /// A page of a queue. What was decided is for the site's own supervisors.
    pub async fn items(
        &self,
        who: &Signed,
        queue: SiteId,
        which: OpenItems,
        after: Option<ItemId>,
        limit: usize,
    ) -> Result<ItemPage, Refusal> {
        let open = which == OpenItems::Open;
        let limit = limit.clamp(1, PAGE_MAX);
        let reader = who.account.clone();
        let page = self
            .read(move |record| {
                let may = watches(record, &reader, queue)?;
                if may.is_err() || (!open && reader.site != queue) {
                    return Ok(Err(Refusal::from(Code::NotFound)));
                }
                let from = match after {
                    Some(id) => record.item(id)?,
                    None => None,
                };
                let head = record.feed_head(Owner::Queue(queue))?;
                let items = record.items(queue, which, from.as_ref(), limit)?;
                let next = (items.len() == limit).then(|| items.last().map(|item| item.id.to_string())).flatten();
                let now = fresh::now();
                let sealed = record.sealed_in(queue)?;
                let seen = |item: &&Item| !is_sealed_from(&sealed, item.conversation, reader.id);
                let items = items.iter().filter(seen);
                let items = items.map(|item| item_for(record, item, &reader, now)).collect::<Result<_, _>>()?;
                Ok(Ok(ItemPage { items, head, next }))
            })
            .await??;
        Ok(page)
    }

    /// Takes an item for one lease, or renews it.
    pub async fn claim(&self, who: &Signed, item: ItemId) -> Result<ItemView, Refusal> {
        let claimed = self
            .on_item(who, item, |item, moderator, now| {
                Ok(match item.claim(moderator, now)? {
                    Claimed::Taken(item) => (item, Some(ItemAct::Claim)),
                    Claimed::Renewed(item) => (item, None),
                })
            })
            .await?;
        self.view(who, claimed).await
    }

    /// Gives an item back.
    pub async fn unclaim(&self, who: &Signed, item: ItemId) -> Result<ItemView, Refusal> {
        let given =
            self.on_item(who, item, |item, who, now| Ok((item.unclaim(who, now)?, Some(ItemAct::Unclaim)))).await?;
        self.view(who, given).await
    }

    /// Stops an item's ringing.
    pub async fn acknowledge(&self, who: &Signed, item: ItemId) -> Result<ItemView, Refusal> {
        let quiet = self
            .on_item(who, item, |item, who, _| {
                let quiet = item.acknowledge(who)?;
                let act = (quiet.version != item.version).then_some(ItemAct::Acknowledge);
                Ok((quiet, act))
            })
            .await?;
        self.view(who, quiet).await
    }

    /// Takes a decision back while that is possible.
    pub async fn undo(&self, who: &Signed, item: ItemId, version: u64) -> Result<ItemView, Refusal> {
        let undone = self
            .on_item(who, item, move |item, who, now| Ok((item.undo(who, version, now)?, Some(ItemAct::Undo))))
            .await?;
        self.view(who, undone).await
    }

    /// Decides, once.
    pub async fn decide(
        &self,
        who: &Signed,
        item: ItemId,
        version: u64,
        body: DecisionBody,
    ) -> Result<DecidedView, Refusal> {
        let decision = parse_decision(body)?;
        let altered = match &decision {
            Decision::Alter { text, .. } => Some(text.clone()),
            Decision::Release
            | Decision::Reject { .. }
            | Decision::Rephrase { .. }
            | Decision::Escalate { .. }
            | Decision::Note { .. } => None,
        };
        let from = who.account.id;
        let (item, duplicate) =
            self.write(Scope::Item(item), move |tx| decide(tx, from, item, version, decision, fresh::now())).await?;
        self.alarm.notify_one();
        let findings = altered.and_then(|text| {
            let rules = self.rules.load_full()?;
            Some(look(&rules, &Window::new(who.account.role), &text))
        });
        Ok(DecidedView { item: self.view(who, item).await?, duplicate, findings })
    }

    /// Gives back everything that an account holds: its last socket has been gone for long enough.
    pub async fn give_back(&self, account: AccountId) -> Result<(), Refusal> {
        let held = self.read(move |record| record.claimed_by(account)).await?;
        for item in held {
            let given = self
                .write(Scope::Item(item), move |tx| {
                    act(tx, account, item, |item, who, now| Ok((item.unclaim(who, now)?, Some(ItemAct::Unclaim))))
                })
                .await;
            if let Err(refusal) = given {
                tracing::debug!(code = refusal.code.as_str(), "a claim was not there to give back");
            }
        }
        Ok(())
    }

    /// An item of a refusal as its reader may see it.
    pub async fn refused_item(&self, who: &Signed, item: Item) -> Option<ItemView> {
        self.view(who, item).await.ok()
    }

    async fn view(&self, who: &Signed, item: Item) -> Result<ItemView, Refusal> {
        let reader = who.account.clone();
        self.read(move |record| item_for(record, &item, &reader, fresh::now())).await
    }

    async fn on_item(
        &self,
        who: &Signed,
        item: ItemId,
        change: impl FnOnce(&Item, Moderator, Timestamp) -> Result<(Item, Option<ItemAct>), Refusal> + Send + 'static,
    ) -> Result<Item, Refusal> {
        let from = who.account.id;
        let changed = self.write(Scope::Item(item), move |tx| act(tx, from, item, change)).await?;
        self.alarm.notify_one();
        Ok(changed)
    }
}

/// Loads an item with the proof that `who` may act on it. To an outsider it does not exist.
fn load(tx: &Tx<'_>, who: AccountId, item: ItemId) -> Result<(Item, Moderator, i64), Failure> {
    let item = tx.item(item)?.ok_or(Code::NotFound)?;
    let account = tx.account(who)?.ok_or(Code::Unauthenticated)?;
    let conversation = tx.conversation(item.conversation)?.ok_or(Code::NotFound)?;
    let moderator = moderates(tx, &account, &conversation)??;
    let undo_ms = tx.site(item.site)?.ok_or(Code::Internal)?.settings.undo_ms;
    Ok((item, moderator, undo_ms))
}

fn act(
    tx: &mut Tx<'_>,
    who: AccountId,
    item: ItemId,
    change: impl FnOnce(&Item, Moderator, Timestamp) -> Result<(Item, Option<ItemAct>), Refusal>,
) -> Result<Item, Failure> {
    let now = fresh::now();
    let (item, moderator, _) = load(tx, who, item)?;
    let (changed, act) = change(&item, moderator, now)?;
    if changed != item {
        tx.put_item(&changed, act.map(|act| changed.changed(act, Some(who), now)))?;
        if item.ringing && !changed.ringing {
            tx.answer_rings(item.id, who, now)?;
        }
    }
    Ok(changed)
}

fn decide(
    tx: &mut Tx<'_>,
    who: AccountId,
    item: ItemId,
    version: u64,
    decision: Decision,
    now: Timestamp,
) -> Result<(Item, bool), Failure> {
    let (item, moderator, undo_ms) = load(tx, who, item)?;
    let act = if matches!(decision, Decision::Escalate { .. }) { ItemAct::Escalate } else { ItemAct::Decide };
    match item.decide(moderator, version, decision, undo_ms, now)? {
        Decided::Again => Ok((item, true)),
        Decided::Proposed(proposed) => {
            tx.put_item(&proposed, Some(proposed.changed(ItemAct::Propose, Some(who), now)))?;
            Ok((*proposed, false))
        }
        Decided::Done(decided) => {
            tx.put_item(&decided, Some(decided.changed(act, Some(who), now)))?;
            note_ring(tx, &decided, now)?;
            Ok((*decided, false))
        }
    }
}

fn parse_decision(body: DecisionBody) -> Result<Decision, Refusal> {
    // Notes are kept as texts are: the same bounds, the same characters.
    let note = |raw: &str| Ok::<_, Refusal>(Text::parse(raw).map_err(text_code)?.as_str().to_owned());
    let maybe = |raw: Option<String>| match raw.as_deref().map(Text::parse) {
        None | Some(Err(handrail_domain::text::TextError::Empty)) => Ok::<_, Refusal>(None),
        Some(Ok(text)) => Ok(Some(text.as_str().to_owned())),
        Some(Err(error)) => Err(text_code(error).into()),
    };
    Ok(match body {
        DecisionBody::Release => Decision::Release,
        DecisionBody::Alter { text, reason, note, log } => Decision::Alter {
            text: Text::parse(&text).map_err(text_code)?,
            reason,
            note: maybe(note)?,
            log: maybe(log)?,
        },
        DecisionBody::Reject { reason, note: said, log } => {
            Decision::Reject { reason, note: note(&said)?, log: maybe(log)? }
        }
        DecisionBody::Rephrase { note: said } => Decision::Rephrase { note: note(&said)? },
        DecisionBody::Escalate { log } => Decision::Escalate { log: note(&log)? },
        DecisionBody::Note { log } => Decision::Note { log: note(&log)? },
    })
}
