//! How much one address, connection, account and conversation may do, and how often a password may be guessed. Each limit is a
//! rate with a burst (GCRA); what is over it is refused with the time after which it will be let through. Limits are counted
//! in this process alone, and the number of keys is bounded: over it, keys share buckets. Nothing here waits or closes.

use crate::config::{GuessLimit, LimitSettings, Rate};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{DefaultDirectRateLimiter, NotUntil, Quota, RateLimiter};
use handrail_domain::ids::{AccountId, ConversationId};
use handrail_domain::refusal::{Refusal, Scope};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// At most so many keys of one kind are counted apart.
pub const KEYS_MAX: usize = 100_000;
/// When there are more keys than that, the new ones share so many buckets.
const SHARED_BUCKETS: u64 = 4_096;
/// A table is counted every so many checks.
const LOOKS_APART: u64 = 256;
/// A full table is searched for stale keys at most so often.
const PRUNE_AT_MOST_EVERY: Duration = Duration::from_secs(1);
/// How often [`Limits::prune`] is to be called.
pub const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// Frames over so many times the connection's limit ...
const ABUSE_FACTOR: u32 = 10;
/// ... for so many seconds on end are abuse.
const ABUSE_SECONDS: usize = 10;

/// The limits that are shared by all connections of this process.
#[derive(Debug)]
pub struct Limits {
    frames: Rate,
    addresses: Keyed,
    accounts: Keyed,
    conversations: Keyed,
    guesses: Guesses,
    hasher: RandomState,
}

impl Limits {
    /// Limits with these numbers, nothing used up yet.
    pub fn new(settings: &LimitSettings) -> Self {
        Self {
            frames: settings.frames_per_connection,
            addresses: Keyed::new(settings.connects_per_address, Scope::Address),
            accounts: Keyed::new(settings.sends_per_account, Scope::Account),
            conversations: Keyed::new(settings.sends_per_conversation, Scope::Conversation),
            guesses: Guesses::new(settings.sign_in_guesses),
            hasher: RandomState::new(),
        }
    }

    /// One more connection from this address. An IPv6 network of 64 bits counts as one address: a household has as many.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Refusal> {
        self.addresses.check(self.hasher.hash_one(network(address)))
    }

    /// One more message from this account, on whichever device.
    pub fn check_account(&self, account: AccountId) -> Result<(), Refusal> {
        self.accounts.check(self.hasher.hash_one(account))
    }

    /// One more message in this conversation, whoever sends it.
    pub fn check_conversation(&self, conversation: ConversationId) -> Result<(), Refusal> {
        self.conversations.check(self.hasher.hash_one(conversation))
    }

    /// The limit of one connection's frames. It belongs to the connection, so it needs no key.
    pub fn connection(&self) -> ConnectionLimit {
        ConnectionLimit::new(self.frames)
    }

    /// One more guess at this account's password. Count it before the password is looked at, so that guesses at the same time
    /// are all counted, and take it back with [`Limits::guessed_right`]. Give the name as accounts are looked up by it.
    pub fn check_guess(&self, username: &str) -> Result<(), Refusal> {
        self.guesses.check(self.hasher.hash_one(username), Instant::now())
    }

    /// The last guess was right, so it was none. The wrong ones before it still count.
    pub fn guessed_right(&self, username: &str) {
        self.guesses.take_back(self.hasher.hash_one(username));
    }

    /// Forgets keys that have nothing used up. To be called every [`PRUNE_EVERY`].
    pub fn prune(&self) {
        for keyed in [&self.addresses, &self.accounts, &self.conversations] {
            keyed.limiter.retain_recent();
            keyed.limiter.shrink_to_fit();
        }
        self.guesses.prune(Instant::now());
    }
}

/// What an address is counted as: an IPv4 address, or the first 64 bits of an IPv6 address.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

fn quota(rate: Rate) -> Quota {
    let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(rate.per_second)).allow_burst(at_least_one(rate.burst))
}

fn refusal(scope: Scope, wait: Duration) -> Refusal {
    // Rounded up: who comes back exactly then is let through.
    Refusal::rate_limited(scope, wait.as_micros().div_ceil(1_000) as u64)
}

fn over(scope: Scope, until: &NotUntil<<DefaultClock as Clock>::Instant>) -> Refusal {
    refusal(scope, until.wait_time_from(DefaultClock::default().now()))
}

