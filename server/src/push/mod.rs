//! Notifications: telling people's own phones, over the push services of their browsers, that something waits. What is sent says
//! only that; who is told, and when, was decided before (`chat/push.rs`, `domain/push.rs`). Nothing else of the product waits for
//! this module or fails with it.

mod endpoint;
mod hook;
mod link;
mod seal;
mod vapid;

pub use hook::Hook;

use crate::chat::{Asked, Chat, Signed};
use crate::config::PushSettings;
use crate::fresh;
use crate::telemetry::{Counter, metrics};
use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use endpoint::Services;
use futures_util::{StreamExt, stream};
use handrail_domain::push::{Answer, Device, Outcome, outcome};
use handrail_domain::refusal::{Code, Refusal, Scope};
use handrail_domain::wire::{PushAsked, PushState};
use std::sync::Arc;
use std::time::Duration;
use vapid::Key;

/// What is noted within so long is written down together: however many messages miss somebody, the record is asked five times a second.
const GATHER: Duration = Duration::from_millis(200);
/// The longest sleep, should another node have set an earlier time.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// Notifications under way at once.
const AT_ONCE: usize = 8;
/// A person may try a notification out so often, in milliseconds.
const TEST_EVERY_MS: i64 = 10_000;

/// What sends notifications.
pub struct Push {
    chat: Arc<Chat>,
    key: Key,
    services: Services,
    trust: Arc<rustls::ClientConfig>,
}

impl Push {
    /// Makes ready to send, with the key that all nodes share. Nothing, if the configuration turns it off.
    pub async fn start(
        chat: Arc<Chat>,
        settings: &PushSettings,
        origins: &[String],
    ) -> anyhow::Result<Option<Arc<Self>>> {
        if !settings.on {
            return Ok(None);
        }
        let kept = chat.push_key(vapid::fresh_key()?).await;
        let kept = kept.map_err(|refusal| anyhow::anyhow!("the key for push services: {}", refusal.code.as_str()))?;
        let https = || origins.iter().find(|origin| origin.starts_with("https://")).cloned();
        let key = Key::read(&kept, settings.contact.clone().or_else(https))?;
        let trust = Arc::new(crate::trust::client().context("the certificates that this machine trusts")?);
        chat.start_pushes();
        Ok(Some(Arc::new(Self { chat, key, services: Services::new(settings.services.clone()), trust })))
    }

    /// Sends what is due, for as long as it is polled.
    pub async fn keep(&self) {
        loop {
            let wait = self.round().await.unwrap_or_else(|refusal| {
                tracing::warn!(code = refusal.code.as_str(), "notifications wait: the record is out of reach");
                SLEEP_MAX
            });
            if tokio::time::timeout(wait, self.chat.noted()).await.is_ok() {
                tokio::time::sleep(GATHER).await;
            }
        }
    }

    /// Sends what is due now. Says how long nothing else will be.
    async fn round(&self) -> Result<Duration, Refusal> {
        self.chat.write_noted().await?;
        let due = self.chat.due_pushes().await?;
        let wait = Chat::until_due(&due, SLEEP_MAX);
        let told = stream::iter(due.devices).for_each_concurrent(AT_ONCE, |device| async {
            let outcome = outcome(self.tell(&device).await, device.tries);
            metrics().count(match outcome {
                Outcome::Told => Counter::Pushed,
                Outcome::Again(_) | Outcome::Missed | Outcome::Retire => Counter::PushesFailed,
            });
            if let Err(refusal) = self.chat.told(device, outcome).await {
                tracing::warn!(
                    code = refusal.code.as_str(),
                    "what came of a notification was not kept; it may come twice"
                );
            }
        });
        told.await;
        Ok(wait)
    }

