//! What any record must keep to, played on both: each of these functions takes a [`Store`] and knows nothing of how it stores.
//! What only one of them can do wrong stands in a file of its own.

use super::*;
use handrail_domain::conversation::{Conversation, Envelope, Kind, Message, MessageStatus, settle, submit};
use handrail_domain::event::{AccountAct, Event, GENESIS, Hash, Line, What, chain};
use handrail_domain::filter::Verdict;
use handrail_domain::ids::{AccountId, Cid, ConversationId, ItemId, MessageId, SiteId};
use handrail_domain::people::{Account, Role, Site, SiteSettings};
use handrail_domain::policy::{may_moderate, may_send};
use handrail_domain::quarantine::{Claimed, Decided, Decision, Item, ItemAct};
use handrail_domain::text::{Cleared, Text};
use handrail_domain::time::Timestamp;

mod articles;
mod postgres;
mod push;
mod reports;
mod sqlite;

use articles::{
    an_article_is_read_in_one_version_and_written_in_one_and_the_others_stay, reads_of_articles_are_counted_by_day,
};
use push::{
    a_device_is_told_by_one_address_when_something_is_due_and_until_its_session_ends,
    the_key_for_push_services_is_made_once, what_is_unread_is_what_another_said_lately_and_nobody_has_read,
};
use reports::what_a_party_tells_is_kept_once_and_read_newest_first;

const NOW: Timestamp = Timestamp(1_000);

fn site() -> SiteId {
    SiteId::from_bits(1)
}

fn mentor() -> AccountId {
    AccountId::from_bits(1)
}

fn mentee() -> AccountId {
    AccountId::from_bits(2)
}

fn supervisor() -> AccountId {
    AccountId::from_bits(3)
}

fn pair() -> ConversationId {
    ConversationId::from_bits(1)
}

fn account(id: AccountId, role: Role) -> Account {
    Account { id, site: site(), role, name: "x".into(), disabled: false }
}

/// A line of the log that enters these feeds.
fn line(accounts: &[AccountId], queue: bool) -> Event {
    Event {
        at: NOW,
        site: site(),
        conversation: None,
        message: None,
        actor: None,
        accounts: accounts.to_vec(),
        queue,
        what: What::Account { account: mentor(), act: AccountAct::Reset },
    }
}

/// A site with a pair and a supervisor.
async fn people(store: &Store) {
    let made = store.write(Scope::Everything, |tx| {
        tx.put_site(&Site { id: site(), name: "Here".into(), settings: SiteSettings::default() })?;
        for (at, (id, role)) in [(mentor(), Role::Mentor), (mentee(), Role::Mentee), (supervisor(), Role::Supervisor)]
            .into_iter()
            .enumerate()
        {
            let new = NewAccount { account: account(id, role), username: format!("u{at}"), password: "p".into() };
            tx.add_account(&new, NOW)?;
        }
        Ok(tx.add_conversation(pair(), site(), Kind::Pair, &[mentor(), mentee()], NOW)?)
    });
    made.await.unwrap();
}

fn verdict(held: bool) -> Verdict {
    let text = "some words";
    if held {
        Verdict::failed(Text::parse(text).unwrap())
    } else {
        Verdict::Clear { text: Cleared::from_record(text.into()), noted: Vec::new() }
    }
}

/// Says something as the product does.
fn say(tx: &mut Tx<'_>, from: AccountId, cid: &str, held: bool) -> Result<(Message, Option<Item>), Failure> {
    let conversation = tx.conversation(pair())?.unwrap();
    let scheme = tx.site(site())?.unwrap();
    let permit = may_send(&account(from, Role::Mentor), &conversation)?;
    let envelope = Envelope {
        message: MessageId::from_bits(crate::fresh::bits()),
        item: ItemId::from_bits(crate::fresh::bits()),
        salt: [7; 16],
        cid: Cid::parse(cid).unwrap(),
        rules: "r".into(),
        now: NOW,
        expected_wait_s: None,
    };
    let said = submit(&conversation, &scheme, &permit, verdict(held), envelope);
    if !tx.add_message(&said.message, said.events)? {
        return Err(Code::CidConflict.into());
    }
    if let Some(item) = &said.item {
        tx.put_item(item, None)?;
    }
    Ok((said.message, said.item))
}

