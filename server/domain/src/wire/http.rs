//! The bodies of the HTTP routes beside the socket.

#![expect(missing_docs, reason = "PROTOCOL.md says what each field means; here it would be said twice")]

use super::from_server::{Me, MessageView, ReportView};
use super::item::ItemView;
use crate::ids::{AccountId, Offset};
use crate::push::{Language, Quiet};
use crate::refusal::Code;
use crate::score::Score;
use crate::second_step::StepState;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// `POST /api/session`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub username: String,
    pub password: String,
    /// The code of the second step, where one is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub code: Option<String>,
    /// A passkey in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub passkey: Option<PasskeyShown>,
    /// Whether the answer shall carry the token too, for a client that sends it as a bearer.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub token: bool,
    /// Whether the device is this person's own phone, where a session does not end because nobody does anything.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub own: bool,
}

/// The answer to `POST /api/session/here`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Here {
    /// After how long without a touch this session ends; never, if nothing.
    #[cfg_attr(test, ts(type = "number | null"), schemars(with = "Option<i64>"))]
    pub idle_ms: Option<i64>,
}

/// The answer to a sign-in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SignedIn {
    pub account: Me,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub token: Option<String>,
    /// Beside the token, where a code was given: see [`Proved`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub proof: Option<String>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub expires_at: Option<Timestamp>,
}

/// One of one's own sessions: a device that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SessionView {
    /// Whether it is the one that asks.
    pub this: bool,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub since: Timestamp,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub expires_at: Option<Timestamp>,
}

/// `GET /api/sessions`: newest first, a hundred at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SessionPage {
    pub sessions: Vec<SessionView>,
}

/// `GET /api/push`: how it stands with the device that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PushState {
    /// The key that a browser's push service must be given (RFC 8292), in base64url.
    pub key: String,
    /// Whether this device is told.
    pub on: bool,
    pub quiet: Option<Quiet>,
}

/// `PUT /api/push`: where this device is told, as its browser says it (RFC 8291).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PushAsked {
    pub endpoint: String,
    /// The device's public key, in base64url.
    pub p256dh: String,
    /// Its secret, in base64url.
    pub auth: String,
    pub language: Language,
    pub quiet: Option<Quiet>,
}

/// A page of delivered messages, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct HistoryPage {
    pub messages: Vec<MessageView>,
    /// Whether there are older ones.
    pub more: bool,
}

/// A page of a queue: most urgent first, then oldest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ItemPage {
    pub items: Vec<ItemView>,
    /// The queue's head when this was read.
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub head: Offset,
    /// What to pass as `after` for the next page.
    pub next: Option<String>,
}

/// A page of the reports of one's own site, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ReportPage {
    pub reports: Vec<ReportView>,
    /// What to pass as `after` for the next page.
    pub next: Option<String>,
}

/// The rules that judge, and how they have done in one's own site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RulesPage {
    pub version: String,
    pub rules: usize,
    /// The version of the set that judges in shadow, if one does.
    pub shadow: Option<String>,
    /// The rule with the most holds first.
    pub scores: Vec<Score>,
}

/// An error body: RFC 9457, with `code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub code: Code,
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"), schemars(with = "Option<i64>"))]
    pub retry_after_ms: Option<u64>,
}

/// `GET /api/second-step`: how it stands with one's own. (Feature `second_step`.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SecondStepView {
    pub state: StepState,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// Spare codes that are left.
    pub spare_codes: usize,
    /// Until when the last code counts for what matters; nothing, if it must be given again.
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub proved_until: Option<Timestamp>,
    /// Whether an app gives codes.
    pub app: bool,
    pub passkeys: Vec<PasskeyView>,
}

/// One of one's own passkeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PasskeyView {
    /// In base64url, as everything that a device says.
    pub id: String,
    pub name: String,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub at: Timestamp,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub used_at: Option<Timestamp>,
}

/// `POST /api/passkeys/begin`, `POST /api/session/passkey` and `POST /api/session/proof/passkey`: what a device is asked to sign.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PasskeyAsked {
    pub challenge: String,
    /// The host that the passkey is for.
    pub host: String,
    /// Whose it is to be, as their own list of passkeys shows it.
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub account: AccountId,
    pub username: String,
    /// Those that they have: to sign with one of them, or to make another on a device that has none.
    pub passkeys: Vec<String>,
}

/// `POST /api/passkeys`: a passkey that a device has made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyNew {
    pub name: String,
    pub client_data: String,
    pub authenticator_data: String,
}

/// What a device signed with a passkey.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyShown {
    pub id: String,
    pub client_data: String,
    pub authenticator_data: String,
    pub signature: String,
}

/// `POST /api/session/passkey`: who would sign in with one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordGiven {
    pub username: String,
    pub password: String,
}

/// `POST /api/session/proof`: a code of the app, a spare one, or a passkey.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StepGiven {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub passkey: Option<PasskeyShown>,
}

/// `POST /api/second-step`: what an app needs to make codes. Shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SecondStepBegun {
    /// For typing, in base 32 (RFC 4648).
    pub secret: String,
    /// The same as an app reads it.
    pub uri: String,
    /// The same as a picture for a camera: rows of `0` and `1`, with 1 for dark.
    pub picture: Vec<String>,
}

/// `POST /api/second-step/confirm`: a code of the app.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CodeGiven {
    pub code: String,
}

/// The answer to `POST /api/second-step/confirm` and `POST /api/passkeys`, which gives none where there are some left: codes for who has lost their phone, each for one use. Shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SpareCodes {
    pub spare_codes: Vec<String>,
}

/// The answer to `POST /api/session/proof`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Proved {
    /// What to send as `handrail-proof`, for a client that shows its session as a bearer; a browser has a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub proof: Option<String>,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub until: Timestamp,
}
