//! Passkeys: making them, and checking what a device signed. What must be true of it is said in `domain/passkey.rs`; the signature is
//! checked here.

use super::second_step::Proof;
use super::sessions::{session_event, token_hash};
use super::{Chat, Signed};
use crate::fresh;
use crate::store::{Challenge, Failure, Reader, Scope, StoreError, Tx};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handrail_domain::event::{AccountAct, Event, Hash, SessionAct, What};
use handrail_domain::ids::AccountId;
use handrail_domain::passkey::{
    CHALLENGE_MS, Ceremony, ID_BYTES_MAX, NAME_CHARS_MAX, PASSKEYS_MAX, check_client, read_made, read_signed,
};
use handrail_domain::people::Account;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::scheme::invite;
use handrail_domain::second_step::SPARE_CODES;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{PasskeyAsked, PasskeyNew, PasskeyShown, PasskeyView, SpareCodes};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The longest of what a browser says of itself, in bytes: an origin and a challenge, with room.
const CLIENT_BYTES_MAX: usize = 2_048;
/// The longest answer of a device, in bytes: an id, a key, and extensions with room.
const DEVICE_BYTES_MAX: usize = 4_096;
/// The longest signature, in bytes: of P-256, in DER.
const SIGNATURE_BYTES_MAX: usize = 72;

/// What a device signed, read from text, and the pages of ours that it may have been asked on.
#[derive(Clone)]
pub struct Assertion {
    id: Vec<u8>,
    client: Vec<u8>,
    device: Vec<u8>,
    signature: Vec<u8>,
    origins: Arc<[String]>,
}

impl Assertion {
    /// Nothing, if it cannot be one.
    pub fn read(shown: &PasskeyShown, origins: &Arc<[String]>) -> Option<Self> {
        Some(Self {
            id: bytes(&shown.id, ID_BYTES_MAX)?,
            client: bytes(&shown.client_data, CLIENT_BYTES_MAX)?,
            device: bytes(&shown.authenticator_data, DEVICE_BYTES_MAX)?,
            signature: bytes(&shown.signature, SIGNATURE_BYTES_MAX)?,
            origins: origins.clone(),
        })
    }

    /// Takes it in place of a code: it is of somebody's own passkey, and signs what that was asked just now.
    pub(super) fn take(&self, tx: &mut Tx<'_>, of: AccountId, now: Timestamp) -> Result<bool, Failure> {
        let Some(challenge) = tx.take_challenge(of, now)? else { return Ok(false) };
        let Some(passkey) = tx.passkey(of, &self.id)? else { return Ok(false) };
        let client = check_client(&self.client, Ceremony::Get, &text(&challenge), &self.origins);
        let counted = client.and_then(|host| read_signed(&self.device, host, passkey.made.sign_count));
        let signed = [self.device.as_slice(), &Sha256::digest(&self.client)].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &passkey.made.public_key);
        match (counted, key.verify(&signed, &self.signature)) {
            (Ok(count), Ok(())) => {
                tx.used_passkey(&self.id, count, now)?;
                Ok(true)
            }
            (Err(_), _) | (_, Err(_)) => Ok(false),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str, most: usize) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| (1..=most).contains(&bytes.len()))
}

fn good_name(name: &str) -> Option<&str> {
    let name = name.trim();
    ((1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control)).then_some(name)
}

/// The passkeys of somebody, as they see them.
pub(super) fn views(record: &Reader<'_>, of: AccountId) -> Result<Vec<PasskeyView>, StoreError> {
    let all = record.passkeys(of)?.into_iter();
    Ok(all
        .map(|one| PasskeyView { id: text(&one.made.id), name: one.name, at: one.at, used_at: one.used_at })
        .collect())
}

impl Chat {
    /// What a device of theirs is asked to sign, so that they go on with a passkey.
    pub async fn ask_passkey(&self, of: &Account, host: &str) -> Result<PasskeyAsked, Refusal> {
        let (account, host, challenge) = (of.id, host.to_owned(), fresh::bytes());
        self.write(Scope::Own, move |tx| {
            let passkeys = tx.passkeys(account)?;
            tx.set_challenge(account, &challenge, fresh::now().plus_ms(CHALLENGE_MS))?;
            let username = tx.username(account)?.ok_or(Code::NotFound)?;
            let passkeys = passkeys.iter().map(|one| text(&one.made.id)).collect();
            Ok(PasskeyAsked { challenge: text(&challenge), host, account, username, passkeys })
        })
        .await
    }

