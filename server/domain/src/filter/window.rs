//! The earlier texts of one sender in one conversation, held ones included, so that what is spread over several messages is
//! seen. Bounded in messages, time and bytes; what falls out is forgotten. It never asks a clock and judges nothing.

use super::actions::Actions;
use super::drift::{Drift, Sign};
use super::fold::fold;
use super::restricted::Restricted;
use super::view::{Cell, Marks, View};
use crate::ids::MessageId;
use crate::people::Role;
use crate::text::Text;
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many earlier messages a window keeps.
pub const WINDOW_MESSAGES_MAX: usize = 8;
/// How long a window keeps a message, in milliseconds.
pub const WINDOW_MS_MAX: i64 = 15 * 60 * 1_000;
/// How many bytes of text a window keeps in all; the newest message stays, whatever its length.
pub const WINDOW_BYTES_MAX: usize = 4 * 1_024;
/// How many code points at the end of an earlier message are read together with a new one.
pub(super) const TAIL_CHARS: usize = 64;
/// How many bytes of the last words are read together with a new message, about, and how many with pieces from before.
const RECENT_BYTES: usize = 48;
const TAIL_BYTES_MAX: usize = 192;
/// A message of so few bytes may be a piece of something.
const PIECE_BYTES_MAX: usize = 16;

/// An earlier message.
#[derive(Clone)]
pub(super) struct Past {
    pub(super) message: MessageId,
    pub(super) text: Text,
    at: Timestamp,
    /// The folded end of the text, made once.
    pub(super) tail: View,
    /// It may be a piece of a number or a word: it is short, or has figures.
    pub(super) is_piece: bool,
    /// It has figures, in digits or in words.
    pub(super) has_figures: bool,
}

/// Where a text is said: what its sender said before in this conversation, oldest first, and what holds in it.
#[derive(Clone)]
pub struct Window {
    speaker: Role,
    past: VecDeque<Past>,
    drift: Drift,
    now: Timestamp,
    actions: Arc<Actions>,
    restricted: Arc<Restricted>,
}

impl Window {
    /// An empty window of a sender with this role, where a site has chosen nothing and nothing is restricted.
    pub fn new(speaker: Role) -> Window {
        Window {
            speaker,
            past: VecDeque::new(),
            drift: Drift::default(),
            now: Timestamp(0),
            actions: Arc::default(),
            restricted: Arc::default(),
        }
    }

    /// The same where a site has chosen what it does about findings.
    pub fn with_actions(self, actions: Arc<Actions>) -> Window {
        Window { actions, ..self }
    }

    /// The same where the relationship has restricted terms.
    pub fn with_restricted(self, restricted: Arc<Restricted>) -> Window {
        Window { restricted, ..self }
    }

    /// Adds a message, held or not, and drops what the bounds do not keep.
    pub fn push(&mut self, message: MessageId, text: &Text, at: Timestamp) {
        let chars = text.as_str().chars().count();
        // The oldest goes in any case, so what is kept of the newest takes its place.
        let oldest = if self.past.len() == WINDOW_MESSAGES_MAX { self.past.pop_front() } else { None };
        let mut tail = oldest.map(|past| past.tail).unwrap_or_default();
        tail.clear();
        fold(text.as_str(), chars.saturating_sub(TAIL_CHARS), super::view::CURRENT, &mut tail);
        let figures = figures(&tail.bytes);
        let (is_piece, has_figures) = (tail.len() <= PIECE_BYTES_MAX || figures >= 2, figures > 0);
        self.past.push_back(Past { message, text: text.clone(), at, tail, is_piece, has_figures });
        let mut bytes: usize = self.past.iter().map(|past| past.text.as_str().len()).sum();
        while bytes > WINDOW_BYTES_MAX && self.past.len() > 1 {
            bytes -= self.past.pop_front().map_or(0, |past| past.text.as_str().len());
        }
        self.expire(at);
    }

    /// Adds signs of drift that the sender gave; all are spent once a finding told a person of them.
    pub fn note(&mut self, signs: &[Sign], told: bool) {
        self.drift.add(signs, self.now);
        if told {
            self.drift.spend();
        }
    }

    /// Drops what is older than the bound, and judges as of now.
    pub fn expire(&mut self, now: Timestamp) {
        self.now = now;
        self.past.retain(|past| now.since_ms(past.at) <= WINDOW_MS_MAX);
    }

    /// Whether the sender is an adult with duties towards the other party.
    pub(super) fn adult(&self) -> bool {
        self.speaker != Role::Mentee
    }

    pub(super) fn drift(&self) -> &Drift {
        &self.drift
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn actions(&self) -> &Actions {
        &self.actions
    }

    pub(super) fn restricted(&self) -> &Restricted {
        &self.restricted
    }

    /// The earlier messages, oldest first. The one at index `i` is the part `i + 1` of a reading.
    pub(super) fn past(&self) -> &VecDeque<Past> {
        &self.past
    }
}

/// The ends of earlier messages, oldest first, each followed by a space; the number of a part says which message. The last
/// words are read again, and of what was said before only pieces: figures, and messages of a few letters.
pub(super) fn gather(past: &VecDeque<Past>, wanted: fn(&Past) -> bool, base: &mut View, borders: &mut Vec<usize>) {
    let mut bytes = 0;
    let mut chosen = [false; WINDOW_MESSAGES_MAX];
    for (at, earlier) in past.iter().enumerate().rev() {
        let near = bytes < RECENT_BYTES || earlier.is_piece && bytes < TAIL_BYTES_MAX;
        chosen[at] = near && wanted(earlier);
        bytes += if chosen[at] { earlier.tail.len() } else { 0 };
    }
    for (at, earlier) in past.iter().enumerate().filter(|(at, _)| chosen[*at]) {
        let part = at as u8 + 1;
        base.bytes.extend_from_slice(&earlier.tail.bytes);
        base.cells.extend(earlier.tail.cells.iter().map(|cell| Cell { part, ..*cell }));
        let end = base.cells.last().map_or(0, |cell| cell.upto);
        borders.push(base.len());
        base.push(b' ', Cell { from: end, upto: end, part, marks: Marks::NONE });
    }
}

/// How many figures there are, each digit and each word for one.
pub(super) fn figures(bytes: &[u8]) -> usize {
    const FIGURES: &[&[u8]] =
        &[b"zero", b"oh", b"one", b"two", b"three", b"four", b"five", b"six", b"seven", b"eight", b"nine", b"double"];
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let may_be = |word: &&[u8]| (2..=6).contains(&word.len());
    let words =
        bytes.split(|byte| !byte.is_ascii_lowercase()).filter(may_be).filter(|word| FIGURES.contains(word)).count();
    digits + words
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Window({}, {} messages)", self.speaker.as_str(), self.past.len())
    }
}