/// Holds, claims, releases and delivers, all in one act.
fn hold_and_release(tx: &mut Tx<'_>, cid: &str) -> Result<(), Failure> {
    let (held, item) = say(tx, mentee(), cid, true)?;
    let conversation = tx.conversation(pair())?.unwrap();
    let who = may_moderate(&account(supervisor(), Role::Supervisor), &conversation, None)?;
    let Claimed::Taken(item) = item.unwrap().claim(who, NOW)? else { panic!("not taken") };
    tx.put_item(&item, Some(item.changed(ItemAct::Claim, Some(who.who()), NOW)))?;
    let Decided::Done(item) = item.decide(who, item.version, Decision::Release, 0, NOW)? else { panic!("again") };
    tx.put_item(&item, Some(item.changed(ItemAct::Decide, Some(who.who()), NOW)))?;
    let (closed, effect) = item.settle(NOW).unwrap();
    let (ended, events) = settle(&conversation, &held, &closed, effect, NOW);
    tx.end_message(&ended, events)?;
    Ok(tx.put_item(&closed, Some(closed.changed(ItemAct::Close, Some(who.who()), NOW)))?)
}

/// The log has no gap and its chain holds; every feed has no gap, and leads to the log in order. Says how many lines.
async fn verify(store: &Store) -> u64 {
    let question = |record: &Reader<'_>| {
        let mut before = GENESIS;
        let sql =
            "SELECT n, at, kind, site, conversation, message, actor, data, body_digest, hash FROM event ORDER BY n";
        let lines = record.many(sql, &[], |row| {
            let text = |name: &str| row.get::<Option<String>>(name).map(Option::unwrap_or_default);
            let columns =
                [text("kind")?, text("site")?, text("conversation")?, text("message")?, text("actor")?, text("data")?];
            let digest: Option<Hash> = row.get("body_digest")?;
            Ok((row.get::<u64>("n")?, row.get::<i64>("at")?, columns, digest, row.get::<Hash>("hash")?))
        })?;
        for (at, (n, when, columns, digest, hash)) in lines.iter().enumerate() {
            assert_eq!(*n, at as u64 + 1, "the log has a gap");
            let [kind, site, conversation, message, actor, data] = columns.each_ref().map(String::as_str);
            let body_digest = digest.as_ref();
            let line = Line { n: *n, at: *when, kind, site, conversation, message, actor, data, body_digest };
            before = chain(&before, &line);
            assert_eq!(before, *hash, "the chain breaks at {n}");
        }
        let (mut owner, mut last) = (String::new(), (0, 0));
        for (whose, offset, n) in
            record.many(r#"SELECT owner, "offset" AS place, n FROM feed ORDER BY owner, "offset""#, &[], |row| {
                Ok((row.get::<String>("owner")?, row.get::<u64>("place")?, row.get::<u64>("n")?))
            })?
        {
            last = if whose == owner { last } else { (0, 0) };
            assert!(offset == last.0 + 1 && n > last.1, "feed {whose}: {offset} ({n}) after {last:?}");
            (owner, last) = (whose, (offset, n));
        }
        Ok(lines.len() as u64)
    };
    store.read(question).await.unwrap()
}

/// How many rows each table has.
async fn rows(store: &Store) -> Vec<u64> {
    let count = |record: &Reader<'_>| {
        let tables =
            ["site", "account", "session", "conversation", "party", "message", "item", "event", "feed", "article"];
        let one = |table| record.one(&format!("SELECT count(*) AS c FROM {table}"), &[], |row| row.get("c"));
        tables.into_iter().map(|table| Ok(one(table)?.unwrap())).collect()
    };
    store.read(count).await.unwrap()
}

