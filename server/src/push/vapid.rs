//! Saying who we are to a push service: RFC 8292, a token signed with ES256 that names the service it is for and ends soon.

use super::endpoint::Endpoint;
use crate::fresh;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

/// How long a token holds, in seconds; the standard allows a day.
const TOKEN_S: i64 = 12 * 60 * 60;

/// The key of this service: all nodes have the same, or devices would not know them.
pub(super) struct Key {
    pair: EcdsaKeyPair,
    /// Whom a push service may write to about us: an `https:` or `mailto:` address.
    contact: Option<String>,
}

/// A fresh key, as it is kept: PKCS #8 in base64.
pub(super) fn fresh_key() -> anyhow::Result<String> {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
        .map_err(|_| anyhow::anyhow!("no key for push services could be made"))?;
    Ok(STANDARD.encode(made.as_ref()))
}

impl Key {
    /// Reads a key as it is kept.
    pub(super) fn read(kept: &str, contact: Option<String>) -> anyhow::Result<Self> {
        let broken = || anyhow::anyhow!("the key for push services that the record keeps cannot be read");
        let bytes = STANDARD.decode(kept).map_err(|_| broken())?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes, &SystemRandom::new());
        Ok(Self { pair: pair.map_err(|_| broken())?, contact })
    }

    /// The public key as browsers and push services take it.
    pub(super) fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key())
    }

    /// The `Authorization` for a notification to this device (RFC 8292, section 3).
    pub(super) fn authorization(&self, to: &Endpoint) -> anyhow::Result<String> {
        let mut claims = serde_json::json!({ "aud": to.origin(), "exp": fresh::now().0 / 1_000 + TOKEN_S });
        if let Some(contact) = &self.contact {
            claims["sub"] = contact.clone().into();
        }
        let part = |json: &[u8]| URL_SAFE_NO_PAD.encode(json);
        let signed = format!("{}.{}", part(br#"{"typ":"JWT","alg":"ES256"}"#), part(claims.to_string().as_bytes()));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), signed.as_bytes())
            .map_err(|_| anyhow::anyhow!("a token for a push service could not be signed"))?;
        Ok(format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature), self.public()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    fn said(contact: Option<&str>) -> (Value, String, Key) {
        let key = Key::read(&fresh_key().unwrap(), contact.map(str::to_owned)).unwrap();
        let to = Endpoint::parse("https://push.example.org/a/b?c").unwrap();
        let said = key.authorization(&to).unwrap();
        let token = said.strip_prefix("vapid t=").unwrap().split(", k=").next().unwrap().to_owned();
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        (serde_json::from_slice(&claims).unwrap(), token, key)
    }

    #[test]
    fn a_token_is_for_one_service_ends_within_a_day_and_names_whom_to_write_to() {
        let (claims, ..) = said(Some("mailto:team@example.org"));
        assert_eq!(claims["aud"], "https://push.example.org");
        assert_eq!(claims["sub"], "mailto:team@example.org");
        let left = claims["exp"].as_i64().unwrap() - fresh::now().0 / 1_000;
        assert!((TOKEN_S - 5..=24 * 60 * 60).contains(&left), "{left}");
        assert_eq!(said(None).0.get("sub"), None);
    }

    #[test]
    fn a_token_is_signed_with_the_key_that_it_names() {
        let (_, token, key) = said(None);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let public = URL_SAFE_NO_PAD.decode(key.public()).unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let verifier = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &public);
        assert!(verifier.verify(signed.as_bytes(), &signature).is_ok());
        assert!(verifier.verify(b"something else", &signature).is_err());
    }
}
