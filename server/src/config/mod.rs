//! What the operator has chosen, checked and typed. The types say what a reload may change: [`Live`] may, [`Fixed`] needs a
//! restart. `load` reads it from `handrail.toml`. Nothing here opens a socket or a store.

mod load;
mod network;
mod push;
mod sentinels;

pub use load::{ConfigError, load, parse};
pub use network::Network;
pub use push::{PushSettings, WebhookSettings};
pub use sentinels::Sentinels;

use handrail_domain::people::Role;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What stays as it is until the next start.
    pub fixed: Fixed,
    /// What a reload may change.
    pub live: Live,
}

/// What stays as it is until the next start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Where and how the server listens.
    pub server: Server,
    /// The folder of the server's own files: the record, unless that is on a database server, its key and its checkpoints.
    pub store: PathBuf,
    /// The database server that holds the record; without one it is a file in the folder.
    pub database: Option<Secret>,
    /// How nodes talk to each other.
    pub bus: Bus,
    /// Where the rule packs are.
    pub rules: Rules,
    /// The folder of rule packs that judge beside them, without effect.
    pub shadow_rules: Option<PathBuf>,
    /// How much one address, connection, account and conversation may do.
    pub limits: LimitSettings,
    /// Notifications.
    pub push: PushSettings,
    /// Who is told that something rings.
    pub webhook: WebhookSettings,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Where traces go.
    pub traces: TraceSettings,
}

/// What a reload may change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    /// How long somebody stays signed in.
    pub session: SessionSettings,
    /// Which log lines are written.
    pub log_level: LogLevel,
}

/// Where somebody goes who leaves in a hurry: as in the GOV.UK Design System's "Exit this page".
const LEAVE_TO: &str = "https://www.bbc.co.uk/weather";

/// Where and how the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The address and port of the server.
    pub listen: SocketAddr,
    /// The origins that browsers may come from, as browsers write them. See [`Server::origins`].
    pub public_origins: Vec<String>,
    /// A proxy in front of the server does the TLS.
    pub behind_proxy: bool,
    /// Whose `X-Forwarded-For` is believed, when there is a proxy.
    pub trusted_proxies: Vec<Network>,
    /// Addresses without per-address limits, beside loopback.
    pub trusted_addresses: Vec<Network>,
    /// The page that somebody goes to who leaves in a hurry: an `https` address that says nothing about them.
    pub leave_to: String,
    /// Who is told of a weakness, as an address of `https:` or `mailto:`, on the page that RFC 9116 names. No such page without it.
    pub security_contact: Option<String>,
    /// Where the certificate comes from. Nothing: there is none, and what others reach is a proxy in front.
    pub tls: Option<Certificate>,
    /// Where `/metrics` is served. Nowhere unless set.
    pub metrics_listen: Option<SocketAddr>,
    /// So many connections at once.
    pub max_connections: usize,
    /// How long a stopping server waits for what is under way.
    pub drain: Duration,
}

/// Where traces go, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSettings {
    /// The address at which a collector takes OTLP over HTTP: `https:`, or `http:` on loopback. Nothing is traced without one.
    pub otlp: Option<String>,
    /// How many of a hundred messages and requests are traced.
    pub percent: u32,
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self { otlp: None, percent: 100 }
    }
}

/// Where the server's certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// From files that somebody keeps.
    Files(TlsFiles),
    /// From an authority, which is asked for it.
    Ordered(Acme),
}

/// An authority that gives certificates (ACME, RFC 8555), and what it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acme {
    /// The names in the certificate.
    pub domains: Vec<String>,
    /// Where the authority writes to, as an address of `mailto:`.
    pub contact: Option<String>,
    /// Its directory, an address of `https:`.
    pub directory: String,
    /// The certificate, PEM, that signed the authority's own; otherwise those that the system trusts.
    pub authority: Option<PathBuf>,
    /// Where the certificate, its key and the account with the authority are kept.
    pub folder: PathBuf,
}

/// The files of the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, PEM, the server's own first.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// How nodes talk to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bus {
    /// There is one node.
    Local,
    /// Over Redis, at this address.
    Redis(Secret),
}

/// Where the rule packs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rules {
    /// Every `.toml` file of this folder.
    Folder(PathBuf),
    /// The default packs inside the binary.
    Embedded,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Which log lines are written: those of this level and above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// Something is broken.
    Error,
    /// Something is wrong and the server goes on.
    Warn,
    /// What an operator wants to know.
    #[default]
    Info,
    /// What a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

/// A value that never shows itself in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The most a second that a limit may allow.
pub(super) const RATE_MAX: u32 = 10_000;
/// The most at once that a limit may allow.
pub(super) const BURST_MAX: u32 = 100_000;

/// So many a second, and so many at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In the long run.
    pub per_second: u32,
    /// At once.
    pub burst: u32,
}

/// So many guesses within so many minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuessLimit {
    /// How many.
    pub guesses: u32,
    /// Within how long.
    pub minutes: u32,
}

/// How much one address, connection, account and conversation may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// Frames of one connection, of any kind.
    pub frames_per_connection: Rate,
    /// Messages of one account, on all its devices.
    pub sends_per_account: Rate,
    /// Messages in one conversation, whoever sends them.
    pub sends_per_conversation: Rate,
    /// New connections from one address.
    pub connects_per_address: Rate,
    /// Open sockets of one account; a further one closes the oldest.
    pub sockets_per_account: usize,
    /// Guesses at one account's password.
    pub sign_in_guesses: GuessLimit,
}