async fn a_refused_act_leaves_no_trace(store: Store) {
    people(&store).await;
    let mut commits = store.commits();
    store.write(Scope::Everything, |tx| say(tx, mentor(), "first", false)).await.unwrap();
    // Followers are told after the one who asked is.
    assert_eq!(commits.recv().await.unwrap().len(), 1);
    let before = rows(&store).await;
    for code in [Code::NotHeld, Code::Internal] {
        let refused = store.write(Scope::Everything, move |tx| {
            hold_and_release(tx, "gone")?;
            tx.add_session(&[1; 32], mentor(), NOW, None)?;
            tx.append(line(&[mentor(), supervisor()], true))?;
            Err::<(), Failure>(code.into())
        });
        assert!(matches!(refused.await, Err(Failure::Refused(refusal)) if refusal.code == code));
    }
    assert_eq!(rows(&store).await, before);
    assert!(commits.try_recv().is_err(), "nobody hears of it");
    let (message, _) = store.write(Scope::Everything, |tx| say(tx, mentor(), "gone", false)).await.unwrap();
    assert_eq!(message.seq, Some(2), "its client id and its number are free");
    assert_eq!(commits.recv().await.unwrap().len(), 1);
    verify(&store).await;
}

async fn an_act_that_panics_leaves_nothing_and_the_others_live_on(store: Store) {
    people(&store).await;
    let one = store.write(Scope::Everything, |tx| say(tx, mentor(), "one", false));
    let two = store.write(Scope::Everything, |tx| -> Result<(), Failure> {
        say(tx, mentor(), "two", true)?;
        panic!("a fault of this test")
    });
    let three = store.write(Scope::Everything, |tx| say(tx, mentor(), "three", false));
    assert_eq!(one.await.unwrap().0.seq, Some(1));
    assert!(matches!(two.await, Err(Failure::Refused(refusal)) if refusal.code == Code::Internal));
    assert_eq!(three.await.unwrap().0.seq, Some(2));
    let gone = store.read(|record| record.message_by_cid(mentor(), &Cid::parse("two").unwrap())).await.unwrap();
    assert!(gone.is_none());
    assert!(store.health().open);
    verify(&store).await;
}

async fn many_acts_at_once_keep_the_log_and_the_feeds_whole(store: Store) {
    people(&store).await;
    let mut commits = store.commits();
    let acts: Vec<_> = (0..300)
        .map(|at| {
            store.write(Scope::Everything, move |tx| {
                match at % 5 {
                    0 => hold_and_release(tx, &format!("held{at}"))?,
                    1 => return Err(Code::Busy.into()),
                    2 => drop(say(tx, mentee(), &format!("waits{at}"), true)?),
                    _ => drop(say(tx, mentor(), &format!("said{at}"), false)?),
                }
                if at % 7 == 0 { Err(Code::Busy.into()) } else { Ok(()) }
            })
        })
        .collect();
    for act in acts {
        let _refused_or_not = act.await;
    }
    let lines = verify(&store).await;
    let mut told = Vec::new();
    while told.len() < lines as usize {
        told.extend(commits.recv().await.unwrap().iter().cloned());
    }
    assert_eq!(told.iter().map(|logged| logged.n).collect::<Vec<_>>(), (1..=lines).collect::<Vec<_>>());
    // Whoever missed the telling reads the same from the log.
    let read = store.read(move |record| record.log_page(0, 10_000)).await.unwrap();
    for (told, read) in told.iter().zip(&read) {
        assert_eq!((told.n, told.hash, &told.feeds), (read.n, read.hash, &read.feeds), "{:?}", told.event.what);
        assert_eq!(format!("{:?}", told.event.accounts), format!("{:?}", read.event.accounts));
    }
    assert_eq!(read.len(), told.len());
}

async fn the_same_client_id_cannot_be_recorded_twice(store: Store) {
    people(&store).await;
    store.write(Scope::Everything, |tx| say(tx, mentor(), "same", false)).await.unwrap();
    let before = rows(&store).await;
    assert!(matches!(
        store.write(Scope::Everything, |tx| say(tx, mentor(), "same", true)).await,
        Err(Failure::Refused(refusal)) if refusal.code == Code::CidConflict
    ));
    assert_eq!(rows(&store).await, before);
    store.write(Scope::Everything, |tx| say(tx, mentee(), "same", false)).await.unwrap();
    verify(&store).await;
}

