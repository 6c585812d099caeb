//! The webhook: what rings is told to one address of the operator's own, such as a pager service. It says which item of which site
//! rings, how urgently, at which tier and for how many people: no name, no word of anybody.

use super::endpoint::Endpoint;
use super::link::deliver_json;
use crate::chat::{Call, Chat};
use crate::config::WebhookSettings;
use handrail_domain::push::Answer;
use std::sync::Arc;
use std::time::Duration;

/// How often a call is tried, and how long between two tries. What is given up has rung people's phones and screens all the same.
const TRIES: u32 = 4;
const BETWEEN: Duration = Duration::from_secs(2);

/// What tells the webhook.
pub struct Hook {
    chat: Arc<Chat>,
    to: Endpoint,
    authorization: Option<String>,
    trust: Arc<rustls::ClientConfig>,
}

impl Hook {
    /// Makes ready to tell. Nothing, if the configuration names no address.
    pub fn start(chat: Arc<Chat>, settings: &WebhookSettings) -> anyhow::Result<Option<Self>> {
        let Some(url) = &settings.url else { return Ok(None) };
        let to =
            Endpoint::parse(url).ok_or_else(|| anyhow::anyhow!("the webhook's address is none that can be asked"))?;
        let authorization = settings.token.as_ref().map(|token| format!("Bearer {token}"));
        chat.keep_calls();
        Ok(Some(Self { chat, to, authorization, trust: Arc::new(crate::trust::client()?) }))
    }

    /// Tells what rings, for as long as it is polled.
    pub async fn keep(&self) {
        loop {
            let call = self.chat.next_call().await;
            if !self.tell(&call).await {
                tracing::warn!(item = %call.item, "the webhook did not take a call; people's screens and phones ring all the same");
            }
        }
    }

    async fn tell(&self, call: &Call) -> bool {
        let said = said(call);
        for tried in 1..=TRIES {
            let answer = deliver_json(&self.trust, &self.to, self.authorization.as_deref(), said.clone()).await;
            if let Answer::Status(200..=299, _) = answer {
                return true;
            }
            if tried < TRIES {
                tokio::time::sleep(BETWEEN * tried).await;
            }
        }
        false
    }
}

fn said(call: &Call) -> String {
    serde_json::json!({
        "event": "ringing",
        "site": call.site,
        "item": call.item,
        "severity": call.severity,
        "tier": call.tier,
        "people": call.rung,
        "since": call.at,
    })
    .to_string()
}
