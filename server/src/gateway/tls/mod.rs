//! The server's certificate: TLS 1.2 and 1.3 by rustls, HTTP/1.1 only, and a new certificate without a restart. A pair that
//! cannot be used never replaces one that can. It fetches no certificate from anywhere.

mod reminder;

use crate::config::TlsFiles;
use crate::fresh;
use crate::telemetry::{Gauge, metrics};
use arc_swap::ArcSwap;
use handrail_domain::time::Timestamp;
use reminder::{Loud, Reminder, days_left};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The certificate in use, shared by all connections.
#[derive(Clone)]
pub struct Tls {
    files: Arc<TlsFiles>,
    current: Arc<ArcSwap<Current>>,
}

struct Current {
    config: Arc<ServerConfig>,
    expires: Option<Timestamp>,
}

/// Why a certificate cannot be used.
#[derive(Debug)]
pub enum TlsError {
    /// A file cannot be read, or is not PEM.
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system or the PEM reader says.
        why: String,
    },
    /// The certificate's time is over.
    Expired {
        /// Which.
        file: PathBuf,
        /// Since when.
        since: Timestamp,
    },
    /// Key and certificate do not fit, or are of a kind that cannot be used.
    Unusable {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What rustls says.
        why: rustls::Error,
    },
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlsError::Unreadable { file, why } => {
                write!(f, "{}: {why}. It must be a PEM file that the server may read.", file.display())
            }
            TlsError::Expired { file, since } => {
                write!(f, "{}: this certificate expired on {since}. Put a renewed one in its place.", file.display())
            }
            TlsError::Unusable { certificate, key, why } => write!(
                f,
                "{} and {} cannot be used together: {why}. Check that the key is the one that the certificate was made for.",
                certificate.display(),
                key.display()
            ),
        }
    }
}

impl std::error::Error for TlsError {}

impl Tls {
    /// Reads the certificate and its key.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let current = Arc::new(ArcSwap::from_pointee(read(&files)?));
        Ok(Self { files: Arc::new(files), current })
    }

    /// Accepts with the certificate that is in use now.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load().config.clone())
    }

    /// When the certificate in use expires, if that can be read from it.
    pub fn expires(&self) -> Option<Timestamp> {
        self.current.load().expires
    }

    /// Whole days that are left until the certificate in use expires, negative after that; nothing if that cannot be read from it.
    pub fn days_left(&self, now: Timestamp) -> Option<i64> {
        Some(days_left(self.expires()?, now))
    }

    /// Takes the files as they are now. If they cannot be used, the old certificate stays. Open connections stay either way.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    /// Reloads on SIGHUP, and when a file has changed, until `exit`; and says in time that the certificate ends.
    pub async fn watch(self, exit: CancellationToken) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => hangup,
            Err(error) => return warn!(%error, "SIGHUP cannot be heard: the certificate stays until the next start"),
        };
        let mut seen = self.stamps();
        let mut reminder = Reminder::default();
        loop {
            self.remind(&mut reminder);
            let asked = tokio::select! {
                () = exit.cancelled() => return,
                _ = hangup.recv() => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            let now = self.stamps();
            if !asked && now == seen {
                continue;
            }
            // A bad pair is reported once, and again when it changes.
            seen = now;
            match self.reload() {
                Ok(()) => info!(expires = ?self.expires(), "a new certificate is in use"),
                Err(error) => error!(%error, "the new certificate cannot be used; the old one stays in use"),
            }
        }
    }

    fn remind(&self, reminder: &mut Reminder) {
        let Some(expires) = self.expires() else { return };
        let left = days_left(expires, fresh::now());
        metrics().set(Gauge::CertificateDays, left);
        match reminder.due(left) {
            Some(Loud::Warn) => {
                warn!(days = left, %expires, "the certificate ends soon: put a renewed one in its place")
            }
            Some(Loud::Error) => {
                error!(days = left, %expires, "the certificate is about to end: put a renewed one in its place now")
            }
            None => (),
        }
    }

    /// What shows that a file was replaced: its time, its length and, behind a link, its number.
    fn stamps(&self) -> [Option<(SystemTime, u64, u64)>; 2] {
        use std::os::unix::fs::MetadataExt;
        let stamp = |file: &Path| {
            let metadata = std::fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
        };
        [stamp(&self.files.certificate), stamp(&self.files.key)]
    }
}

fn read(files: &TlsFiles) -> Result<Current, TlsError> {
    let unreadable =
        |file: &Path, why: &dyn fmt::Display| TlsError::Unreadable { file: file.into(), why: why.to_string() };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|why| unreadable(&files.certificate, &why))?;
    let Some(own) = chain.first() else { return Err(unreadable(&files.certificate, &"there is no certificate in it")) };
    let expires = not_after(own);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
    if let Some(since) = expires.filter(|expires| expires.0 < now) {
        return Err(TlsError::Expired { file: files.certificate.clone(), since });
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|why| unreadable(&files.key, &why))?;
    let config = configure(chain, key).map_err(|why| TlsError::Unusable {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        why,
    })?;
    Ok(Current { config: Arc::new(config), expires })
}

fn configure(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // A WebSocket needs no HTTP/2, and what is not spoken cannot be attacked.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ignore_client_order = true;
    // Phones come back often: a ticket spares them and us the costly part of the handshake.
    config.ticketer = ring::Ticketer::new()?;
    Ok(config)
}

/// The end of a certificate's validity (RFC 5280, 4.1): the seventh field of its first part, or the sixth where the version is
/// left out, is a pair of times.
fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (_, outer, _) = der(certificate)?;
    let (_, mut fields, _) = der(outer)?;
    const VERSION: u8 = 0xa0;
    let before_validity = if *fields.first()? == VERSION { 4 } else { 3 };
    for _ in 0..before_validity {
        fields = der(fields)?.2;
    }
    let (_, validity, _) = der(fields)?;
    let (_, _, second) = der(validity)?;
    let (tag, time, _) = der(second)?;
    let digits = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    const UTC_TIME: u8 = 0x17;
    let full = match tag {
        UTC_TIME => format!("{}{digits}", if digits.get(..2)? < "50" { "20" } else { "19" }),
        _ => digits.to_owned(),
    };
    let part = |from, to| full.get(from..to);
    Timestamp::parse(&format!(
        "{}-{}-{}T{}:{}:{}.000Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    ))
}

/// One DER value: its tag, its content, and what follows it.
fn der(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    const LONG: u8 = 0x80;
    let (length, rest) = if first & LONG == 0 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & !LONG))?;
        if digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests;
