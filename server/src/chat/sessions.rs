//! Signing in and out. Passwords are argon2id hashes, session tokens are kept as SHA-256; both are compared even when there
//! is nobody of that name, so that the answer takes as long.

use super::second_step::{Given, Proof, StepShown, take_step};
use super::{Chat, Signed};
use crate::fresh;
use crate::store::Scope;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use handrail_domain::event::{Event, Hash, SessionAct, What};
use handrail_domain::ids::AccountId;
use handrail_domain::people::Account;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::second_step::{StepState, step_state};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::SessionView;
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Argon2id as OWASP's Password Storage Cheat Sheet sets it: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at once; each takes 19 MiB. Who waits longer than [`HASH_WAIT_MAX`] is told to try again.
const HASHES_MAX: usize = 4;
const HASH_WAIT_MAX: Duration = Duration::from_secs(10);
/// The longest password that is hashed at all, in bytes.
const PASSWORD_BYTES_MAX: usize = 512;

/// Turns for hashing.
pub struct Hashes(Arc<Semaphore>);

impl Default for Hashes {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(HASHES_MAX)))
    }
}

/// A session that has begun.
pub struct SignedUp {
    /// Who, and their session.
    pub signed: Signed,
    /// The token, which is nowhere kept.
    pub token: String,
    /// What shows that a code was given, where one was.
    pub proof: Option<Proof>,
}

/// What somebody says as they arrive, beside who they are.
#[derive(Default)]
pub struct Arriving {
    /// What they give for their second step.
    pub step: Option<StepShown>,
    /// That the device is their own phone.
    pub own_phone: bool,
}

/// The hash that a token is kept as.
pub fn token_hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

/// Enough of a session's hash to find its sockets by.
pub fn session_name(session: &Hash) -> String {
    session[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn argon2() -> Argon2<'static> {
    // The constants are within the algorithm's bounds, so the default is never taken.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of a password. Takes tens of milliseconds of one core.
pub fn hash_password(password: &str) -> Result<String, Refusal> {
    argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|error| {
        tracing::error!(%error, "a password could not be hashed");
        Code::Internal.into()
    })
}

fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

/// What the password of nobody is compared with.
fn nobody() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hash_password(&fresh::token(32)).unwrap_or_default())
}

impl Chat {
    /// Signs in. An unknown name and a wrong password get the same answer after the same work; who knows the password and has a second
    /// step is asked for its code.
    pub async fn sign_in(&self, username: String, password: String, arriving: Arriving) -> Result<SignedUp, Refusal> {
        let account = self.whose_password(username, password).await?;
        let gave_step = arriving.step.is_some();
        let begun = self.begin_session(account.clone(), arriving).await;
        if gave_step && begun.as_ref().is_err_and(|refusal| refusal.code == Code::CodeNeeded) {
            self.note_refused(Some(account));
        }
        begun
    }

