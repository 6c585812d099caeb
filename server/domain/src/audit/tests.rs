//! A small record is made, something in it is changed, and the check says what.

use super::*;
use crate::checkpoint::{Checkpoint, key_name};
use crate::event::ConversationAct;
use crate::ids::{AccountId, Cid, ConversationId, ErasureId, MessageId};
use crate::time::Timestamp;
use crate::wire::Reason;

const EPOCH: &str = "first";

/// A record: what the log and the tables would hand in.
#[derive(Clone)]
struct Book {
    lines: Vec<LogRow>,
    messages: Vec<MessageRow>,
    items: Vec<(ItemId, u64)>,
    conversations: Vec<(Seq, Seq, u64)>,
    feeds: Vec<FeedRow>,
    /// Lines of feeds that nothing leads to.
    lost: u64,
    epoch: &'static str,
}

fn account(bits: u128) -> AccountId {
    AccountId::from_bits(bits)
}

fn conversation() -> String {
    ConversationId::from_bits(1).to_string()
}

fn message(bits: u128) -> String {
    MessageId::from_bits(bits).to_string()
}

/// What the record has of a message: delivered at once, or delivered altered by item 1, or rejected by item 2.
fn about(bits: u128) -> About {
    let salt = [bits as u8; 16];
    let (status, seq) =
        if bits == 3 { (MessageStatus::Rejected, None) } else { (MessageStatus::Delivered, Some(bits as u64)) };
    let note = (bits == 3).then(|| "Not here.".to_owned());
    About {
        id: message(bits),
        conversation: conversation(),
        sender: account(1).to_string(),
        status,
        seq,
        passed: bits == 1,
        digest: body_digest(&salt, "said"),
        salt: Some(salt),
        text: Some("said".into()),
        shown: (bits == 2).then(|| "shown".into()),
        decided: (bits > 1).then(|| DecidedBy { message: message(bits), closed: true, note }),
    }
}

impl Book {
    fn new() -> Self {
        let (lines, messages, items) = (Vec::new(), Vec::new(), Vec::new());
        let mut book =
            Self { lines, messages, items, conversations: vec![(2, 2, 2)], feeds: Vec::new(), lost: 0, epoch: EPOCH };
        let (cid, sent_at) = (Cid::parse("c").unwrap(), Timestamp(1));
        let delivered =
            |seq, altered| What::Delivered { seq, from: account(1), cid: cid.clone(), altered, sent_at, text: None };
        let held = |item| What::Held { cid: cid.clone(), item, sent_at, expected_wait_s: None, text: None };
        let settled = |bits: u128, note: Option<&str>| What::Settled {
            cid: cid.clone(),
            status: about(bits).status,
            sent_at,
            seq: about(bits).seq,
            altered: bits == 2,
            reason: Some(Reason::Other),
            note: None,
            note_digest: note.map(|note| hex(&body_digest(&[bits as u8; 16], note))),
            answer_by: None,
            shown: None,
        };
        let item = |bits: u128, version, act| What::Item { item: ItemId::from_bits(bits), version, act, now: None };
        book.add(&What::Conversation { act: ConversationAct::Begin }, None);
        book.add(&delivered(1, false), Some(1));
        for (bits, number) in [(2, 1), (3, 2)] {
            book.add(&held(ItemId::from_bits(number)), Some(bits));
            for (version, act) in [(1, ItemAct::Hold), (2, ItemAct::Claim), (3, ItemAct::Decide)] {
                book.add(&item(number, version, act), None);
            }
            book.add(&settled(bits, (bits == 3).then_some("Not here.")), Some(bits));
            if bits == 2 {
                book.add(&delivered(2, true), Some(2));
            }
            book.add(&item(number, 4, ItemAct::Close), None);
        }
        book.chain();
        book
    }