/// One limit for each key. Keys are hashes with a secret of this process, so nobody can choose two that meet.
#[derive(Debug)]
struct Keyed {
    limiter: governor::DefaultKeyedRateLimiter<u64>,
    scope: Scope,
    room: Room,
}

impl Keyed {
    fn new(rate: Rate, scope: Scope) -> Self {
        Self { limiter: RateLimiter::keyed(quota(rate)), scope, room: Room::new(KEYS_MAX) }
    }

    fn check(&self, key: u64) -> Result<(), Refusal> {
        let full = self.room.is_full(|| self.limiter.len(), || self.limiter.retain_recent());
        let key = if full { key % SHARED_BUCKETS } else { key };
        self.limiter.check_key(&key).map_err(|until| over(self.scope, &until))
    }
}

/// Whether a table has room for another key; looks for stale keys when it has not. To count a table means to lock all of it,
/// so that is done every [`LOOKS_APART`] checks only, and the table may go over by as many.
#[derive(Debug)]
struct Room {
    max: usize,
    looks: AtomicU64,
    full: AtomicBool,
    began: Instant,
    pruned_ms: AtomicU64,
}

impl Room {
    fn new(max: usize) -> Self {
        Self {
            max,
            looks: AtomicU64::new(0),
            full: AtomicBool::new(false),
            began: Instant::now(),
            pruned_ms: AtomicU64::new(0),
        }
    }

    fn is_full(&self, len: impl Fn() -> usize, prune: impl FnOnce()) -> bool {
        if self.looks.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOKS_APART) {
            self.full.store(self.look(len, prune), Ordering::Relaxed);
        }
        self.full.load(Ordering::Relaxed)
    }

    fn look(&self, len: impl Fn() -> usize, prune: impl FnOnce()) -> bool {
        if len() < self.max {
            return false;
        }
        let now = self.began.elapsed().as_millis() as u64;
        let last = self.pruned_ms.load(Ordering::Relaxed);
        let due = now.saturating_sub(last) >= PRUNE_AT_MOST_EVERY.as_millis() as u64;
        if due && self.pruned_ms.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            prune();
        }
        len() >= self.max
    }
}

/// What becomes of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frames {
    /// Within the limit.
    Within,
    /// Over it: refuse the frame, keep the connection.
    Over(Refusal),
    /// Ten times over it for ten seconds: close with [`handrail_domain::wire::Close::RateAbuse`].
    Abuse,
}

/// The limit of one connection's frames, with an eye for abuse.
#[derive(Debug)]
pub struct ConnectionLimit {
    limiter: RateLimiter<NotKeyed, InMemoryState, DefaultClock, NoOpMiddleware<<DefaultClock as Clock>::Instant>>,
    abuse: Abuse,
}

impl ConnectionLimit {
    fn new(rate: Rate) -> Self {
        let limiter: DefaultDirectRateLimiter = RateLimiter::direct(quota(rate));
        Self { limiter, abuse: Abuse::new(rate, Instant::now()) }
    }

    /// One more frame from the client.
    pub fn check(&mut self) -> Frames {
        match self.limiter.check() {
            // Within the limit it cannot be abuse, and the busy path asks the clock once.
            Ok(()) => {
                self.abuse.within += 1;
                Frames::Within
            }
            Err(_) if self.abuse.over(Instant::now()) => Frames::Abuse,
            Err(until) => Frames::Over(over(Scope::Connection, &until)),
        }
    }
}

/// Counts frames by the second, for the last ten seconds.
#[derive(Debug)]
struct Abuse {
    /// Over this many in every one of the seconds ...
    each: u32,
    /// ... and at least this many in all of them.
    all: u32,
    began: Instant,
    second: u64,
    /// Frames within the limit since the last that was over it.
    within: u32,
    counts: [u32; ABUSE_SECONDS + 1],
}

impl Abuse {
    fn new(rate: Rate, now: Instant) -> Self {
        let all = rate.per_second.saturating_mul(ABUSE_FACTOR).saturating_mul(ABUSE_SECONDS as u32);
        Self { each: rate.per_second, all, began: now, second: 0, within: 0, counts: [0; ABUSE_SECONDS + 1] }
    }

