//! The world: people who ask, two nodes that load and commit, a network that loses answers, a clock that jumps, and crashes. A
//! step is one of these; the seed chooses which.

use crate::cast::{ANA, EVE, WORDS, conversations, site, speaker, who};
use crate::checks::{Checks, Held, is_end};
use crate::fault::Fault;
use crate::random::Random;
use crate::record::{Change, Record};
use crate::server::{Ask, Done, Server};
use handrail_domain::conversation::ConversationState;
use handrail_domain::event::What;
use handrail_domain::filter::Rules;
use handrail_domain::ids::{AccountId, Cid, ConversationId, ItemId, MessageId};
use handrail_domain::people::Site;
use handrail_domain::quarantine::{Decision, Item, ItemAct, StateName};
use handrail_domain::report::Draft;
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{Reason, ReportReason};
use std::collections::BTreeMap;

/// Steps of one world, before it is brought to its end.
const STEPS: usize = 320;
/// Acts of the clock after which a world must have come to rest.
const REST: usize = 400;

/// The office's hand, and the clock's.
fn nobody() -> AccountId {
    AccountId::from_bits(0)
}

/// What happened in a step, as a failure prints it.
#[derive(Debug)]
#[expect(dead_code, reason = "its fields are read by whoever reads the story")]
pub(crate) enum Step {
    Asks(AccountId, Ask),
    Looks(AccountId),
    Loads(usize, AccountId, Ask),
    Refuses(AccountId, &'static str),
    Commits(usize),
    Conflicts(usize),
    Answers(Done),
    LosesAnswer,
    Crashes,
    Jumps(i64),
}

/// What a line of the log is counted as.
fn word(what: &What) -> &'static str {
    let acts = [
        (ItemAct::Lapse, "lapse"),
        (ItemAct::Propose, "propose"),
        (ItemAct::Undo, "undo"),
        (ItemAct::Escalate, "escalate"),
        (ItemAct::Overdue, "overdue"),
        (ItemAct::Acknowledge, "acknowledge"),
    ];
    if let What::Settled { status, .. } = what {
        return status.as_str();
    }
    let act = if let What::Item { act, .. } = what { Some(*act) } else { None };
    acts.into_iter().find(|(one, _)| Some(*one) == act).map_or_else(|| what.kind(), |(_, word)| word)
}

/// A request on its way, which its sender may make again.
#[derive(Clone)]
struct Request {
    from: AccountId,
    ask: Ask,
}

/// An act that a node has loaded and decided, and not written yet.
struct Loaded {
    request: Request,
    revision: u64,
    now: Timestamp,
    change: Change,
    done: Done,
}

/// An item as a supervisor saw it when they last looked.
#[derive(Clone)]
struct Seen {
    item: ItemId,
    version: u64,
    state: StateName,
    mine: bool,
}

pub(crate) struct World<'a> {
    pub(crate) trace: Vec<Step>,
    pub(crate) counts: BTreeMap<&'static str, usize>,
    pub(crate) now: Timestamp,
    random: Random,
    rules: &'a Rules,
    site: Site,
    fault: Option<Fault>,
    fresh: u128,
    record: Record,
    checks: Checks,
    inbox: Vec<Request>,
    nodes: [Option<Loaded>; 2],
    answers: Vec<(Request, Done)>,
    unanswered: Vec<Request>,
    seen: BTreeMap<AccountId, Vec<Seen>>,
}

impl<'a> World<'a> {
    pub(crate) fn new(seed: u64, rules: &'a Rules, fault: Option<Fault>) -> Self {
        let mut random = Random::new(seed);
        let site = site(&mut random);
        let conversations = conversations().map(|one| (one.id, one)).collect();
        Self {
            trace: Vec::with_capacity(STEPS),
            counts: BTreeMap::new(),
            now: Timestamp(1_000_000_000),
            random,
            rules,
            site,
            fault,
            fresh: 100,
            record: Record { conversations, ..Record::default() },
            checks: Checks::default(),
            inbox: Vec::new(),
            nodes: [None, None],
            answers: Vec::new(),
            unanswered: Vec::new(),
            seen: BTreeMap::new(),
        }
    }

