//! Reads `handrail.toml`. Every value is checked here, once, and a bad one is refused with the file, the line, the key and what
//! is allowed. It opens nothing but the file.

mod addresses;
mod push;
mod tls;

use addresses::{check_database, check_redis, is_loopback};
use push::{RawPush, RawTraces, RawWebhook};
use tls::{RawAcme, RawTls};

use super::{
    BURST_MAX, Bus, Config, GuessLimit, LimitSettings, Live, LogFormat, LogLevel, Network, RATE_MAX, Rate, Rules,
    Secret, SessionLength, SessionSettings,
};
use serde::Deserialize;
use std::fmt;
use std::io::Read;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;

/// A configuration larger than this is none.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What is wrong with the configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, where there is one.
    pub line: Option<usize>,
    /// The key, such as `server.listen`.
    pub key: Option<String>,
    /// What is wrong, what is allowed, and what to do.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ", key `{key}`")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Reads the configuration from a file.
pub fn load(file: &Path) -> Result<Config, ConfigError> {
    let refuse = |problem: String| ConfigError { file: file.into(), line: None, key: None, problem };
    let unreadable = |error: std::io::Error| {
        refuse(format!("this file cannot be read: {error}. Give `--config` a file that the server may read."))
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(refuse("this file is larger than 1 MiB, so it is not Handrail's configuration.".into()));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count();
        ConfigError { line: Some(line), ..refuse("this line is not UTF-8. Save the file as UTF-8.".into()) }
    })?;
    parse(&text, file)
}

/// Reads the configuration from the text of `file`.
pub fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
    let source = Source::new(text, file)?;
    let raw: Raw = toml::from_str(text).map_err(|error| source.misread(&error))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut config = Config::defaults(folder);
    if let Some(path) = raw.store.path {
        config.fixed.store = folder.join(source.not_empty("store.path", path)?);
    }
    raw.server.settle(&source, folder, &mut config)?;
    raw.limits.settle(&source, &mut config.fixed.limits)?;
    if let Some(url) = raw.store.url {
        check_database(&url).map_err(|problem| source.refuse("store.url", problem))?;
        config.fixed.database = Some(Secret::new(url));
    }
    if let Some(path) = raw.rules.folder {
        config.fixed.rules = Rules::Folder(folder.join(source.not_empty("rules.folder", path)?));
    }
    if let Some(path) = raw.rules.shadow {
        config.fixed.shadow_rules = Some(folder.join(source.not_empty("rules.shadow", path)?));
    }
    if let Some(redis) = raw.bus.redis {
        check_redis(&redis).map_err(|problem| source.refuse("bus.redis", problem))?;
        config.fixed.bus = Bus::Redis(Secret::new(redis));
    }
    config.fixed.push = raw.push.settle(&source)?;
    config.fixed.webhook = raw.webhook.settle(&source)?;
    config.fixed.traces = raw.traces.settle(&source)?;
    if let Some(format) = raw.log.format {
        config.fixed.log_format = match format.as_str() {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => return Err(source.refuse("log.format", "allowed: \"text\" or \"json\".".into())),
        };
    }
    let session = raw.session.settle(&source)?;
    config.live = Live { session, log_level: log_level(&source, raw.log.level)? };
    Ok(config)
}

fn log_level(source: &Source<'_>, level: Option<String>) -> Result<LogLevel, ConfigError> {
    let Some(level) = level else { return Ok(LogLevel::default()) };
    let known = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
    known.into_iter().find(|known| known.as_str() == level).ok_or_else(|| {
        source.refuse("log.level", "allowed: \"error\", \"warn\", \"info\", \"debug\" or \"trace\".".into())
    })
}

/// The file's text, with the place of each key in it.
struct Source<'a> {
    text: &'a str,
    file: &'a Path,
    table: DeTable<'a>,
}