    /// One more frame over the limit. Whether the ten whole seconds before this one were full of them.
    fn over(&mut self, now: Instant) -> bool {
        const KEPT: usize = ABUSE_SECONDS + 1;
        let second = now.saturating_duration_since(self.began).as_secs();
        let passed = (second - self.second).min(KEPT as u64) as usize;
        // The last place is the second that is not over yet.
        self.counts.rotate_left(passed % KEPT);
        self.counts[KEPT - passed..].fill(0);
        self.second = second;
        self.counts[ABUSE_SECONDS] =
            self.counts[ABUSE_SECONDS].saturating_add(1).saturating_add(std::mem::take(&mut self.within));
        let whole = &self.counts[..ABUSE_SECONDS];
        whole.iter().all(|count| *count > self.each)
            && whole.iter().fold(0, |sum: u32, count| sum.saturating_add(*count)) >= self.all
    }
}

/// Guesses at passwords: never more than the limit within any stretch of its length, so the moments themselves are kept.
#[derive(Debug)]
struct Guesses {
    limit: GuessLimit,
    by_name: Mutex<HashMap<u64, VecDeque<Instant>>>,
}

impl Guesses {
    fn new(limit: GuessLimit) -> Self {
        Self { limit, by_name: Mutex::default() }
    }

    fn check(&self, name: u64, now: Instant) -> Result<(), Refusal> {
        let mut by_name = self.lock();
        let full = by_name.len() >= KEYS_MAX;
        let key = if full && !by_name.contains_key(&name) { name % SHARED_BUCKETS } else { name };
        let guesses = by_name.entry(key).or_default();
        let window = self.limit.window();
        while guesses.front().is_some_and(|at| now.saturating_duration_since(*at) >= window) {
            guesses.pop_front();
        }
        if guesses.len() < self.limit.guesses as usize {
            guesses.push_back(now);
            return Ok(());
        }
        let oldest = guesses.front().copied().unwrap_or(now);
        Err(refusal(Scope::Account, window.saturating_sub(now.saturating_duration_since(oldest))))
    }

    fn take_back(&self, name: u64) {
        let mut by_name = self.lock();
        if let Some(guesses) = by_name.get_mut(&name) {
            guesses.pop_back();
            if guesses.is_empty() {
                by_name.remove(&name);
            }
        }
    }

    fn prune(&self, now: Instant) {
        let window = self.limit.window();
        let fresh = |at: &Instant| now.saturating_duration_since(*at) < window;
        self.lock().retain(|_, guesses| guesses.back().is_some_and(fresh));
    }