    async fn tell(&self, device: &Device) -> Answer {
        // A service that is named no more is as good as gone.
        let Some(to) = self.services.reach(&device.endpoint) else { return Answer::Status(410, None) };
        let sealed = seal::seal(said(device).as_bytes(), &device.public_key, &device.secret);
        match (sealed, self.key.authorization(&to)) {
            (Ok(sealed), Ok(authorization)) => {
                link::deliver(&self.trust, &to, (&authorization, device.urgent), sealed).await
            }
            (Err(_), _) | (_, Err(_)) => {
                tracing::warn!("a notification could not be sealed; its device is retired");
                Answer::Status(410, None)
            }
        }
    }

    /// How it stands with the device that asks.
    pub async fn state(&self, who: &Signed) -> Result<PushState, Refusal> {
        let device = self.chat.told_device(who).await?;
        Ok(PushState { key: self.key.public(), on: device.is_some(), quiet: device.and_then(|device| device.quiet) })
    }

    /// The device that asks is told from now on.
    pub async fn subscribe(&self, who: &Signed, asked: PushAsked, origin: String) -> Result<(), Refusal> {
        let key = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let public_key = key(&asked.p256dh).and_then(|bytes| bytes.try_into().ok()).ok_or(Code::BadFrame)?;
        let secret = key(&asked.auth).and_then(|bytes| bytes.try_into().ok()).ok_or(Code::BadFrame)?;
        let possible = asked.quiet.is_none_or(|quiet| quiet.is_possible());
        // Whoever names a point that is none learns it now, and not from silence.
        let sealable = seal::seal(b"", &public_key, &secret).is_ok();
        if self.services.reach(&asked.endpoint).is_none() || !possible || !sealable {
            return Err(Code::BadFrame.into());
        }
        let PushAsked { endpoint, language, quiet, .. } = asked;
        self.chat.tell_device(who, Asked { endpoint, public_key, secret, origin, language, quiet }).await
    }

    /// Sends one now, so that a person sees what it looks like.
    pub async fn test(&self, who: &Signed) -> Result<(), Refusal> {
        let device = self.chat.told_device(who).await?.ok_or(Code::NotFound)?;
        let since = device.told_at.map_or(i64::MAX, |at| fresh::now().since_ms(at));
        if since < TEST_EVERY_MS {
            let wait = u64::try_from(TEST_EVERY_MS - since).unwrap_or(0);
            return Err(Refusal::rate_limited(Scope::Account, wait));
        }
        match outcome(self.tell(&device).await, 1) {
            outcome @ (Outcome::Told | Outcome::Retire) => {
                self.chat.told(device, outcome).await?;
                if outcome == Outcome::Told { Ok(()) } else { Err(Code::NotFound.into()) }
            }
            Outcome::Again(_) | Outcome::Missed => Err(Code::Unavailable.into()),
        }
    }
}

/// What a notification says, in the form of Declarative Web Push (WebKit, 2025), which a browser shows by itself; our own
/// worker reads the same.
fn said(device: &Device) -> String {
    serde_json::json!({
        "web_push": 8030,
        "notification": {
            "title": if device.urgent { device.language.needed_now() } else { device.language.something_new() },
            "lang": device.language.as_str(),
            "dir": "ltr",
            "tag": if device.urgent { "urgent" } else { "new" },
            "navigate": format!("{}/{}", device.origin, if device.urgent { "staff" } else { "" }),
            "silent": false,
        }
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use handrail_domain::ids::AccountId;
    use handrail_domain::push::Language;

    #[test]
    fn a_notification_says_that_something_is_new_and_nothing_else_and_always_fits() {
        let device = Device {
            session: [0; 32],
            account: AccountId::from_bits(1),
            endpoint: String::new(),
            public_key: [4; 65],
            secret: [0; 16],
            origin: format!("https://{}.example.org", "x".repeat(253)),
            language: Language::Cy,
            quiet: None,
            told_at: None,
            tries: 0,
            urgent: false,
        };
        let said = said(&device);
        assert!(said.len() <= seal::SAID_BYTES_MAX);
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["web_push"], 8030);
        assert_eq!(said["notification"]["title"], "Mae gen ti rywbeth newydd");
        assert_eq!(said["notification"]["navigate"], format!("{}/", device.origin));
        assert_eq!(said["notification"].get("body"), None);
    }
}
