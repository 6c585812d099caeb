//! Where a device is told: an address that its browser gave us. We write only to the push services that the configuration names,
//! so nobody can make this server speak to another.

use handrail_domain::push::ENDPOINT_BYTES_MAX;
use http::Uri;

/// The address of a device at its push service: `https:` on the port that belongs to it, or anything on loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// `https`, or `http` on loopback.
    pub(super) tls: bool,
    /// The service's name.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// What to ask for there.
    pub(super) path: String,
}

impl Endpoint {
    /// Reads an address. Nothing, if it is none, too long, or names a person to sign in as.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > ENDPOINT_BYTES_MAX {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let tls = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = authority.host().to_ascii_lowercase();
        let port = match authority.port() {
            Some(port) => port.as_str().parse().ok()?,
            None if tls => 443,
            None => 80,
        };
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
        Some(Self { tls, host, port, path })
    }

    /// The service's origin, as a token for it names it (RFC 6454, section 6.2).
    pub(super) fn origin(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual {
            format!("{scheme}://{}", self.host)
        } else {
            format!("{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// The push services that may be written to.
#[derive(Debug, Clone)]
pub(super) struct Services(Vec<String>);

impl Services {
    /// Those that the configuration names.
    pub(super) fn new(named: Vec<String>) -> Self {
        Self(named)
    }

    /// The address, if it is of one of them.
    pub(super) fn reach(&self, address: &str) -> Option<Endpoint> {
        let endpoint = Endpoint::parse(address)?;
        let is_of = |service: &String| match service.strip_prefix("*.") {
            Some(parent) => {
                let below = endpoint.host.strip_suffix(parent).and_then(|rest| rest.strip_suffix('.'));
                endpoint.tls && endpoint.port == 443 && below.is_some_and(|name| !name.is_empty())
            }
            None if service.contains("://") => endpoint.origin() == *service,
            None => endpoint.tls && endpoint.port == 443 && endpoint.host == *service,
        };
        self.0.iter().any(is_of).then_some(endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services() -> Services {
        let named = ["fcm.googleapis.com", "*.push.apple.com", "http://127.0.0.1:9000"];
        Services::new(named.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn the_named_services_are_reached_and_names_below_a_star() {
        for address in [
            "https://fcm.googleapis.com/fcm/send/abc:def",
            "https://FCM.googleapis.com/wp/x",
            "https://web.push.apple.com/QG",
            "https://a.b.push.apple.com/QG?x=1",
            "http://127.0.0.1:9000/device",
        ] {
            assert!(services().reach(address).is_some(), "{address}");
        }
        assert_eq!(services().reach("https://web.push.apple.com/QG?x=1").unwrap().path, "/QG?x=1");
    }

    #[test]
    fn nothing_else_is() {
        for address in [
            "",
            "fcm.googleapis.com/x",
            "http://fcm.googleapis.com/x",
            "https://fcm.googleapis.com:8443/x",
            "https://fcm.googleapis.com.evil.example/x",
            "https://evil.example/fcm.googleapis.com",
            "https://evil@fcm.googleapis.com/x",
            "https://fcm.googleapis.com@evil.example/x",
            "https://push.apple.com/x",
            "https://evilpush.apple.com/x",
            "https://.push.apple.com/x",
            "http://127.0.0.1:9001/device",
            "http://127.0.0.1/device",
            "https://127.0.0.1:9000/device",
            "http://169.254.169.254/latest",
            "https://[::1]/x",
            "file:///etc/passwd",
            &format!("https://fcm.googleapis.com/{}", "x".repeat(ENDPOINT_BYTES_MAX)),
        ] {
            assert!(services().reach(address).is_none(), "{address}");
        }
    }
}