impl<'a> Source<'a> {
    fn new(text: &'a str, file: &'a Path) -> Result<Self, ConfigError> {
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { text, file, table: table.into_inner() }),
            Err(error) => {
                let line = error.span().map(|span| line_at(text, span.start));
                let problem = format!("this is not TOML: {}. Correct the line.", error.message().trim_end_matches('.'));
                Err(ConfigError { file: file.into(), line, key: None, problem })
            }
        }
    }

    /// An error at a key, which is in the file or ought to be.
    fn refuse(&self, key: &str, problem: String) -> ConfigError {
        let mut table = Some(&self.table);
        let mut line = None;
        for part in key.split('.') {
            let Some((name, value)) = table.and_then(|table| table.get_key_value(part)) else { break };
            line = Some(line_at(self.text, name.span().start));
            table = value.get_ref().as_table();
        }
        ConfigError { file: self.file.into(), line, key: Some(key.into()), problem }
    }

    /// An error of the reader: a key that does not exist, or a value of another kind.
    fn misread(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or_default();
        let key = key_at(&self.table, span.start);
        let said = error.message().replace("i64", "a whole number").replace("a sequence", "a list in [ ]");
        let said = said.replace("a map", "a table in { }").replace("expected struct ", "expected the table ");
        let problem = format!("{}. Correct it, or leave the key out for its default.", said.trim_end_matches('.'));
        ConfigError { file: self.file.into(), line: Some(line_at(self.text, span.start)), key, problem }
    }

    /// Where somebody can be written to, as RFC 9116 wants it.
    fn contact(&self, key: &str, value: String) -> Result<String, ConfigError> {
        let rest = ["mailto:", "https://"].iter().find_map(|start| value.strip_prefix(start));
        let fits = rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()));
        let problem = "nobody can be written to there. Allowed: such as mailto:security@example.org or https://example.org/security.";
        if fits { Ok(value) } else { Err(self.refuse(key, problem.into())) }
    }

    fn within(&self, key: &str, value: i64, allowed: RangeInclusive<u32>) -> Result<u32, ConfigError> {
        u32::try_from(value).ok().filter(|value| allowed.contains(value)).ok_or_else(|| {
            let problem = format!("{value} is out of bounds. Allowed: {} to {}.", allowed.start(), allowed.end());
            self.refuse(key, problem)
        })
    }

    fn not_empty(&self, key: &str, value: String) -> Result<String, ConfigError> {
        if value.trim().is_empty() {
            return Err(self.refuse(key, "this is empty. Give a path, or leave the key out for its default.".into()));
        }
        Ok(value)
    }

    fn address(&self, key: &str, value: &str) -> Result<SocketAddr, ConfigError> {
        value.parse().map_err(|_| {
            let problem =
                format!("\"{value}\" is not an address with a port. Allowed: such as 127.0.0.1:8080 or [::1]:8080.");
            self.refuse(key, problem)
        })
    }

    fn networks(&self, key: &str, values: &[String]) -> Result<Vec<Network>, ConfigError> {
        let network = |value: &String| {
            value.parse().map_err(|_| {
                let problem = format!(
                    "\"{value}\" is not an address or a network. Allowed: such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32, \
                     with no bits set behind the prefix."
                );
                self.refuse(key, problem)
            })
        };
        values.iter().map(network).collect()
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
}

/// The innermost key whose name or value is at this offset.
fn key_at(table: &DeTable<'_>, offset: usize) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let inner = value.get_ref().as_table().and_then(|inner| key_at(inner, offset));
        let here = || name.span().contains(&offset) || value.span().contains(&offset);
        match inner {
            Some(inner) => Some(format!("{}.{inner}", name.get_ref())),
            None => here().then(|| name.get_ref().to_string()),
        }
    })
}

