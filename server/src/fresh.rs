//! Fresh randomness and the time: the two things that the domain never makes for itself.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handrail_domain::time::Timestamp;
use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time now, from the machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Random bytes that a thread takes from the operating system at once: a message needs three ids and salts, and would ask three
/// times.
const POOL: usize = 1_024;

/// Random bytes that nobody was given yet: those before `left`.
struct Pool {
    bytes: [u8; POOL],
    left: usize,
}

thread_local! {
    static UNUSED: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL], left: 0 }) };
}

/// Random bytes from the operating system. A machine that cannot give any must not hand out ids: the process ends.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    UNUSED.with_borrow_mut(|pool| {
        for part in out.chunks_mut(POOL) {
            if pool.left < part.len() {
                fill(&mut pool.bytes);
                pool.left = POOL;
            }
            let from = pool.left - part.len();
            part.copy_from_slice(&pool.bytes[from..pool.left]);
            // What was given out is nowhere else: some of it becomes a token.
            pool.bytes[from..pool.left].fill(0);
            pool.left = from;
        }
    });
    out
}

fn fill(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        tracing::error!(%error, "no randomness from the operating system");
        std::process::abort();
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_was_given_once_is_never_given_again() {
        let mut seen = HashSet::new();
        let threads: Vec<_> =
            (0..4).map(|_| std::thread::spawn(|| (0..1_000).map(|_| bits()).collect::<Vec<_>>())).collect();
        for bits in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
            assert!(seen.insert(bits));
        }
    }

    #[test]
    fn more_than_a_pool_holds_is_given_too() {
        let long = bytes::<{ 3 * POOL + 7 }>();
        let parts: HashSet<&[u8]> = long.chunks(16).collect();
        assert_eq!(parts.len(), long.len().div_ceil(16));
        assert_eq!(token(86).len(), 86);
    }
}
