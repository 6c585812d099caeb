//! What each frame asks for, and its answer. Frames are taken in the order in which they came; a send is queued for the record
//! at once and answered when it is durable, so that many may be on their way.

use super::connection::{HEARTBEAT, bad_frame};
use super::hub::{Device, encode};
use super::limits::{ConnectionLimit, Frames};
use super::live::Gateway;
use super::outbox::Frame;
use crate::chat::{Send, Sent, report_words};
use crate::fresh;
use crate::telemetry::traces::TARGET;
use crate::telemetry::{Counter, Timing, metrics};
use futures_util::future::BoxFuture;
use handrail_domain::ids::{ConversationId, SiteId};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::report::Draft;
use handrail_domain::text::TEXT_CHARS_MAX;
use handrail_domain::wire::{
    BadFrame, Close, FRAME_BYTES_MAX, FromClient, FromServer, ItemView, Limits, OkBody, Resume, Resumed, Welcome, parse,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

/// Sends of one connection that may wait for their answer.
const UNANSWERED_MAX: usize = 32;
/// What a client that pinged has to hear within, in milliseconds.
const PONG_MS: u64 = 10_000;
/// One device says that it writes at most this often.
const TYPING_APART: Duration = Duration::from_secs(1);
/// What this server adds to the protocol's first version.
const FEATURES: [&str; 7] = ["read", "consent", "report", "expected_wait", "second", "scheme", "second_step"];

/// How it went with one frame.
pub(super) enum Went {
    /// It was answered, or needs no answer.
    On,
    /// The answer comes once the record has it.
    Later(BoxFuture<'static, FromServer>),
    /// The connection ends.
    End(Close),
}

/// The one who asks, on one connection.
pub(super) struct Asker {
    gateway: Arc<Gateway>,
    device: Arc<Device>,
    frames: ConnectionLimit,
    typed: Option<(ConversationId, bool, Instant)>,
}

impl Asker {
    pub(super) fn new(gateway: Arc<Gateway>, device: Arc<Device>) -> Self {
        let frames = gateway.limits.connection();
        Self { gateway, device, frames, typed: None }
    }

    pub(super) fn say(&self, frame: &FromServer) {
        if let Some(frame) = encode(frame) {
            self.device.outbox.push_control(frame);
        }
    }

    fn ok(&self, id: u64, body: OkBody) {
        self.say(&FromServer::Ok { id, body });
    }

    /// Says what was refused, with the item as it is where a race was lost.
    pub(super) async fn refuse(&self, id: Option<u64>, refusal: Refusal) {
        let Refusal { code, scope, retry_after_ms, item } = refusal;
        metrics().refuse(code);
        Span::current().record("code", code.as_str());
        let item = match item {
            Some(item) => self.gateway.chat.refused_item(&self.device.signed, *item).await,
            None => None,
        };
        self.say(&err(id, code, scope, retry_after_ms, item));
    }

    /// The last word before a close: a frame that cannot be read is said to be one.
    pub(super) fn end(&self, why: Close) -> Close {
        if why == Close::BadFrame {
            self.say(&err(None, bad_frame().code, None, None, None));
        }
        why
    }

    /// Answers `hello`, and begins the feed.
    pub(super) async fn welcome(&mut self, id: u64, resume: Option<Resume>) -> Result<(), Close> {
        let chat = &self.gateway.chat;
        let _turn = self.gateway.turns.take().await.map_err(|_| Close::Full)?;
        self.gateway.hub.tell_presence(self.device.signed.account.id);
        let arrival = chat.arrive(&self.device.signed, resume).await.map_err(|_| Close::Store)?;
        self.gateway.hub.arrived(&self.device, &arrival.conversations);
        self.gateway.chat.came(self.device.signed.account.id);
        if arrival.resumed == Resumed::Replay {
            metrics().count(Counter::Resumes);
        }
        let welcome = Welcome {
            id,
            account: arrival.me,
            conversations: arrival.conversations,
            epoch: chat.store().epoch().to_owned(),
            head: arrival.head,
            mark: arrival.mark,
            resume: arrival.resumed,
            heartbeat_ms: HEARTBEAT.as_millis() as u64,
            limits: Limits {
                frame_bytes: FRAME_BYTES_MAX as u64,
                text_chars: TEXT_CHARS_MAX as u64,
                unanswered: UNANSWERED_MAX as u64,
                replay_max: crate::chat::REPLAY_MAX,
                pong_ms: PONG_MS,
            },
            hours: arrival.hours,
            features: FEATURES.map(str::to_owned).to_vec(),
            now: fresh::now(),
            build: self.gateway.build.to_owned(),
        };
        self.say(&FromServer::Welcome(Box::new(welcome)));
        self.device.replaying.store(arrival.resumed == Resumed::Replay, Ordering::Relaxed);
        self.device.outbox.start(arrival.cursor);
        Ok(())
    }

    /// Takes one frame.
    pub(super) async fn hear(&mut self, text: &Frame, unanswered: usize) -> Went {
        metrics().count(Counter::FramesIn);
        let over = match self.frames.check() {
            Frames::Within => None,
            Frames::Over(refusal) => Some(refusal),
            Frames::Abuse => return Went::End(Close::RateAbuse),
        };
        let frame = match parse(text) {
            Ok(frame) => frame,
            Err(BadFrame::Unreadable) => return Went::End(Close::BadFrame),
            Err(BadFrame::Fields(id)) => return self.refused(id, bad_frame()).await,
            Err(BadFrame::NoSuchThing(id)) => return self.refused(id, Code::NotFound.into()).await,
            Err(BadFrame::UnknownOp(id)) => return self.refused(id, Code::UnknownOp.into()).await,
        };
        match over {
            Some(refusal) => self.refused(id_of(&frame), refusal).await,
            None => {
                let span = info_span!(target: TARGET, "frame", otel.name = frame.op(), code = Empty);
                let went = self.take(frame, unanswered).instrument(span.clone()).await;
                match went {
                    Went::Later(answer) => Went::Later(Box::pin(answer.instrument(span))),
                    Went::On | Went::End(_) => went,
                }
            }
        }
    }

    async fn refused(&self, id: Option<u64>, refusal: Refusal) -> Went {
        self.refuse(id, refusal).await;
        Went::On
    }

    async fn take(&mut self, frame: FromClient, unanswered: usize) -> Went {
        let (gateway, device) = (self.gateway.clone(), self.device.clone());
        let (chat, who) = (&gateway.chat, &device.signed);
        if is_done_by_a_person(&frame) {
            chat.here(who);
        }
        match frame {
            FromClient::Send { id, conversation, cid, text } => {
                if unanswered >= UNANSWERED_MAX {
                    return self.refused(Some(id), Code::Busy.into()).await;
                }
                return self.send(id, Send { conversation, cid, text }).await;
            }
            FromClient::Hello { .. } => return Went::End(Close::Hello),
            FromClient::Read { conversation, seq } => {
                // There is no answer to a `read`: a lost one is said again by the next.
                let _unsaid = chat.mark_read(who, conversation, seq).await;
            }
            FromClient::Typing { conversation, on } => self.typing(conversation, on),
            FromClient::Away { on } => {
                gateway.hub.set_away(&device, on);
                if !on {
                    gateway.chat.came(device.signed.account.id);
                }
            }
            FromClient::Ping {} => self.say(&FromServer::Pong {}),
            FromClient::Pong {} | FromClient::Ack { .. } => (),
            FromClient::Withdraw { id, message } => {
                self.answer(id, chat.withdraw(who, message).await.map(become_of)).await;
            }
            FromClient::Answer { id, message, accept } => {
                self.answer(id, chat.answer(who, message, accept).await.map(become_of)).await;
            }
            FromClient::Report { id, cid, conversation, reason, text, pause } => {
                let draft = report_words(&text).map(|text| Draft { cid, reason, text, pause });
                self.report(id, conversation, draft).await;
            }
            FromClient::Lift { id, conversation } => {
                let lifted = chat.lift(who, conversation).await.map(|state| OkBody {
                    conversation: Some(conversation),
                    state: Some(state),
                    ..OkBody::default()
                });
                self.answer(id, lifted).await;
            }
            FromClient::Watch { id, queue } => {
                self.watch(id, queue).await;
            }
            FromClient::Unwatch { id, queue } => {
                gateway.hub.unwatch(&device, queue);
                self.answer(id, Ok(OkBody { queue: Some(queue), ..OkBody::default() })).await;
            }
            FromClient::Claim { id, item } => self.answer_item(id, chat.claim(who, item).await).await,
            FromClient::Unclaim { id, item } => self.answer_item(id, chat.unclaim(who, item).await).await,
            FromClient::Acknowledge { id, item } => self.answer_item(id, chat.acknowledge(who, item).await).await,
            FromClient::Undo { id, item, version } => self.answer_item(id, chat.undo(who, item, version).await).await,
            FromClient::Decide { id, item, version, decision } => {
                let decided = chat.decide(who, item, version, decision).await.map(|decided| OkBody {
                    item: Some(Box::new(decided.item)),
                    duplicate: Some(decided.duplicate),
                    findings: decided.findings,
                    ..OkBody::default()
                });
                self.answer(id, decided).await;
            }
        }
        Went::On
    }

    async fn watch(&self, id: u64, queue: SiteId) {
        let (gateway, device) = (&self.gateway, &self.device);
        // Watched first, asked for the head after: no item falls between the two.
        gateway.hub.watch(device, queue);
        let head = gateway.chat.watch(&device.signed, queue).await;
        match &head {
            Ok(head) => device.outbox.watch(queue, *head),
            Err(_) => gateway.hub.unwatch(device, queue),
        }
        self.answer(id, head.map(|head| OkBody { queue: Some(queue), head: Some(head), ..OkBody::default() })).await;
    }

    async fn report(&self, id: u64, about: ConversationId, draft: Result<Draft, Refusal>) {
        let who = &self.device.signed;
        let within = self.gateway.limits.check_account(who.account.id);
        let reported = match within.and(draft) {
            Ok(draft) => self.gateway.chat.report(who, about, draft).await,
            Err(refusal) => Err(refusal),
        };
        let reported = reported.map(|reported| OkBody {
            report: Some(reported.report),
            duplicate: Some(reported.duplicate),
            ..OkBody::default()
        });
        self.answer(id, reported).await;
    }

    async fn answer(&self, id: u64, answer: Result<OkBody, Refusal>) {
        match answer {
            Ok(body) => self.ok(id, body),
            Err(refusal) => self.refuse(Some(id), refusal).await,
        }
    }

    async fn answer_item(&self, id: u64, item: Result<ItemView, Refusal>) {
        self.answer(id, item.map(|item| OkBody { item: Some(Box::new(item)), ..OkBody::default() })).await;
    }

    async fn send(&self, id: u64, send: Send) -> Went {
        let limits = &self.gateway.limits;
        let within = limits
            .check_account(self.device.signed.account.id)
            .and_then(|()| limits.check_conversation(send.conversation));
        if let Err(refusal) = within {
            return self.refused(Some(id), refusal).await;
        }
        let begun = Instant::now();
        match self.gateway.chat.send(&self.device.signed, send).await {
            Ok(durable) => Went::Later(Box::pin(async move {
                let sent = durable.await;
                Span::current()
                    .record("code", sent.as_ref().map_or_else(|no| no.code.as_str(), |sent| sent.status.as_str()));
                let frame = sent_frame(id, sent);
                metrics().observe(Timing::SendToOk, begun.elapsed());
                frame
            })),
            Err(refusal) => self.refused(Some(id), refusal).await,
        }
    }

    /// What may be dropped is: the same said again within a second.
    fn typing(&mut self, conversation: ConversationId, on: bool) {
        let now = Instant::now();
        let again =
            self.typed.is_some_and(|(place, was, at)| place == conversation && was == on && now - at < TYPING_APART);
        if !again {
            self.typed = Some((conversation, on, now));
            self.gateway.chat.typing(&self.device.signed, conversation, on);
        }
    }
}

/// What is said of a message that its sender took back, or answered for.
fn become_of(sent: Sent) -> OkBody {
    OkBody { message: Some(sent.message), status: Some(sent.status), ..OkBody::default() }
}

fn sent_frame(id: u64, sent: Result<Sent, Refusal>) -> FromServer {
    match sent {
        Ok(Sent { message, status, seq, duplicate }) => {
            let body = OkBody {
                message: Some(message),
                status: Some(status),
                seq,
                duplicate: Some(duplicate),
                ..OkBody::default()
            };
            FromServer::Ok { id, body }
        }
        Err(refusal) => err(Some(id), refusal.code, refusal.scope, refusal.retry_after_ms, None),
    }
}

fn err(
    id: Option<u64>,
    code: Code,
    scope: Option<handrail_domain::refusal::Scope>,
    retry_after_ms: Option<u64>,
    item: Option<ItemView>,
) -> FromServer {
    FromServer::Err {
        id,
        code,
        scope,
        retry_after_ms,
        temporary: code.temporary(),
        message: code.advice().to_owned(),
        item: item.map(Box::new),
    }
}

/// The id that an answer to this frame would carry.
/// Whether a page says this only because somebody did something; all else a page may say by itself.
fn is_done_by_a_person(frame: &FromClient) -> bool {
    match frame {
        FromClient::Send { .. }
        | FromClient::Withdraw { .. }
        | FromClient::Answer { .. }
        | FromClient::Report { .. }
        | FromClient::Lift { .. }
        | FromClient::Decide { .. }
        | FromClient::Undo { .. }
        | FromClient::Acknowledge { .. }
        | FromClient::Typing { .. } => true,
        FromClient::Hello { .. }
        | FromClient::Read { .. }
        | FromClient::Away { .. }
        | FromClient::Watch { .. }
        | FromClient::Unwatch { .. }
        | FromClient::Claim { .. }
        | FromClient::Unclaim { .. }
        | FromClient::Ack { .. }
        | FromClient::Ping {}
        | FromClient::Pong {} => false,
    }
}

fn id_of(frame: &FromClient) -> Option<u64> {
    match frame {
        FromClient::Hello { id, .. }
        | FromClient::Send { id, .. }
        | FromClient::Withdraw { id, .. }
        | FromClient::Watch { id, .. }
        | FromClient::Unwatch { id, .. }
        | FromClient::Claim { id, .. }
        | FromClient::Unclaim { id, .. }
        | FromClient::Decide { id, .. }
        | FromClient::Undo { id, .. }
        | FromClient::Acknowledge { id, .. }
        | FromClient::Answer { id, .. }
        | FromClient::Report { id, .. }
        | FromClient::Lift { id, .. } => Some(*id),
        FromClient::Read { .. }
        | FromClient::Typing { .. }
        | FromClient::Away { .. }
        | FromClient::Ack { .. }
        | FromClient::Ping {}
        | FromClient::Pong {} => None,
    }
}