    fn add(&mut self, what: &What, of: Option<u128>) {
        let n = self.lines.len() as u64 + 1;
        let of_item = if let What::Item { item, .. } = what { Some(item.bits() + 1) } else { None };
        let shown = matches!(what, What::Delivered { altered: true, .. } | What::Settled { altered: true, .. });
        let about = of.map(about);
        self.lines.push(LogRow {
            n,
            at: 5,
            kind: what.kind().into(),
            site: "s".into(),
            conversation: conversation(),
            message: of.or(of_item).map(message).unwrap_or_default(),
            actor: account(2).to_string(),
            data: serde_json::to_string(what).unwrap(),
            body_digest: about.as_ref().map(|about| match (&about.salt, &about.shown) {
                (Some(salt), Some(text)) if shown => body_digest(salt, text),
                _ => about.digest,
            }),
            hash: GENESIS,
            body: of.map(|bits| bits as i64),
            item: of_item.map(|bits| ItemNow { message: message(bits), version: 4, state: StateName::Closed }),
            about,
            parties: 2,
        });
        let owners: &[&str] = match what.audience() {
            Audience::Parties => &["ann", "bob"],
            Audience::Sender => &["ann"],
            Audience::Queue => &["queue"],
            Audience::Nobody => &[],
        };
        for owner in owners {
            let offset = self.feeds.iter().filter(|row| row.owner == *owner).count() as u64 + 1;
            self.feeds.push(FeedRow { owner: (*owner).into(), offset, n, is_for_owner: Some(true) });
        }
        self.feeds.sort_by(|a, b| (&a.owner, a.offset).cmp(&(&b.owner, b.offset)));
        if let (Some(bits), Some(about), false) = (of, about_row(what, of), self.has(of)) {
            let erased = false;
            let About { conversation, status, seq, passed, .. } = about;
            self.messages.push(MessageRow { row: bits as i64, conversation, status, seq, passed, erased });
        }
        if let (What::Item { item, .. }, false) =
            (what, self.items.iter().any(|(id, _)| Some(id.bits() + 1) == of_item))
        {
            self.items.push((*item, 4));
        }
    }

    fn has(&self, of: Option<u128>) -> bool {
        self.messages.iter().any(|row| Some(row.row as u128) == of)
    }

    /// Makes every hash anew, as somebody would who may write to the record.
    fn chain(&mut self) {
        let mut before = GENESIS;
        for row in &mut self.lines {
            row.hash = chain(&before, &row.line());
            before = row.hash;
        }
    }

    fn check(&self) -> Result<Audit, Broken> {
        let mut audit = Audit::whole();
        self.lines.iter().try_for_each(|row| audit.line(row))?;
        self.messages.iter().for_each(|row| audit.message(row));
        self.items.iter().for_each(|(id, version)| audit.item(*id, *version));
        self.conversations.iter().try_for_each(|(last, highest, count)| audit.conversation(*last, *highest, *count))?;
        self.feeds.iter().try_for_each(|row| audit.feed(row))?;
        audit.feed_lines(self.feeds.len() as u64 + self.lost)?;
        audit.agree()?;
        audit.witness(self.epoch)?;
        Ok(audit)
    }

    fn checkpoint(&self, n: LogN) -> Checkpoint {
        let hash = self.lines[n as usize - 1].hash;
        Checkpoint { key: key_name(&[0; 32]), n, hash, epoch: EPOCH.into(), at: Timestamp(n as i64) }
    }

    fn witness(&self, seen: &[Checkpoint]) -> Result<Witness, Broken> {
        let mut witness = self.check()?.witness(self.epoch)?;
        for one in seen {
            let in_log = self.lines.get(one.n as usize - 1).map(|row| row.hash);
            witness.checkpoint(one, in_log)?;
        }
        Ok(witness)
    }
}

fn about_row(what: &What, of: Option<u128>) -> Option<About> {
    matches!(what, What::Delivered { .. } | What::Held { .. }).then(|| of.map(about)).flatten()
}

#[track_caller]
fn breaks(change: impl FnOnce(&mut Book), n: Option<LogN>, fault: Fault) {
    let mut book = Book::new();
    change(&mut book);
    assert_eq!(book.check().map(|audit| audit.head().0), Err(Broken { n, fault }));
}

#[test]
fn a_record_as_it_was_written_is_whole() {
    let audit = Book::new().check().unwrap();
    assert_eq!((audit.lines(), audit.is_whole()), (15, true));
}