    /// Nothing panics while the lock is held, so a poisoned one still guards a whole table.
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, VecDeque<Instant>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits::new(&LimitSettings::default())
    }

    fn let_through(mut check: impl FnMut() -> Result<(), Refusal>) -> (usize, Refusal) {
        for count in 0..10_000 {
            if let Err(refusal) = check() {
                return (count, refusal);
            }
        }
        panic!("no limit")
    }

    #[test]
    fn a_burst_is_let_through_and_the_next_one_is_told_when_to_come_back() {
        let limits = limits();
        let account = AccountId::from_bits(1);
        let (count, refusal) = let_through(|| limits.check_account(account));
        // A slow machine may take long enough for one more.
        assert!((15..=17).contains(&count), "{count}");
        assert_eq!(refusal.scope, Some(Scope::Account));
        let wait = refusal.retry_after_ms.unwrap();
        assert!((1..=200).contains(&wait), "{wait}");
        std::thread::sleep(Duration::from_millis(wait));
        assert_eq!(limits.check_account(account), Ok(()));
        assert_eq!(limits.check_account(AccountId::from_bits(2)), Ok(()), "another account has its own limit");
    }

    #[test]
    fn each_limit_names_its_scope() {
        let limits = limits();
        let conversation = ConversationId::from_bits(1);
        assert_eq!(let_through(|| limits.check_conversation(conversation)).1.scope, Some(Scope::Conversation));
        let address = "203.0.113.9".parse().unwrap();
        let (count, refusal) = let_through(|| limits.check_address(address));
        assert!((50..=52).contains(&count), "{count}");
        assert_eq!(refusal.scope, Some(Scope::Address));
    }

    #[test]
    fn a_home_network_counts_as_one_address() {
        let net = |text: &str| network(text.parse().unwrap());
        assert_eq!(net("2001:db8:1:2:aaaa::1"), net("2001:db8:1:2:bbbb::2"));
        assert_ne!(net("2001:db8:1:2::1"), net("2001:db8:1:3::1"));
        assert_eq!(net("::ffff:192.0.2.7"), net("192.0.2.7"));
    }

    #[test]
    fn frames_over_the_limit_are_refused_and_the_connection_stays() {
        let mut connection = limits().connection();
        for _ in 0..60 {
            assert_eq!(connection.check(), Frames::Within);
        }
        let over = (0..10).map(|_| connection.check()).find(|frames| *frames != Frames::Within).unwrap();
        let Frames::Over(refusal) = over else { panic!("{over:?}") };
        assert_eq!(refusal.scope, Some(Scope::Connection));
    }

    fn abused_after(per_second: impl Fn(u64) -> u64, seconds: u64) -> Option<u64> {
        let began = Instant::now();
        let mut abuse = Abuse::new(Rate { per_second: 30, burst: 60 }, began);
        for second in 0..seconds {
            let many = per_second(second);
            for n in 0..many {
                let at = began + Duration::from_secs(second) + Duration::from_micros(1_000_000 * n / many);
                if abuse.over(at) {
                    return Some(second);
                }
            }
        }
        None
    }

    #[test]
    fn ten_times_the_limit_for_ten_seconds_is_abuse() {
        assert_eq!(abused_after(|_| 300, 60), Some(10));
        assert_eq!(abused_after(|_| 5_000, 60), Some(10));
        assert_eq!(abused_after(|second| if second.is_multiple_of(2) { 290 } else { 320 }, 60), Some(10));
    }

    #[test]
    fn less_or_shorter_is_not_abuse() {
        assert_eq!(abused_after(|_| 250, 60), None);
        assert_eq!(abused_after(|second| if second == 3 { 9_000 } else { 20 }, 60), None);
        assert_eq!(abused_after(|second| if second % 10 < 9 { 1_000 } else { 0 }, 60), None);
        assert_eq!(abused_after(|second| if second % 20 < 9 { 1_000 } else { 0 }, 60), None);
    }

    #[test]
    fn a_password_can_be_guessed_ten_times_in_five_minutes_and_no_more() {
        let guesses = Guesses::new(GuessLimit::default());
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        for n in 0..10 {
            assert_eq!(guesses.check(1, at(n * 10)), Ok(()));
        }
        let refusal = guesses.check(1, at(100)).unwrap_err();
        assert_eq!((refusal.scope, refusal.retry_after_ms), (Some(Scope::Account), Some(200_000)));
        assert_eq!(guesses.check(2, at(100)), Ok(()), "another account has its own guesses");
        assert_eq!(guesses.check(1, at(300)), Ok(()), "the first guess is five minutes old");
        assert!(guesses.check(1, at(301)).is_err(), "the second is not");
        guesses.prune(at(700));
        assert!(guesses.lock().is_empty());
    }

    #[test]
    fn a_right_password_takes_back_its_own_guess_only() {
        let limits = limits();
        for _ in 0..9 {
            limits.check_guess("sam").unwrap();
        }
        for _ in 0..50 {
            limits.check_guess("sam").unwrap();
            limits.guessed_right("sam");
        }
        limits.check_guess("sam").unwrap();
        assert!(limits.check_guess("sam").is_err());
    }

    #[test]
    fn a_flood_of_made_up_keys_fills_a_bounded_table_and_all_stay_limited() {
        let mut keyed = Keyed::new(Rate { per_second: 1, burst: 1_000 }, Scope::Address);
        keyed.room = Room::new(1_000);
        let mut refused = 0;
        for key in 0..2_000_000_u64 {
            refused += usize::from(keyed.check(key.wrapping_mul(0x9E37_79B9_7F4A_7C15)).is_err());
            if refused > 0 && key > 200_000 {
                break;
            }
        }
        assert!(
            keyed.limiter.len() <= 1_000 + LOOKS_APART as usize + SHARED_BUCKETS as usize,
            "{}",
            keyed.limiter.len()
        );

        let guesses = Guesses::new(GuessLimit::default());
        let now = Instant::now();
        for name in 0..(KEYS_MAX as u64 + 100_000) {
            let _ = guesses.check(name.wrapping_mul(0x9E37_79B9_7F4A_7C15), now);
        }
        assert!(guesses.lock().len() <= KEYS_MAX + SHARED_BUCKETS as usize);
    }
}
