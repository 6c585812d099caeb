//! Fresh randomness and the time: the two things that the domain never makes for itself.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handrail_domain::time::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time now, from the machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Random bytes from the operating system. A machine that cannot give any must not hand out ids: the process ends.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    if let Err(error) = getrandom::fill(&mut out) {
        tracing::error!(%error, "no randomness from the operating system");
        std::process::abort();
    }
    out
}

/// 128 random bits, for an id.
pub fn bits() -> u128 {
    u128::from_be_bytes(bytes())
}

/// A random token of `chars` base64url characters, at most 86.
pub fn token(chars: usize) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(bytes::<64>());
    text.truncate(chars);
    text
}