    /// Lives through a world, and brings it to its end.
    pub(crate) fn live(&mut self) -> Held {
        for _ in 0..STEPS {
            self.step()?;
            self.checks.whole(&self.record, &self.site)?;
        }
        self.come_to_rest()
    }

    fn step(&mut self) -> Held {
        match self.random.below(100) {
            0..11 => self.speak(),
            11..26 => self.moderate(),
            26 => self.office(),
            27..30 => self.say_again(),
            30..58 => self.load(),
            58..86 => return self.commit(),
            86..93 => self.answer(),
            93..99 => self.jump(),
            _ if self.random.one_in(3) => self.crash(),
            _ => self.look(),
        }
        Ok(())
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn ask(&mut self, from: AccountId, ask: Ask) {
        self.trace.push(Step::Asks(from, ask.clone()));
        let request = Request { from, ask };
        self.unanswered.push(request.clone());
        self.inbox.push(request);
    }

    fn cid(&mut self) -> Cid {
        // Now and then one that was used before, for something else.
        let fresh = self.random.below(8) as u128 + self.fresh * u128::from(!self.random.one_in(12)) * 8;
        Cid::parse(&format!("c{fresh}")).unwrap()
    }

    fn speak(&mut self) {
        let (conversation, from) = speaker(&mut self.random);
        let message = self.random.maybe(self.record.messages.values().map(|message| (message.id, message.from)));
        match (self.random.below(20), message) {
            (0..3, Some((message, sender))) => {
                let from = self.or_other(sender);
                self.ask(from, Ask::Withdraw(message));
            }
            (3..9, Some(_)) => {
                let asked = self.record.items.values().filter(|row| row.item.answer_by.is_some());
                if let Some((message, sender)) = self.random.maybe(asked.map(|row| (row.item.message, row.item.from))) {
                    let (accept, from) = (!self.random.one_in(3), self.or_other(sender));
                    self.ask(from, Ask::Answer(message, accept));
                }
            }
            (9, Some((message, sender))) => self.ask(sender, Ask::Answer(message, true)),
            (10, _) => {
                let (cid, pause) = (self.cid(), self.random.one_in(2));
                let draft = Draft { cid, reason: ReportReason::Upset, text: None, pause };
                self.ask(from, Ask::Report { conversation, draft });
            }
            _ => {
                let (cid, words) = (self.cid(), self.random.pick(&WORDS));
                self.ask(from, Ask::Send { conversation, cid, text: Text::parse(words).unwrap() });
            }
        }
    }

    /// Nearly always the one whose it is.
    fn or_other(&mut self, sender: AccountId) -> AccountId {
        if self.random.one_in(15) { who(2) } else { sender }
    }

    fn supervisor(&mut self) -> AccountId {
        who(self.random.pick(&[ANA, ANA, EVE]))
    }

    fn look(&mut self) {
        let from = self.supervisor();
        self.look_as(from);
    }

    fn look_as(&mut self, from: AccountId) {
        self.trace.push(Step::Looks(from));
        let mine = |item: &Item| {
            item.decision().map(|(by, _)| by).or(item.holder(Timestamp(i64::MIN)).map(|(by, _)| by)) == Some(from)
        };
        let saw =
            |item: &Item| Seen { item: item.id, version: item.version, state: item.state_name(), mine: mine(item) };
        let open =
            self.record.items.values().map(|row| &row.item).filter(|item| item.state_name() != StateName::Closed);
        self.seen.insert(from, open.map(saw).collect());
    }

    /// A supervisor acts on what they last saw, which may be long ago: a frozen one wakes and goes on.
    fn moderate(&mut self) {
        let from = self.supervisor();
        if !self.random.one_in(3) {
            self.look_as(from);
        }
        if self.random.one_in(12) {
            let lifts = ConversationId::from_bits(self.random.below(3) as u128 + 1);
            return self.ask(from, Ask::Lift(lifts));
        }
        let Some(seen) = self.random.maybe(self.seen.get(&from).into_iter().flatten().cloned()) else { return };
        let Seen { item, version, state, mine } = seen;
        let odd = self.random.one_in(10);
        let ask = match (state, self.random.below(8)) {
            (_, 0) if odd => Ask::Unclaim(item),
            (_, 1) if odd => Ask::Acknowledge(item),
            (StateName::Decided, 0..3) if mine || odd => Ask::Undo(item, version),
            (StateName::Decided, _) if !odd => return,
            (StateName::Waiting, _) if !odd => Ask::Claim(item),
            (StateName::Claimed, 0) => Ask::Claim(item),
            (StateName::Claimed, 1) if mine => Ask::Unclaim(item),
            (StateName::Waiting | StateName::Claimed | StateName::Decided | StateName::Closed, _) => {
                Ask::Decide(item, version, self.decision())
            }
        };
        self.ask(from, ask);
    }

    fn decision(&mut self) -> Decision {
        let (note, log) = (String::from("a note"), String::from("for the team"));
        let altered = || Text::parse("something gentler").unwrap();
        match self.random.below(12) {
            0..4 => Decision::Release,
            4..8 => Decision::Alter { text: altered(), reason: Reason::Privacy, note: Some(note), log: None },
            8 => Decision::Reject { reason: Reason::Abuse, note, log: None },
            9 => Decision::Rephrase { note },
            10 => Decision::Escalate { log },
            _ => Decision::Note { log },
        }
    }

    fn office(&mut self) {
        let conversation = ConversationId::from_bits(self.random.below(3) as u128 + 1);
        let states =
            [ConversationState::Paused, ConversationState::Paused, ConversationState::Open, ConversationState::Open];
        let state = if self.random.one_in(12) { ConversationState::Ended } else { self.random.pick(&states) };
        self.ask(nobody(), Ask::Become(conversation, state));
    }

    /// What has no answer may or may not have happened: it is said again.
    fn say_again(&mut self) {
        if let Some(request) = self.random.maybe(self.unanswered.iter().cloned()) {
            self.trace.push(Step::Asks(request.from, request.ask.clone()));
            self.inbox.push(request);
        }
    }

    /// A node takes a request, or what the clock demands, loads what it needs, and decides.
    fn load(&mut self) {
        let node = usize::from(self.random.one_in(4));
        if self.nodes[node].is_some() {
            return;
        }
        // A node that is late wakes for what another has done, or for nothing.
        let due = match self.random.one_in(10) {
            true => self.random.maybe(self.record.items.keys().copied()),
            false => self.random.maybe(self.record.due(self.now)),
        };
        let request = match due {
            Some(item) if self.inbox.is_empty() || self.random.one_in(2) => {
                Request { from: nobody(), ask: Ask::Wake(item) }
            }
            _ if self.inbox.is_empty() => return,
            _ => {
                let at = self.random.below(self.inbox.len());
                self.inbox.swap_remove(at)
            }
        };
        self.trace.push(Step::Loads(node, request.from, request.ask.clone()));
        self.fresh += 1;
        let (rules, site, fault) = (self.rules, &self.site, self.fault);
        let server = Server { rules, site, fault, now: self.now, fresh: self.fresh };
        match server.act(&self.record, request.from, &request.ask) {
            Ok((mut change, done)) => {
                server.lose_wake(&mut change);
                if self.fault == Some(Fault::AnswerEarly) {
                    self.answers.push((request.clone(), done.clone()));
                }
                let (revision, now) = (self.record.revision, self.now);
                self.nodes[node] = Some(Loaded { request, revision, now, change, done });
            }
            Err(refusal) => {
                self.trace.push(Step::Refuses(request.from, refusal.code.as_str()));
                self.count(refusal.code.as_str());
                self.forget(&request);
            }
        }
    }

    /// A node writes what it decided, if nobody wrote since it loaded; otherwise it loads again.
    fn commit(&mut self) -> Held {
        let node = usize::from(self.random.one_in(4));
        let Some(loaded) = self.nodes[node].take() else { return Ok(()) };
        if loaded.revision != self.record.revision && self.fault != Some(Fault::StaleCommit) {
            self.trace.push(Step::Conflicts(node));
            self.count("conflict");
            if !matches!(loaded.request.ask, Ask::Wake(_)) {
                self.inbox.push(loaded.request);
            }
            return Ok(());
        }
        self.trace.push(Step::Commits(node));
        let Loaded { request, now, mut change, done, .. } = loaded;
        if self.fault == Some(Fault::EventLost) && self.random.one_in(8) {
            change.events.pop();
        }
        let numbered = self.fault != Some(Fault::NumberTwice) || !self.random.one_in(4);
        change.events.iter().for_each(|event| self.count(word(&event.what)));
        self.checks.commit(&self.record, request.from, &request.ask, &change, now)?;
        self.record.apply(change.writes, numbered);
        if self.random.one_in(100) {
            self.crash();
        } else if !matches!(request.ask, Ask::Wake(_)) {
            self.answers.push((request, done));
        }
        Ok(())
    }

    /// An answer arrives, or is lost on its way.
    fn answer(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        let at = self.random.below(self.answers.len());
        let (request, done) = self.answers.swap_remove(at);
        if self.random.one_in(4) {
            self.count("answer lost");
            return self.trace.push(Step::LosesAnswer);
        }
        self.trace.push(Step::Answers(done.clone()));
        self.checks.promise(request.from, &done);
        self.forget(&request);
    }

    /// Its sender has an answer, and does not say it again.
    fn forget(&mut self, request: &Request) {
        let same = |other: &Request| match (&other.ask, &request.ask) {
            (Ask::Send { cid: one, .. }, Ask::Send { cid: two, .. }) => one == two && other.from == request.from,
            (one, two) => std::mem::discriminant(one) == std::mem::discriminant(two) && other.from == request.from,
        };
        self.unanswered.retain(|other| !same(other));
    }

    fn jump(&mut self) {
        let ms = match self.random.below(100) {
            0..50 => self.random.below(2_000) as i64,
            50..80 => self.random.below(20_000) as i64,
            80..90 => self.random.below(150_000) as i64,
            90..93 => self.random.below(900_000) as i64,
            93 => 86_400_000,
            // Somebody set the machine's clock.
            94..96 => -(self.random.below(10_000) as i64),
            _ => self.record.next_wake().map_or(1, |at| at.since_ms(self.now)),
        };
        self.trace.push(Step::Jumps(ms));
        self.now = self.now.plus_ms(ms);
    }

    /// Every node dies: what was not written is gone, and so is every answer on its way.
    fn crash(&mut self) {
        self.count("crash");
        self.trace.push(Step::Crashes);
        self.inbox.clear();
        self.answers.clear();
        self.nodes = [None, None];
    }

    /// Writes an act with nobody in its way.
    fn do_now(&mut self, ask: Ask) -> Held {
        self.trace.push(Step::Loads(0, nobody(), ask.clone()));
        self.fresh += 1;
        let (rules, site, fault) = (self.rules, &self.site, self.fault);
        let server = Server { rules, site, fault, now: self.now, fresh: self.fresh };
        if let Ok((mut change, _)) = server.act(&self.record, nobody(), &ask) {
            server.lose_wake(&mut change);
            self.checks.commit(&self.record, nobody(), &ask, &change, self.now)?;
            self.record.apply(change.writes, true);
        }
        self.checks.whole(&self.record, &self.site)
    }

    /// Pauses are lifted and time goes on: what was decided takes effect, claims lapse, questions are over, and what nobody took
    /// rings at the top. Then the conversations end, and nothing is left open.
    fn come_to_rest(&mut self) -> Held {
        self.crash();
        let places: Vec<ConversationId> = self.record.conversations.keys().copied().collect();
        for place in &places {
            self.do_now(Ask::Become(*place, ConversationState::Open))?;
        }
        for _ in 0..REST {
            let Some(at) = self.record.next_wake() else { break };
            self.now = Timestamp(self.now.0.max(at.0));
            let due = self.record.due(self.now).next();
            due.map_or(Ok(()), |item| self.do_now(Ask::Wake(item)))?;
        }
        if let Some(at) = self.record.next_wake() {
            return Err(format!("the clock spins: it is to wake at {at}, and it was {}", self.now));
        }
        let busy = |item: &&Item| matches!(item.state_name(), StateName::Claimed | StateName::Decided);
        if let Some(item) = self.record.items.values().map(|row| &row.item).find(busy) {
            return Err(format!("{} never came to its end: {:?}", item.id, item.state));
        }
        for place in &places {
            self.do_now(Ask::Become(*place, ConversationState::Ended))?;
        }
        let open = |id: &MessageId| Err(format!("{id} never came to its end"));
        self.record.messages.values().find(|message| !is_end(message.status)).map_or(Ok(()), |one| open(&one.id))
    }
}
