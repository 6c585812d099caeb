//! Which push services may be told that something waits for somebody, and who is told that something rings.

/// The services of the browsers that people use: of Chrome and Android, of Firefox, of Safari, and of Edge on Windows.
const SERVICES: [&str; 4] =
    ["fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"];

/// Where the operator is told that something rings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebhookSettings {
    /// Its address: `https:`, or `http:` on loopback. Nobody is told, if nothing.
    pub url: Option<String>,
    /// What it knows us by, as a bearer token.
    pub token: Option<String>,
}

/// Notifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSettings {
    /// Whether there are any.
    pub on: bool,
    /// Whom a push service may write to about us, as an `https:` or `mailto:` address; else the first public origin.
    pub contact: Option<String>,
    /// The services that may be written to: host names, `*.` and a host name for all below it, or whole origins.
    pub services: Vec<String>,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self { on: true, contact: None, services: SERVICES.map(str::to_owned).to_vec() }
    }
}