/// The record refuses what no act of ours would ask.
async fn the_record_itself_refuses_what_must_never_be(store: Store) {
    people(&store).await;
    store.write(Scope::Everything, |tx| hold_and_release(tx, "released")).await.unwrap();
    store.write(Scope::Everything, |tx| say(tx, mentor(), "passed", false)).await.unwrap();
    store.write(Scope::Everything, |tx| say(tx, mentee(), "held", true)).await.unwrap();
    let before = rows(&store).await;
    for (sql, why) in [
        ("UPDATE message SET status = 'delivered', seq = 3, delivered_at = 1 WHERE cid = 'held'", "check constraint"),
        ("UPDATE message SET passed = 0, decision = NULL WHERE cid = 'released'", "check constraint"),
        ("UPDATE message SET passed = 0 WHERE cid = 'passed'", "check constraint"),
        ("UPDATE message SET seq = NULL WHERE cid = 'passed'", "check constraint|given once"),
        ("UPDATE message SET delivered_at = NULL WHERE cid = 'passed'", "check constraint"),
        ("UPDATE message SET seq = 3 WHERE cid = 'held'", "check constraint"),
        ("UPDATE message SET shown = 'another' WHERE cid = 'passed'", "check constraint"),
        (
            "UPDATE message SET status = 'held', seq = NULL, delivered_at = NULL WHERE cid = 'passed'",
            "ended|given once",
        ),
        ("UPDATE message SET status = 'lost' WHERE cid = 'held'", "check constraint"),
        (
            "INSERT INTO message (id, conversation, sender, cid, digest, text, status, passed, rules, sent_at)
             SELECT 'another', conversation, sender, 'another', digest, text, 'lost', 0, rules, sent_at FROM message WHERE cid = 'held'",
            "check constraint",
        ),
        ("UPDATE message SET seq = 1 WHERE cid = 'passed'", "unique constraint|given once"),
        ("UPDATE item SET state = 'waiting' WHERE state = 'closed'", "closed item"),
        ("UPDATE item SET severity = 9", "check constraint"),
        ("UPDATE event SET data = '{}' WHERE n = 1", "only added to"),
        ("DELETE FROM event WHERE n = 1", "only added to"),
        ("UPDATE account SET role = 'owner'", "check constraint"),
        ("UPDATE conversation SET state = 'gone'", "check constraint"),
        ("INSERT INTO party (conversation, account) VALUES ('c_nowhere', 'a_nobody')", "foreign key constraint"),
    ] {
        let refused = store.write(Scope::Everything, move |tx| Ok(tx.run(sql, &[])?)).await;
        let Err(Failure::Store(error)) = refused else { panic!("{sql} was taken") };
        let error = error.to_string().to_lowercase();
        assert!(why.split('|').any(|why| error.contains(why)), "{sql}: {error}");
    }
    assert_eq!(rows(&store).await, before);
    verify(&store).await;
}

async fn a_number_is_given_once_and_without_a_gap(store: Store) {
    people(&store).await;
    let (message, _) = store.write(Scope::Everything, |tx| say(tx, mentor(), "one", false)).await.unwrap();
    for seq in [1, 3] {
        let wrong =
            Message { id: MessageId::from_bits(9), cid: Cid::parse("two").unwrap(), seq: Some(seq), ..message.clone() };
        assert!(matches!(
            store.write(Scope::Everything, move |tx| Ok(tx.add_message(&wrong, Vec::new())?)).await,
            Err(Failure::Store(_))
        ));
    }
    let (next, _) = store.write(Scope::Everything, |tx| say(tx, mentor(), "two", false)).await.unwrap();
    assert_eq!((next.seq, next.status), (Some(2), MessageStatus::Delivered));
}