/// An origin exactly as browsers write it: scheme, host in small letters, and the port if it is not the usual one.
fn is_origin(text: &str) -> bool {
    let (rest, usual, secure) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, 443, true),
        (None, Some(rest)) => (rest, 80, false),
        (None, None) => return false,
    };
    let Ok(authority) = rest.parse::<http::uri::Authority>() else { return false };
    let plain = !rest.ends_with(':')
        && rest.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b':' | b'[' | b']'));
    let port_is_spelled = authority.port().is_none_or(|port| port.as_u16() != usual);
    plain && port_is_spelled && !authority.host().is_empty() && (secure || is_loopback(authority.host()))
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
struct Raw {
    server: RawServer,
    store: RawStore,
    bus: RawBus,
    rules: RawRules,
    limits: RawLimits,
    session: RawSession,
    push: RawPush,
    #[serde(default)]
    webhook: RawWebhook,
    log: RawLog,
    traces: RawTraces,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
struct RawServer {
    listen: Option<String>,
    public_origins: Option<Vec<String>>,
    behind_proxy: Option<bool>,
    trusted_proxies: Option<Vec<String>>,
    trusted_addresses: Option<Vec<String>>,
    tls: Option<RawTls>,
    acme: Option<RawAcme>,
    metrics_listen: Option<String>,
    leave_to: Option<String>,
    security_contact: Option<String>,
    max_connections: Option<i64>,
    drain_seconds: Option<i64>,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
struct RawStore {
    path: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
struct RawBus {
    redis: Option<String>,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
struct RawRules {
    folder: Option<String>,
    shadow: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct RawRate {
    per_second: i64,
    burst: i64,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct RawGuesses {
    guesses: i64,
    minutes: i64,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
struct RawLimits {
    frames_per_connection: Option<RawRate>,
    sends_per_account: Option<RawRate>,
    sends_per_conversation: Option<RawRate>,
    connects_per_address: Option<RawRate>,
    sockets_per_account: Option<i64>,
    sign_in_guesses: Option<RawGuesses>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct RawLength {
    idle_minutes: i64,
    absolute_hours: i64,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
struct RawSession {
    staff: Option<RawLength>,
    parties: Option<RawLength>,
    second_step: Option<String>,
    unused_days: Option<i64>,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
struct RawLog {
    format: Option<String>,
    level: Option<String>,
}

impl RawServer {
    fn settle(self, source: &Source<'_>, folder: &Path, config: &mut Config) -> Result<(), ConfigError> {
        let server = &mut config.fixed.server;
        if let Some(listen) = self.listen {
            server.listen = source.address("server.listen", &listen)?;
        }
        if let Some(listen) = self.metrics_listen {
            server.metrics_listen = Some(source.address("server.metrics_listen", &listen)?);
        }
        if let Some(origins) = self.public_origins {
            if let Some(bad) = origins.iter().find(|origin| !is_origin(origin)) {
                let problem = format!(
                    "\"{bad}\" is not an origin as browsers write it. Allowed: such as https://chat.example.org, in small \
                     letters, without a path; http:// only on loopback."
                );
                return Err(source.refuse("server.public_origins", problem));
            }
            server.public_origins = origins;
        }
        server.behind_proxy = self.behind_proxy.unwrap_or(server.behind_proxy);
        if let Some(proxies) = self.trusted_proxies {
            let proxies = source.networks("server.trusted_proxies", &proxies)?;
            if !server.behind_proxy && proxies != server.trusted_proxies {
                let problem = "this has no effect without a proxy. Set `behind_proxy = true`, or leave it out.".into();
                return Err(source.refuse("server.trusted_proxies", problem));
            }
            server.trusted_proxies = proxies;
        }
        if let Some(addresses) = self.trusted_addresses {
            server.trusted_addresses = source.networks("server.trusted_addresses", &addresses)?;
        }
        if let Some(page) = self.leave_to {
            let parsed = page.parse::<http::Uri>();
            if !parsed.is_ok_and(|page| page.scheme_str() == Some("https") && page.host().is_some()) {
                let problem = "this is not the address of a page. Allowed: such as https://www.bbc.co.uk/weather.";
                return Err(source.refuse("server.leave_to", problem.into()));
            }
            server.leave_to = page;
        }
        if let Some(contact) = self.security_contact {
            server.security_contact = Some(source.contact("server.security_contact", contact)?);
        }
        server.tls = tls::settle(self.tls, self.acme, source, folder, &config.fixed.store)?;
        if let Some(many) = self.max_connections {
            server.max_connections = source.within("server.max_connections", many, 1..=1_000_000)? as usize;
        }
        if let Some(seconds) = self.drain_seconds {
            server.drain = Duration::from_secs(source.within("server.drain_seconds", seconds, 1..=300)?.into());
        }
        check_exposure(source, server)
    }
}

/// What a server must have that others can reach.
fn check_exposure(source: &Source<'_>, server: &super::Server) -> Result<(), ConfigError> {
    let protected = server.tls.is_some() || server.behind_proxy;
    if !server.listen.ip().is_loopback() && !protected {
        let problem = format!(
            "{} can be reached from other machines, and nothing would be encrypted. Give `tls` a certificate, or order one with `acme`, or set \
             `behind_proxy = true` if a proxy in front does the TLS, or listen on loopback (127.0.0.1 or [::1]).",
            server.listen
        );
        return Err(source.refuse("server.listen", problem));
    }
    if protected && server.public_origins.is_empty() {
        let problem = "name the origin that browsers come from, such as [\"https://chat.example.org\"]; without it no \
                       browser is let in.";
        return Err(source.refuse("server.public_origins", problem.into()));
    }
    if server.metrics_listen == Some(server.listen) {
        let problem = format!("{} is the server's own address. Give another port.", server.listen);
        return Err(source.refuse("server.metrics_listen", problem));
    }
    Ok(())
}

impl RawLimits {
    fn settle(self, source: &Source<'_>, limits: &mut LimitSettings) -> Result<(), ConfigError> {
        let rates = [
            ("frames_per_connection", self.frames_per_connection, &mut limits.frames_per_connection),
            ("sends_per_account", self.sends_per_account, &mut limits.sends_per_account),
            ("sends_per_conversation", self.sends_per_conversation, &mut limits.sends_per_conversation),
            ("connects_per_address", self.connects_per_address, &mut limits.connects_per_address),
        ];
        for (name, raw, rate) in rates {
            let Some(raw) = raw else { continue };
            let per_second = source.within(&format!("limits.{name}.per_second"), raw.per_second, 1..=RATE_MAX)?;
            let burst = source.within(&format!("limits.{name}.burst"), raw.burst, 1..=BURST_MAX)?;
            *rate = Rate { per_second, burst };
        }
        if let Some(many) = self.sockets_per_account {
            limits.sockets_per_account = source.within("limits.sockets_per_account", many, 1..=100)? as usize;
        }
        if let Some(raw) = self.sign_in_guesses {
            let guesses = source.within("limits.sign_in_guesses.guesses", raw.guesses, 1..=10)?;
            let minutes = source.within("limits.sign_in_guesses.minutes", raw.minutes, 5..=1_440)?;
            limits.sign_in_guesses = GuessLimit { guesses, minutes };
        }
        Ok(())
    }
}

impl RawSession {
    fn settle(self, source: &Source<'_>) -> Result<SessionSettings, ConfigError> {
        let mut settings = SessionSettings::default();
        let lengths = [("staff", self.staff, &mut settings.staff), ("parties", self.parties, &mut settings.parties)];
        for (name, raw, length) in lengths {
            let Some(raw) = raw else { continue };
            let hours = source.within(&format!("session.{name}.absolute_hours"), raw.absolute_hours, 1..=24)?;
            let minutes = source.within(&format!("session.{name}.idle_minutes"), raw.idle_minutes, 1..=hours * 60)?;
            let seconds = |seconds: u32| Duration::from_secs(seconds.into());
            *length = SessionLength { idle: seconds(minutes * 60), absolute: seconds(hours * 3_600) };
        }
        settings.second_step = match self.second_step.as_deref() {
            None | Some("staff") => true,
            Some("nobody") => false,
            Some(_) => return Err(source.refuse("session.second_step", "this is \"staff\" or \"nobody\".".into())),
        };
        if let Some(days) = self.unused_days {
            let days = source.within("session.unused_days", days, 0..=3_650)?;
            settings.unused = (days > 0).then(|| Duration::from_secs(u64::from(days) * 86_400));
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests;
