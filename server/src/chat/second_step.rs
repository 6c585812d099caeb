//! The second step of a sign-in: setting it, giving its codes, and taking it away from who has lost it.

use super::passkeys::{self, Assertion};
use super::sessions::{session_event, token_hash};
use super::{Chat, Signed};
use crate::fresh;
use crate::store::{Failure, SECRET_BYTES, Scope, SecondStepRow, Secret, Tx};
use handrail_domain::event::{AccountAct, Event, Hash, SessionAct, What};
use handrail_domain::ids::AccountId;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::scheme::invite;
use handrail_domain::second_step::{PROOF_MS, SPARE_CODES, STEP_SECONDS, StepState, is_fresh};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{SecondStepBegun, SecondStepView, SpareCodes};
use qrcodegen::{QrCode, QrCodeEcc};
use totp_rs::{Algorithm, Builder, Totp};

/// Digits of a code, as every app makes them.
const DIGITS: u8 = 6;
/// Steps of time before and after this one whose codes are taken too, for clocks that differ (RFC 6238, 5.2).
const SKEW: u16 = 1;
/// Who asks for the codes, as the person's app names it.
const ISSUER: &str = "Handrail";

/// What shows that a code was given: a token of its own, so that whoever had the session's before cannot do what it allows.
pub struct Proof {
    /// The token, which is nowhere kept.
    pub token: String,
    /// Until when it counts.
    pub until: Timestamp,
}

impl Proof {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { token: fresh::token(43), until: now.plus_ms(PROOF_MS) }
    }

    pub(super) fn hash(&self) -> Hash {
        token_hash(&self.token)
    }
}

/// What somebody gives for their second step.
pub enum StepShown {
    /// A code as it was typed: of the app, or a spare one.
    Code(String),
    /// What a device of theirs signed.
    Passkey(Assertion),
}

/// The same, read.
pub(super) enum Given {
    /// A code of the app.
    App(String),
    /// A spare one, as its hash.
    Spare(Hash),
    /// A passkey.
    Passkey(Box<Assertion>),
}

impl Given {
    /// Nothing, if it cannot be one.
    pub(super) fn read(step: StepShown) -> Option<Self> {
        match step {
            StepShown::Code(text) => Self::typed(&text),
            StepShown::Passkey(assertion) => Some(Self::Passkey(Box::new(assertion))),
        }
    }

    fn typed(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() == usize::from(DIGITS) && digits.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self::App(digits));
        }
        invite::typed(text).map(|code| Self::Spare(token_hash(&code)))
    }
}

/// Takes what somebody gives for their second step: each counts once, whichever node is asked.
pub(super) fn take_step(tx: &mut Tx<'_>, of: AccountId, given: &Given, now: Timestamp) -> Result<(), Failure> {
    let taken = match given {
        Given::Spare(code) => tx.take_spare_code(of, code)?,
        Given::Passkey(assertion) => assertion.take(tx, of, now)?,
        Given::App(code) => {
            let secret = tx.second_step(of)?.and_then(|row| row.secret);
            match secret.and_then(|secret| step_of(&secret, code, now)) {
                Some(step) => tx.take_step(of, step)?,
                None => false,
            }
        }
    };
    if taken { Ok(()) } else { Err(Code::CodeNeeded.into()) }
}

fn app(secret: &Secret) -> Totp {
    let settings = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(DIGITS).with_skew(SKEW);
    // The constants and the length of a secret are within the standard's bounds, so nothing is left to check.
    settings.with_step_duration(STEP_SECONDS).with_secret(secret.to_vec()).build_noncompliant()
}

/// The step of time that a code stands for now.
fn step_of(secret: &Secret, code: &str, now: Timestamp) -> Option<i64> {
    let seconds = u64::try_from(now.0 / 1_000).ok()?;
    app(secret).check(code, seconds).and_then(|step| i64::try_from(step).ok())
}

/// What an app is told (Google Authenticator's key URI format, which all read). A username has no sign that would have to be escaped but `@`.
fn uri(username: &str, secret: &str) -> String {
    let username = username.replace('@', "%40");
    format!("otpauth://totp/{ISSUER}:{username}?secret={secret}&issuer={ISSUER}")
}

/// A picture of it, as rows of `0` and `1`.
fn picture(text: &str) -> Result<Vec<String>, Refusal> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| Code::Internal)?;
    let row = |y| (0..code.size()).map(|x| if code.get_module(x, y) { '1' } else { '0' }).collect();
    Ok((0..code.size()).map(row).collect())
}

impl Chat {
    /// How it stands with one's own second step.
    pub async fn second_step(&self, who: &Signed) -> Result<SecondStepView, Refusal> {
        let of = who.account.id;
        let (row, passkeys) =
            self.read(move |record| Ok((record.second_step(of)?, passkeys::views(record, of)?))).await?;
        let proved_at = who.proof.map(|(_, at)| at).filter(|at| is_fresh(*at, fresh::now()));
        Ok(SecondStepView {
            state: who.second_step,
            since: row.as_ref().and_then(SecondStepRow::since),
            app: row.as_ref().is_some_and(|row| row.secret.is_some()),
            passkeys,
            spare_codes: row.map_or(0, |row| row.spare),
            proved_until: proved_at.map(|at| at.plus_ms(PROOF_MS)),
        })
    }