/// How long somebody stays signed in, by what they are here to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSettings {
    /// Supervisors, coordinators and operators.
    pub staff: SessionLength,
    /// Mentors, mentees and guest officers.
    pub parties: SessionLength,
    /// Whether staff must have a second step beside their password.
    pub second_step: bool,
    /// Staff who have not signed in for so long are disabled; never, if nothing.
    pub unused: Option<Duration>,
}

/// How long one kind of session lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLength {
    /// Without doing anything. Pings are not doing anything.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}

impl Config {
    /// The configuration of a demo, all of it under `data`. A demo has well-known passwords, so it listens on loopback only.
    pub fn demo(data: &Path, listen: SocketAddr) -> Result<Self, NotLoopback> {
        if !listen.ip().is_loopback() {
            return Err(NotLoopback(listen));
        }
        let mut config = Self::defaults(data);
        config.fixed.server.listen = listen;
        config.fixed.store = data.to_path_buf();
        config.fixed.rules = Rules::Embedded;
        config.live.session.second_step = false;
        config.live.session.unused = None;
        Ok(config)
    }

    /// What holds where the file says nothing; `folder` is where it lies.
    pub fn defaults(folder: &Path) -> Self {
        let server = Server {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_origins: Vec::new(),
            behind_proxy: false,
            trusted_proxies: vec![Network::of(Ipv4Addr::LOCALHOST.into()), Network::of(Ipv6Addr::LOCALHOST.into())],
            trusted_addresses: Vec::new(),
            leave_to: LEAVE_TO.to_owned(),
            security_contact: None,
            tls: None,
            metrics_listen: None,
            max_connections: 20_000,
            drain: Duration::from_secs(30),
        };
        let fixed = Fixed {
            server,
            store: folder.join("data"),
            database: None,
            bus: Bus::Local,
            rules: Rules::Folder(folder.join("rules")),
            shadow_rules: None,
            limits: LimitSettings::default(),
            push: PushSettings::default(),
            webhook: WebhookSettings::default(),
            log_format: LogFormat::default(),
            traces: TraceSettings::default(),
        };
        Self { fixed, live: Live::default() }
    }
}

/// A demo was asked to listen where others could reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotLoopback(pub SocketAddr);

impl fmt::Display for NotLoopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(listen) = self;
        write!(
            f,
            "the demo does not listen on {listen}: its passwords are known to all, so it stays on this machine. Use \
             127.0.0.1:{port} or [::1]:{port}, or set up `handrail serve`.",
            port = listen.port()
        )
    }
}

impl std::error::Error for NotLoopback {}

impl Server {
    /// The origins that a browser's page may have, exactly as browsers write them. A plain server on loopback is its own origin,
    /// at the port that it is `bound` to; any other is named in the configuration.
    pub fn origins(&self, bound: SocketAddr) -> Vec<String> {
        let mut origins = self.public_origins.clone();
        if bound.ip().is_loopback() && self.tls.is_none() && !self.behind_proxy {
            // A browser leaves the usual port out.
            let port = if bound.port() == 80 { String::new() } else { format!(":{}", bound.port()) };
            origins.extend(["127.0.0.1", "localhost", "[::1]"].map(|host| format!("http://{host}{port}")));
        }
        origins
    }

    /// Whether this address has no per-address limits.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.trusted_addresses.iter().any(|network| network.contains(address))
    }

    /// Whether `X-Forwarded-For` from this peer is believed.
    pub fn trusts_proxy(&self, peer: IpAddr) -> bool {
        self.behind_proxy && self.trusted_proxies.iter().any(|network| network.contains(peer.to_canonical()))
    }
}

impl SessionSettings {
    /// How long a session of this role lasts.
    pub fn of(&self, role: Role) -> SessionLength {
        match role {
            Role::Supervisor | Role::Coordinator | Role::Operator => self.staff,
            Role::Mentee | Role::Mentor | Role::GuestOfficer => self.parties,
        }
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        let length = |idle, hours: u64| SessionLength {
            idle: Duration::from_secs(idle * MINUTE),
            absolute: Duration::from_secs(hours * 60 * MINUTE),
        };
        let unused = Some(Duration::from_secs(90 * 24 * 60 * MINUTE));
        Self { staff: length(15, 8), parties: length(30, 12), second_step: true, unused }
    }
}

impl LimitSettings {
    /// As much from each person and connection as a configuration can allow.
    pub fn allow_much(&mut self) {
        let most = Rate { per_second: RATE_MAX, burst: BURST_MAX };
        self.frames_per_connection = most;
        self.sends_per_account = most;
        self.sends_per_conversation = most;
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            frames_per_connection: Rate { per_second: 30, burst: 60 },
            sends_per_account: Rate { per_second: 5, burst: 15 },
            sends_per_conversation: Rate { per_second: 3, burst: 15 },
            // A school is one address: lenient.
            connects_per_address: Rate { per_second: 5, burst: 50 },
            sockets_per_account: 8,
            sign_in_guesses: GuessLimit::default(),
        }
    }
}

impl Default for GuessLimit {
    fn default() -> Self {
        Self { guesses: 10, minutes: 5 }
    }
}

impl GuessLimit {
    /// The stretch of time within which the guesses are counted.
    pub fn window(self) -> Duration {
        Duration::from_secs(u64::from(self.minutes) * 60)
    }
}

impl LogLevel {
    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

impl Secret {
    /// Keeps it.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// Shows it, to the one who needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