    /// Whose name and password these are.
    pub(super) async fn whose_password(&self, username: String, password: String) -> Result<Account, Refusal> {
        let found = self.read(move |record| record.credentials(&username)).await?;
        let turn = tokio::time::timeout(HASH_WAIT_MAX, self.hashes.0.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Code::Unavailable)?.map_err(|_| Code::Internal)?;
        let checked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            // Who has not come in yet has no password; that takes as long as a wrong one.
            let known = found.as_ref().map(|found| found.password.clone()).filter(|hash| !hash.is_empty());
            let hash = known.unwrap_or_else(|| nobody().to_owned());
            let right = password.len() <= PASSWORD_BYTES_MAX && verify(&password, &hash);
            match found.map(|found| found.account) {
                Some(account) if right && !account.disabled => Ok(account),
                known => Err(known),
            }
        });
        checked.await.map_err(|_| Code::Internal)?.map_err(|known| {
            self.note_refused(known);
            Code::Unauthenticated.into()
        })
    }

    /// Writes into the log that somebody did not get into an account. Nobody waits for it: an answer must not tell by its time that there
    /// is such an account.
    fn note_refused(&self, known: Option<Account>) {
        let Some(account) = known else { return };
        let noted = self.store.write(Scope::Own, move |tx| {
            let refused = session_event(&account, SessionAct::Refuse, &Hash::default(), fresh::now());
            Ok(tx.append(refused)?)
        });
        tokio::spawn(async move {
            if noted.await.is_err() {
                tracing::warn!("a refused sign-in could not be logged");
            }
        });
    }

    /// The hash of a password, when there is a turn for it.
    pub(super) async fn hash_in_turn(&self, password: String) -> Result<String, Refusal> {
        let turn = tokio::time::timeout(HASH_WAIT_MAX, self.hashes.0.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Code::Unavailable)?.map_err(|_| Code::Internal)?;
        let hashed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            hash_password(&password)
        });
        hashed.await.map_err(|_| Code::Internal)?
    }

    /// Begins a session, once the second step of whoever has one is taken.
    pub(super) async fn begin_session(&self, account: Account, arriving: Arriving) -> Result<SignedUp, Refusal> {
        let Arriving { step, own_phone } = arriving;
        let of = account.id;
        let set = self.read(move |record| record.second_step(of)).await?.is_some_and(|step| step.since().is_some());
        let given = match (set, step) {
            (false, _) => None,
            (true, None) => return Err(Code::CodeNeeded.into()),
            (true, Some(step)) => Some(Given::read(step).ok_or(Code::CodeNeeded)?),
        };
        let token = fresh::token(43);
        let session = token_hash(&token);
        let now = fresh::now();
        let length_ms = i64::try_from(self.lengths.of(account.role).absolute.as_millis()).unwrap_or(i64::MAX);
        let expires_at = Some(now.plus_ms(length_ms));
        let proof = set.then(|| Proof::new(now));
        let (who, shown) = (account.clone(), proof.as_ref().map(Proof::hash));
        self.write(Scope::Own, move |tx| {
            tx.add_session(&session, who.id, now, expires_at)?;
            tx.used(who.id, now)?;
            if own_phone {
                tx.on_own_phone(&session)?;
            }
            if let (Some(given), Some(proof)) = (given, shown) {
                take_step(tx, who.id, &given, now)?;
                tx.prove_session(&session, &proof, now)?;
            }
            Ok(tx.append(session_event(&who, SessionAct::SignIn, &session, now))?)
        })
        .await?;
        let second_step = step_state(account.role, self.lengths.second_step, set);
        let signed = Signed { account, session, expires_at, second_step, proof: shown.zip(Some(now)) };
        Ok(SignedUp { signed, token, proof })
    }

    /// Whose token this is, if it is anybody's now who may do something.
    pub async fn session(&self, token: &str) -> Result<Signed, Refusal> {
        let signed = self.any_session(token).await?;
        if signed.second_step == StepState::Missing { Err(Code::CodeNeeded.into()) } else { Ok(signed) }
    }

    /// Whose token this is, if it is anybody's now, also of staff who have no second step yet.
    pub async fn any_session(&self, token: &str) -> Result<Signed, Refusal> {
        let session = token_hash(token);
        let row = self.read(move |record| record.session(&session)).await?.ok_or(Code::Unauthenticated)?;
        let over = row.expires_at.is_some_and(|at| at <= fresh::now());
        if over || row.account.disabled {
            return Err(Code::Unauthenticated.into());
        }
        let second_step = step_state(row.account.role, self.lengths.second_step, row.second_step);
        Ok(Signed { account: row.account, session, expires_at: row.expires_at, second_step, proof: row.proof })
    }

    /// Signs out: the session ends, and with it its sockets.
    pub async fn sign_out(&self, who: &Signed) -> Result<(), Refusal> {
        let (account, session) = (who.account.clone(), who.session);
        self.write(Scope::Devices, move |tx| {
            if tx.end_session(&session)? {
                tx.append(session_event(&account, SessionAct::SignOut, &session, fresh::now()))?;
            }
            Ok(())
        })
        .await
    }

    /// Where this person is signed in.
    pub async fn sessions(&self, who: &Signed) -> Result<Vec<SessionView>, Refusal> {
        let (account, own, now) = (who.account.id, who.session, fresh::now());
        let open = self.read(move |record| record.open_sessions(account, now)).await?;
        let view = |(session, since, expires_at)| SessionView { this: session == own, since, expires_at };
        Ok(open.into_iter().map(view).collect())
    }

    /// Signs out on every device: all sessions end, and with them their sockets.
    pub async fn sign_out_everywhere(&self, who: &Signed) -> Result<(), Refusal> {
        let account = who.account.clone();
        self.write(Scope::Devices, move |tx| {
            let now = fresh::now();
            tx.drop_devices(account.id)?;
            for (session, ..) in tx.open_sessions(account.id, now)? {
                if tx.end_session(&session)? {
                    tx.append(session_event(&account, SessionAct::SignOut, &session, now))?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Drops sessions whose time is over.
    pub async fn sweep_sessions(&self) -> Result<u64, Refusal> {
        self.write(Scope::Own, |tx| Ok(tx.sweep_sessions(fresh::now())?)).await
    }

    /// A session without an end, for the demonstration's accounts: its token survives restarts.
    pub async fn lasting_session(&self, account: AccountId) -> Result<String, Refusal> {
        let token = fresh::token(43);
        let session = token_hash(&token);
        self.write(Scope::Own, move |tx| Ok(tx.add_session(&session, account, fresh::now(), None)?)).await?;
        Ok(token)
    }
}

pub(super) fn session_event(account: &Account, act: SessionAct, session: &Hash, at: Timestamp) -> Event {
    Event {
        at,
        site: account.site,
        conversation: None,
        message: None,
        actor: Some(account.id),
        accounts: Vec::new(),
        queue: false,
        what: What::Session { account: account.id, act, session: session_name(session) },
    }
}
