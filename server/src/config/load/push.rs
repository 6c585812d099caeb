//! `[push]`, `[webhook]` and `[traces]`: who outside is told of something, and what.

use super::{ConfigError, Source, is_origin};
use crate::config::{PushSettings, TraceSettings, WebhookSettings};
use serde::Deserialize;

/// Services that may be named, at most.
const SERVICES_MAX: usize = 32;

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawPush {
    on: Option<bool>,
    contact: Option<String>,
    services: Option<Vec<String>>,
}

impl RawPush {
    pub(super) fn settle(self, source: &Source<'_>) -> Result<PushSettings, ConfigError> {
        let mut push = PushSettings::default();
        push.on = self.on.unwrap_or(push.on);
        if let Some(contact) = self.contact {
            if !is_contact(&contact) {
                let problem = "nobody can be written to there. Allowed: such as mailto:team@example.org or https://example.org/contact.";
                return Err(source.refuse("push.contact", problem.into()));
            }
            push.contact = Some(contact);
        }
        if let Some(services) = self.services {
            if services.len() > SERVICES_MAX {
                return Err(source.refuse("push.services", format!("these are more than {SERVICES_MAX}.")));
            }
            if let Some(bad) = services.iter().find(|service| !is_service(service)) {
                let problem = format!(
                    "\"{bad}\" is no push service. Allowed: such as fcm.googleapis.com, *.push.apple.com or \
                     https://push.example.org:8443, in small letters."
                );
                return Err(source.refuse("push.services", problem));
            }
            push.services = services;
        }
        Ok(push)
    }
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawWebhook {
    url: Option<String>,
    token: Option<String>,
}

impl RawWebhook {
    pub(super) fn settle(self, source: &Source<'_>) -> Result<WebhookSettings, ConfigError> {
        let Self { url, token } = self;
        if url.as_deref().is_some_and(|url| !may_be_told(url)) {
            let problem = "nobody can be told there. Allowed: an https:// address, or an http:// one on this machine.";
            return Err(source.refuse("webhook.url", problem.into()));
        }
        if token.as_deref().is_some_and(|token| token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(source.refuse("webhook.token", "a token has letters, digits and signs, and no spaces.".into()));
        }
        Ok(WebhookSettings { url, token })
    }
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTraces {
    otlp: Option<String>,
    percent: Option<i64>,
}

impl RawTraces {
    pub(super) fn settle(self, source: &Source<'_>) -> Result<TraceSettings, ConfigError> {
        if self.otlp.as_deref().is_some_and(|url| !may_be_told(url)) {
            let problem = "no collector can be there. Allowed: an https:// address, or an http:// one on this machine.";
            return Err(source.refuse("traces.otlp", problem.into()));
        }
        let percent = match self.percent {
            Some(percent) => source.within("traces.percent", percent, 1..=100)?,
            None => TraceSettings::default().percent,
        };
        Ok(TraceSettings { otlp: self.otlp, percent })
    }
}

/// What rings, and traces, are told in the clear only on this machine.
fn may_be_told(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let Some(host) = uri.host().filter(|host| !host.is_empty() && !url.contains('@')) else { return false };
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => matches!(host, "localhost" | "127.0.0.1" | "[::1]"),
        Some(_) | None => false,
    }
}

fn is_contact(address: &str) -> bool {
    let mail = |rest: &str| rest.split_once('@').is_some_and(|(who, host)| !who.is_empty() && host.contains('.'));
    let sane = address.len() <= 256 && address.bytes().all(|byte| byte.is_ascii_graphic());
    sane && (address.strip_prefix("mailto:").is_some_and(mail)
        || address.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()))
}

fn is_service(service: &str) -> bool {
    let name = service.strip_prefix("*.").unwrap_or(service);
    let is_name = name.contains('.')
        && name.split('.').all(|part| !part.is_empty())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'));
    is_name || is_origin(service)
}
