//! A site with many pairs, and what they say.

use handrail::app::load_rules;
use handrail::fresh;
use handrail::store::{Failure, NewAccount, Scope, Store, Tx};
use handrail_domain::conversation::{Envelope, Kind, submit};
use handrail_domain::filter::{Verdict, Window, judge};
use handrail_domain::ids::{AccountId, Cid, ConversationId, ItemId, MessageId, SiteId};
use handrail_domain::people::{Account, Role, Site, SiteSettings};
use handrail_domain::policy::may_send;
use handrail_domain::refusal::Code;
use handrail_domain::text::{Cleared, Text};
use handrail_domain::time::Timestamp;
use std::sync::OnceLock;

/// How many relationships there are.
pub(crate) const PAIRS: usize = 500;
/// Messages written by one act when a record is filled.
const AT_ONCE: usize = 500;
/// Of so many messages of a filled record one waits for a supervisor.
const HELD_EVERY: usize = 2_000;

/// A relationship.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) conversation: ConversationId,
    pub(crate) mentor: AccountId,
    pub(crate) mentee: AccountId,
}

pub(crate) fn site() -> SiteId {
    SiteId::from_bits(1)
}

pub(crate) fn pair(at: usize) -> Pair {
    let at = at as u128;
    Pair {
        conversation: ConversationId::from_bits(spread(at)),
        mentor: AccountId::from_bits(spread(at * 2)),
        mentee: AccountId::from_bits(spread(at * 2 + 1)),
    }
}

/// Ids are random, so neighbours are not neighbours in the record.
fn spread(at: u128) -> u128 {
    (at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
}

pub(crate) async fn seed(store: &Store) {
    let made = store.write(Scope::Everything, |tx| {
        tx.put_site(&Site { id: site(), name: "Here".into(), settings: SiteSettings::default() })?;
        for at in 0..PAIRS {
            let one = pair(at);
            for (id, role) in [(one.mentor, Role::Mentor), (one.mentee, Role::Mentee)] {
                let account = Account { id, site: site(), role, name: "x".into(), disabled: false };
                let new = NewAccount { account, username: id.to_string(), password: "p".into() };
                tx.add_account(&new, Timestamp(0))?;
            }
            tx.add_conversation(one.conversation, site(), Kind::Pair, &[one.mentor, one.mentee], Timestamp(0))?;
        }
        Ok(())
    });
    made.await.expect("people");
}

fn words() -> Text {
    Text::parse(&"the bus was late again so I walked ".repeat(6)[..199]).expect("a text")
}

/// What the filter says of them; asked once, since it is the record that is measured.
fn passed() -> Verdict {
    static PASSED: OnceLock<Cleared> = OnceLock::new();
    let ask = || {
        let rules = load_rules(&handrail::config::Rules::Embedded).expect("the default packs");
        match judge(&rules, &Window::new(Role::Mentor), words()) {
            Verdict::Clear { text, .. } => text,
            Verdict::Hold { .. } => panic!("these words are held"),
        }
    };
    Verdict::Clear { text: PASSED.get_or_init(ask).clone(), noted: Vec::new() }
}

/// What the product does with a message once it is judged.
fn take(tx: &mut Tx<'_>, pair: Pair, from: AccountId, cid: Cid, held: bool) -> Result<(), Failure> {
    let account = tx.account(from)?.ok_or(Code::NotFound)?;
    let conversation = tx.conversation(pair.conversation)?.ok_or(Code::NotFound)?;
    let permit = may_send(&account, &conversation)?;
    let site = tx.site(conversation.site)?.ok_or(Code::NotFound)?;
    let verdict = if held { Verdict::failed(words()) } else { passed() };
    let envelope = Envelope {
        message: MessageId::from_bits(fresh::bits()),
        item: ItemId::from_bits(fresh::bits()),
        salt: fresh::bytes(),
        cid,
        rules: "r".into(),
        now: fresh::now(),
        expected_wait_s: None,
    };
    let said = submit(&conversation, &site, &permit, verdict, envelope);
    if !tx.add_message(&said.message, said.events)? {
        return Err(Code::CidConflict.into());
    }
    said.item.map_or(Ok(()), |item| Ok(tx.put_item(&item, None)?))
}

pub(crate) async fn say(store: &Store, pair: Pair, cid: &str) {
    let cid = Cid::parse(cid).expect("an id");
    let scope = Scope::Conversation(pair.conversation);
    store.write(scope, move |tx| take(tx, pair, pair.mentor, cid, false)).await.expect("said");
}

/// Makes a record with so many messages, a few of them waiting.
pub(crate) async fn fill(store: &Store, messages: usize) {
    seed(store).await;
    for begin in (0..messages).step_by(AT_ONCE) {
        let filled = store.write(Scope::Everything, move |tx| {
            for at in begin..messages.min(begin + AT_ONCE) {
                let one = pair(at % PAIRS);
                let from = if (at / PAIRS).is_multiple_of(2) { one.mentor } else { one.mentee };
                take(tx, one, from, Cid::parse(&format!("fill{at}")).expect("an id"), at % HELD_EVERY == 0)?;
            }
            Ok(())
        });
        filled.await.expect("filled");
    }
}