async fn a_question_that_panics_costs_no_reader(store: Store) {
    for _ in 0..10 {
        let answer: Result<(), StoreError> = store.read(|_| panic!("a fault of this test")).await;
        assert!(answer.is_err());
    }
    assert_eq!(store.read(|record| record.log_head()).await.unwrap(), 0);
}

/// Messages in a conversation that goes on for long; every tenth was held and released.
const LONG: u64 = 200;

async fn a_page_of_a_long_feed_or_conversation_is_what_stands_there_wherever_it_begins(store: Store) {
    people(&store).await;
    let talk = store.write(Scope::Everything, |tx| {
        for seq in 1..=LONG {
            let cid = format!("long{seq}");
            if seq % 10 == 0 { hold_and_release(tx, &cid)? } else { say(tx, mentee(), &cid, false).map(drop)? }
        }
        Ok(())
    });
    talk.await.unwrap();
    let places = [0, 1, 62, 63, 64, 65, 127, 128, 150, LONG - 1, LONG, LONG + 1, 10 * LONG];
    let read = store.read(move |record| {
        for (place, limit) in places.into_iter().flat_map(|place| [1, 64, 100].map(|limit| (place, limit))) {
            let (page, more) = record.history(pair(), Some(place), limit)?;
            let newest = place.saturating_sub(1).min(LONG);
            let seqs: Vec<u64> = page.iter().filter_map(|message| message.seq).collect();
            let wanted: Vec<u64> = (1..=newest).rev().take(limit).collect();
            assert_eq!((seqs, more), (wanted, newest > limit as u64), "{limit} before {place}");
            let feed = Owner::Account(mentor());
            let offsets: Vec<u64> = record.feed_page(feed, place, limit)?.iter().map(|entry| entry.offset).collect();
            let head = record.feed_head(feed)?;
            let wanted: Vec<u64> = (place + 1..=head).take(limit).collect();
            assert_eq!(offsets, wanted, "{limit} after {place} of {head}");
            assert_eq!(record.mark_at(feed, place)?.is_some(), place <= head, "the mark at {place}");
        }
        let (page, more) = record.history(pair(), None, 10)?;
        assert_eq!((page.len(), page[0].seq, more), (10, Some(LONG), true));
        assert_eq!(record.recent(pair(), NOW, 40)?.last().and_then(|message| message.seq), Some(LONG));
        assert!(record.recent(pair(), Timestamp(NOW.0 - 1), 40)?.is_empty(), "nothing was said before");
        Ok(())
    });
    read.await.unwrap();
    verify(&store).await;
}

/// Keeps the writer busy until it is told to go on, so that what is queued meanwhile is one batch.
async fn busy(store: &Store) -> (std::sync::mpsc::Sender<()>, impl Future<Output = Result<(), Failure>>) {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel();
    let slow = store.write(Scope::Everything, move |_| {
        let _listening = began.send(());
        let _ended = wait.recv();
        Ok(())
    });
    begun.await.unwrap();
    (go, slow)
}

async fn an_act_that_fails_once_it_has_begun_to_write_takes_its_batch_along_and_from_then_on_itself_alone(
    store: Store,
) {
    people(&store).await;
    let before = rows(&store).await;
    let failing = |tx: &mut Tx<'_>| {
        say(tx, mentor(), "failing", false)?;
        Err::<(), Failure>(Code::Internal.into())
    };
    let refused = |_: &mut Tx<'_>| Err::<(), Failure>(Code::NotHeld.into());
    for careful in [false, true] {
        let (go, slow) = busy(&store).await;
        let good = store.write_decided(Scope::Everything, |tx| say(tx, mentee(), "good", false));
        let no = store.write_decided(Scope::Everything, refused);
        let bad = store.write_decided(Scope::Everything, failing);
        drop(go);
        slow.await.unwrap();
        let code = |failure| match failure {
            Failure::Refused(refusal) => refusal.code,
            Failure::Store(error) => panic!("{error}"),
        };
        let (good, no, bad) = (good.await.map(drop).map_err(code), no.await.map_err(code), bad.await.map_err(code));
        if careful {
            assert_eq!((good, no, bad), (Ok(()), Err(Code::NotHeld), Err(Code::Internal)));
        } else {
            assert_eq!((good, no, bad), (Err(Code::Unavailable), Err(Code::Unavailable), Err(Code::Unavailable)));
            assert_eq!(rows(&store).await, before, "nothing of the batch stays");
        }
    }
    assert_eq!(verify(&store).await, 1, "what was good was written once");
}