#[test]
fn a_line_that_was_changed_taken_out_put_in_or_moved_is_found() {
    breaks(|book| book.lines[2].data = book.lines[2].data.replace("\"c\"", "\"d\""), Some(3), Fault::Chain);
    breaks(|book| book.lines[4].at += 1, Some(5), Fault::Chain);
    breaks(|book| drop(book.lines.remove(3)), Some(5), Fault::Gap { expected: 4 });
    breaks(|book| book.lines.insert(3, book.lines[2].clone()), Some(3), Fault::Gap { expected: 4 });
    breaks(|book| book.lines.swap(3, 4), Some(5), Fault::Gap { expected: 4 });
    let renumbered = |book: &mut Book| {
        book.lines.swap(3, 4);
        (book.lines[3].n, book.lines[4].n) = (4, 5);
    };
    breaks(renumbered, Some(4), Fault::Chain);
}

#[test]
fn a_log_that_was_chained_anew_must_still_agree_with_the_rows() {
    let anew = |change: fn(&mut Book)| {
        move |book: &mut Book| {
            change(book);
            book.chain();
        }
    };
    breaks(anew(|book| book.lines[0].data = "{}".into()), Some(1), Fault::Unreadable);
    breaks(anew(|book| book.lines[0].kind = "item".into()), Some(1), Fault::Kind);
    breaks(anew(|book| book.lines[1].body_digest = None), Some(2), Fault::NoDigest);
    breaks(
        anew(|book| book.lines[1].data = book.lines[1].data.replace("\"seq\":1", "\"seq\":7")),
        Some(2),
        Fault::Number,
    );
    breaks(
        anew(|book| {
            book.lines.pop();
        }),
        None,
        Fault::Items { log: 7, record: 8 },
    );
}

#[test]
fn rows_that_do_not_say_what_the_log_says_are_found() {
    let of = |at: usize, change: fn(&mut About)| move |book: &mut Book| change(book.lines[at].about.as_mut().unwrap());
    breaks(of(1, |about| about.text = Some("sait".into())), Some(2), Fault::Text);
    breaks(of(1, |about| about.id = message(9)), Some(2), Fault::OtherMessage);
    breaks(of(1, |about| about.sender = account(9).to_string()), Some(2), Fault::OtherMessage);
    breaks(of(1, |about| about.text = None), Some(2), Fault::HalfErased);
    breaks(of(1, |about| about.shown = Some("x".into())), Some(2), Fault::Shown);
    breaks(of(1, |about| about.status = MessageStatus::Rejected), Some(2), Fault::Status);
    breaks(of(6, |about| about.shown = Some("x".into())), Some(7), Fault::Shown);
    breaks(of(7, |about| about.decided = None), Some(8), Fault::Undecided);
    breaks(of(7, |about| about.decided.as_mut().unwrap().closed = false), Some(8), Fault::Undecided);
    breaks(of(13, |about| about.decided.as_mut().unwrap().note = None), Some(14), Fault::Note);
    breaks(|book| book.lines[1].about = None, Some(2), Fault::NoMessage);
    breaks(|book| book.lines[3].item = None, Some(4), Fault::NoItem);
    breaks(|book| book.lines[5].item.as_mut().unwrap().version = 2, Some(6), Fault::ItemAhead);
    breaks(|book| book.lines[8].item.as_mut().unwrap().state = StateName::Waiting, Some(9), Fault::ItemState);
}

#[test]
fn rows_that_the_log_does_not_know_are_found_and_lines_without_a_row() {
    let row =
        |row, status, seq, passed| MessageRow { row, conversation: conversation(), status, seq, passed, erased: false };
    breaks(|book| drop(book.messages.remove(0)), None, Fault::Delivered { log: 2, record: 1 });
    breaks(
        |book| book.messages.push(row(9, MessageStatus::Delivered, Some(9), true)),
        None,
        Fault::Delivered { log: 2, record: 3 },
    );
    breaks(|book| book.messages[0].seq = Some(5), None, Fault::Delivered { log: 2, record: 2 });
    breaks(|book| book.messages[1].passed = true, None, Fault::Held { log: 2, record: 1 });
    breaks(
        |book| book.messages.push(row(9, MessageStatus::Held, None, false)),
        None,
        Fault::Held { log: 2, record: 3 },
    );
    breaks(|book| book.messages[2].status = MessageStatus::Expired, None, Fault::Ended { log: 1, record: 1 });
    breaks(|book| book.items[0].1 = 5, None, Fault::Items { log: 8, record: 9 });
    breaks(|book| book.messages[0].erased = true, None, Fault::Erased { log: 0, record: 1 });
    breaks(|book| book.conversations[0].0 = 3, None, Fault::LastNumber);
    breaks(|book| book.conversations[0].2 = 1, None, Fault::LastNumber);
    breaks(|book| book.feeds[1].offset = 3, Some(2), Fault::FeedGap);
    breaks(|book| book.feeds[1].n = 1, Some(1), Fault::FeedGap);
    breaks(|book| book.feeds[0].is_for_owner = None, Some(1), Fault::FeedEvent);
    breaks(|book| book.feeds[0].is_for_owner = Some(false), Some(1), Fault::FeedOwner);
    breaks(|book| book.lost = 1, None, Fault::FeedLost);
    breaks(|book| drop(book.feeds.pop()), None, Fault::Feeds { log: 18, record: 17 });
}