    /// The same for who would sign in: their password is right, and they have passkeys.
    pub async fn ask_passkey_of(
        &self,
        username: String,
        password: String,
        host: &str,
    ) -> Result<PasskeyAsked, Refusal> {
        let account = self.whose_password(username, password).await?;
        let asked = self.ask_passkey(&account, host).await?;
        if asked.passkeys.is_empty() { Err(Code::CodeNeeded.into()) } else { Ok(asked) }
    }

    /// The same for a device that is to make a passkey.
    pub async fn begin_passkey(&self, who: &Signed, proof: Option<&str>, host: &str) -> Result<PasskeyAsked, Refusal> {
        self.proved(who, proof)?;
        self.ask_passkey(&who.account, host).await
    }

    /// Sets a passkey that a device has made. Whoever has no spare codes gets some.
    pub async fn add_passkey(
        &self,
        who: &Signed,
        proof: Option<&str>,
        new: &PasskeyNew,
        origins: &Arc<[String]>,
    ) -> Result<(SpareCodes, Proof), Refusal> {
        self.proved(who, proof)?;
        let name = good_name(&new.name).ok_or(Code::BadFrame)?.to_owned();
        let client = bytes(&new.client_data, CLIENT_BYTES_MAX).ok_or(Code::BadFrame)?;
        let device = bytes(&new.authenticator_data, DEVICE_BYTES_MAX).ok_or(Code::BadFrame)?;
        let spare: Vec<String> = (0..SPARE_CODES).map(|_| invite::code(fresh::bits())).collect();
        let hashes: Vec<Hash> = spare.iter().map(|code| token_hash(code)).collect();
        let (now, origins) = (fresh::now(), origins.clone());
        let proof = Proof::new(now);
        let (account, session, shown) = (who.account.clone(), who.session, proof.hash());
        let first = self.write(Scope::Own, move |tx| {
            let challenge: Challenge = tx.take_challenge(account.id, now)?.ok_or(Code::CodeNeeded)?;
            let host =
                check_client(&client, Ceremony::Create, &text(&challenge), &origins).map_err(|_| Code::CodeNeeded)?;
            let made = read_made(&device, host).map_err(|_| Code::CodeNeeded)?;
            if tx.knows_passkey(&made.id)? || tx.passkeys(account.id)?.len() >= PASSKEYS_MAX {
                return Err(Code::NotYet.into());
            }
            tx.add_passkey(account.id, &made, &name, now)?;
            let first = tx.second_step(account.id)?.is_none_or(|row| row.spare == 0);
            if first {
                tx.set_spare_codes(account.id, &hashes)?;
            }
            tx.prove_session(&session, &shown, now)?;
            let what = What::Account { account: account.id, act: AccountAct::SetSecondStep };
            let session = session_event(&account, SessionAct::Prove, &session, now);
            tx.append(Event { what, ..session })?;
            Ok(first)
        });
        let spare_codes = if first.await? { spare } else { Vec::new() };
        Ok((SpareCodes { spare_codes }, proof))
    }

    /// One's own passkey is no more. Nobody takes the last second step from themselves: that is for two colleagues.
    pub async fn drop_passkey(&self, who: &Signed, id: &str) -> Result<(), Refusal> {
        let id = bytes(id, ID_BYTES_MAX).ok_or(Code::NotFound)?;
        let account = who.account.clone();
        let session = who.session;
        self.write(Scope::Own, move |tx| {
            if !tx.drop_passkey(account.id, &id)? {
                return Err(Code::NotFound.into());
            }
            if tx.second_step(account.id)?.is_none_or(|row| row.since().is_none()) {
                return Err(Code::NotYet.into());
            }
            let what = What::Account { account: account.id, act: AccountAct::DropPasskey };
            let event = session_event(&account, SessionAct::Prove, &session, fresh::now());
            Ok(tx.append(Event { what, ..event })?)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line_and_bytes_are_of_base64url_and_not_too_many() {
        assert_eq!(good_name("  My laptop "), Some("My laptop"));
        for name in ["", "  ", "two\nlines", &"x".repeat(41)] {
            assert_eq!(good_name(name), None, "{name:?}");
        }
        assert_eq!(bytes("_-8", 2), Some(vec![0xff, 0xef]));
        for (text, most) in [("", 2), ("_-8", 1), ("_-8=", 2), ("+/8", 2), ("!", 2)] {
            assert_eq!(bytes(text, most), None, "{text}");
        }
    }
}