    /// Begins to set a second step, or to set it anew: what the app needs. Nothing changes before a code of it is given.
    pub async fn begin_second_step(&self, who: &Signed, proof: Option<&str>) -> Result<SecondStepBegun, Refusal> {
        self.proved(who, proof)?;
        let (of, secret) = (who.account.id, fresh::bytes::<SECRET_BYTES>());
        let username = self.write(Scope::Own, move |tx| {
            tx.begin_second_step(of, &secret)?;
            Ok(tx.username(of)?)
        });
        let username = username.await?.ok_or(Code::NotFound)?;
        let typed = totp_rs::Secret::from(secret).to_base32();
        let uri = uri(&username, &typed);
        Ok(SecondStepBegun { secret: typed, picture: picture(&uri)?, uri })
    }

    /// Sets the second step that was begun, once a code of it shows that the app works.
    pub async fn confirm_second_step(
        &self,
        who: &Signed,
        proof: Option<&str>,
        code: &str,
    ) -> Result<(SpareCodes, Proof), Refusal> {
        self.proved(who, proof)?;
        let Some(Given::App(code)) = Given::typed(code) else { return Err(Code::CodeNeeded.into()) };
        let spare: Vec<String> = (0..SPARE_CODES).map(|_| invite::code(fresh::bits())).collect();
        let hashes: Vec<Hash> = spare.iter().map(|code| token_hash(code)).collect();
        let now = fresh::now();
        let proof = Proof::new(now);
        let (account, session, shown) = (who.account.clone(), who.session, proof.hash());
        self.write(Scope::Own, move |tx| {
            let pending = tx.second_step(account.id)?.and_then(|row| row.pending).ok_or(Code::NotYet)?;
            let step = step_of(&pending, &code, now).ok_or(Code::CodeNeeded)?;
            tx.set_second_step(account.id, step, &hashes, now)?;
            tx.prove_session(&session, &shown, now)?;
            let what = What::Account { account: account.id, act: AccountAct::SetSecondStep };
            let session = session_event(&account, SessionAct::Prove, &session, now);
            Ok(tx.append(Event { what, ..session })?)
        })
        .await?;
        Ok((SpareCodes { spare_codes: spare }, proof))
    }

    /// The second step again, for what matters.
    pub async fn prove(&self, who: &Signed, step: StepShown) -> Result<Proof, Refusal> {
        let given = Given::read(step).ok_or(Code::CodeNeeded)?;
        let now = fresh::now();
        let proof = Proof::new(now);
        let (account, session, shown) = (who.account.clone(), who.session, proof.hash());
        self.write(Scope::Own, move |tx| {
            take_step(tx, account.id, &given, now)?;
            tx.prove_session(&session, &shown, now)?;
            Ok(tx.append(session_event(&account, SessionAct::Prove, &session, now))?)
        })
        .await?;
        Ok(proof)
    }

    /// Whether somebody may do what matters: they gave a code just now, and show it; or they have no second step.
    pub fn proved(&self, who: &Signed, proof: Option<&str>) -> Result<(), Refusal> {
        let shown = proof.map(token_hash);
        let fresh = who.proof.is_some_and(|(hash, at)| shown == Some(hash) && is_fresh(at, fresh::now()));
        if who.second_step != StepState::Set || fresh { Ok(()) } else { Err(Code::CodeNeeded.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 6238, appendix B, for SHA-1, of which an app shows the last six digits.
    #[test]
    fn a_code_is_that_of_rfc_6238_and_one_step_early_or_late_is_taken() {
        let secret = *b"12345678901234567890";
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            let step = Some(seconds / 30);
            let at = |seconds: i64| step_of(&secret, code, Timestamp(seconds * 1_000));
            assert_eq!(at(seconds), step, "{seconds}");
            assert_eq!((at(seconds - 30), at(seconds + 30)), (step, step), "{seconds}");
            assert_eq!((at(seconds - 90), at(seconds + 90)), (None, None), "{seconds}");
        }
    }

    #[test]
    fn what_is_typed_is_a_code_of_the_app_or_a_spare_one_or_nothing() {
        assert!(matches!(Given::typed(" 123 456 "), Some(Given::App(code)) if code == "123456"));
        let spare = invite::code(7);
        let dashed = format!("{}-{}", &spare[..13], spare[13..].to_lowercase());
        assert!(matches!(Given::typed(&dashed), Some(Given::Spare(hash)) if hash == token_hash(&spare)));
        for text in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert!(Given::typed(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn an_app_is_told_whose_codes_and_the_picture_is_square() {
        let told = uri("sam@example.org", "MFRGG");
        assert_eq!(told, "otpauth://totp/Handrail:sam%40example.org?secret=MFRGG&issuer=Handrail");
        let picture = picture(&told).unwrap();
        assert!(picture.len() > 20 && picture.iter().all(|row| row.len() == picture.len()));
    }
}