#[test]
fn a_text_that_was_erased_leaves_the_record_whole() {
    let mut book = Book::new();
    for about in book.lines.iter_mut().filter_map(|row| row.about.as_mut()).filter(|about| about.id == message(2)) {
        (about.text, about.salt, about.shown) = (None, None, None);
    }
    book.messages[1].erased = true;
    assert_eq!(book.check().err().map(|broken| broken.fault), Some(Fault::Erased { log: 0, record: 1 }));
    book.add(&What::Erased { erasure: ErasureId::from_bits(1), messages: 1, items: 1 }, None);
    book.chain();
    assert!(book.check().is_ok());
}

#[test]
fn a_check_from_a_line_on_believes_the_hash_before_it() {
    let book = Book::new();
    let mut audit = Audit::after(3, book.lines[2].hash);
    book.lines[3..].iter().for_each(|row| audit.line(row).unwrap());
    assert_eq!((audit.lines(), audit.is_whole()), (12, false));
    let mut other = Audit::after(3, GENESIS);
    assert_eq!(other.line(&book.lines[3]).unwrap_err().fault, Fault::Chain);
}

#[test]
fn a_cut_end_and_a_log_written_anew_are_found_by_a_checkpoint_alone() {
    let book = Book::new();
    let seen = [book.checkpoint(3), book.checkpoint(14)];
    assert_eq!(book.witness(&seen).unwrap().seen(), 2);
    // Cut where everything still agrees: after the first delivered message.
    let mut cut = book.clone();
    cut.lines.truncate(2);
    cut.messages.truncate(1);
    cut.items.clear();
    cut.conversations[0] = (1, 1, 1);
    cut.feeds.retain(|row| row.n <= 2);
    assert!(cut.check().is_ok());
    assert_eq!(cut.witness(&seen).unwrap_err(), Broken { n: Some(2), fault: Fault::Cut { checkpoint: 3, log: 2 } });
    let mut anew = book.clone();
    anew.lines[0].at += 1;
    anew.chain();
    assert!(anew.check().is_ok());
    assert_eq!(anew.witness(&seen).unwrap_err(), Broken { n: Some(3), fault: Fault::CheckpointHash });
    let backwards = [book.checkpoint(14), book.checkpoint(3)];
    assert_eq!(book.witness(&backwards).unwrap_err().fault, Fault::CheckpointOrder);
    let other = [Checkpoint { epoch: "other".into(), ..book.checkpoint(3) }];
    assert_eq!(book.witness(&other).unwrap_err().fault, Fault::CheckpointEpoch);
}

#[test]
fn a_restore_begins_an_epoch_and_what_it_lost_is_counted() {
    let book = Book::new();
    let mut restored = book.clone();
    let epoch = |restored| What::Epoch { before: EPOCH.into(), epoch: "second".into(), restored };
    restored.add(&epoch(15), None);
    restored.chain();
    assert_eq!(restored.check().err().map(|broken| broken.fault), Some(Fault::RecordEpoch));
    restored.epoch = "second";
    let late = Checkpoint { n: 20, ..book.checkpoint(15) };
    let now = Checkpoint { epoch: "second".into(), ..restored.checkpoint(16) };
    let witness = restored.witness(&[book.checkpoint(3), late, now]).unwrap();
    assert_eq!((witness.seen(), witness.lost(), witness.restores()), (3, 5, &[(EPOCH.to_owned(), 15)][..]));
    let mut wrong = book.clone();
    wrong.add(&epoch(14), None);
    wrong.chain();
    assert_eq!(wrong.check().err().map(|broken| broken.fault), Some(Fault::Epoch));
}