async fn a_batch_in_which_a_statement_failed_is_never_taken_for_durable(store: Store) {
    people(&store).await;
    let before = rows(&store).await;
    for careful in [false, true] {
        let (go, slow) = busy(&store).await;
        let good = store.write(Scope::Everything, |tx| Ok(tx.add_session(&[1; 32], mentor(), NOW, None)?));
        let bad = store.write_decided(Scope::Everything, |tx| {
            Ok(tx.one("SELECT nothing_of_that_name FROM account", &[], |_| Ok(()))?)
        });
        drop(go);
        slow.await.unwrap();
        let (good, bad) = (good.await, bad.await);
        assert_eq!((good.is_ok(), bad.is_ok()), (careful, false));
        assert_eq!(rows(&store).await == before, !careful, "what was told is what is there");
    }
}

async fn a_full_queue_is_unavailable_and_not_a_buffer(store: Store) {
    people(&store).await;
    let (go, slow) = busy(&store).await;
    let waiting: Vec<_> = (0..WRITER_QUEUE_MAX).map(|_| store.write(Scope::Everything, |_| Ok(()))).collect();
    assert_eq!(store.health().waiting, WRITER_QUEUE_MAX);
    let refused = store.write(Scope::Everything, |tx| say(tx, mentor(), "late", false)).await;
    assert!(matches!(refused, Err(Failure::Refused(refusal)) if refusal.code == Code::Unavailable));
    go.send(()).unwrap();
    slow.await.unwrap();
    for act in waiting {
        act.await.unwrap();
    }
    store.write(Scope::Everything, |tx| say(tx, mentor(), "late", false)).await.unwrap();
}

/// A conversation as the record gives it back is the one that was put there.
async fn a_conversation_reads_back_as_it_is(store: Store) {
    people(&store).await;
    let found: Conversation = store.read(|record| record.conversation(pair())).await.unwrap().unwrap();
    assert_eq!((found.kind, found.last_seq, found.accounts()), (Kind::Pair, 0, vec![mentor(), mentee()]));
}

macro_rules! on_every_record {
    ($($name:ident)*) => {
        mod sqlite_keeps {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$name(super::Store::open(folder.path()).unwrap()).await;
            })*
        }

        mod postgres_keeps {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::postgres::record(stringify!($name)).await).await;
            })*
        }
    };
}

on_every_record! {
    a_refused_act_leaves_no_trace
    an_act_that_panics_leaves_nothing_and_the_others_live_on
    many_acts_at_once_keep_the_log_and_the_feeds_whole
    the_same_client_id_cannot_be_recorded_twice
    the_record_itself_refuses_what_must_never_be
    a_number_is_given_once_and_without_a_gap
    a_question_that_panics_costs_no_reader
    an_act_that_fails_once_it_has_begun_to_write_takes_its_batch_along_and_from_then_on_itself_alone
    a_page_of_a_long_feed_or_conversation_is_what_stands_there_wherever_it_begins
    a_batch_in_which_a_statement_failed_is_never_taken_for_durable
    a_full_queue_is_unavailable_and_not_a_buffer
    a_conversation_reads_back_as_it_is
    what_a_party_tells_is_kept_once_and_read_newest_first
    a_device_is_told_by_one_address_when_something_is_due_and_until_its_session_ends
    the_key_for_push_services_is_made_once
    an_article_is_read_in_one_version_and_written_in_one_and_the_others_stay
    reads_of_articles_are_counted_by_day
    what_is_unread_is_what_another_said_lately_and_nobody_has_read
}
