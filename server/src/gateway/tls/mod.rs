//! The server's certificate: TLS 1.2 and 1.3 by rustls, HTTP/1.1 only, and a new certificate without a restart. A pair that
//! cannot be used never replaces one that can. It comes from files that somebody keeps, or is ordered (`acme.rs`).

pub mod acme;
mod reminder;
mod validity;

use crate::config::{Certificate, TlsFiles};
use crate::fresh;
use crate::telemetry::{Gauge, metrics};
use acme::{Proofs, Shown};
use arc_swap::ArcSwap;
use handrail_domain::time::Timestamp;
use reminder::{Loud, Reminder, days_left};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::sign::CertifiedKey;
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
use validity::{Validity, validity};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The certificate in use, shared by all connections.
#[derive(Clone)]
pub struct Tls {
    files: Arc<TlsFiles>,
    current: Arc<ArcSwap<Current>>,
    /// What is shown to an authority, where the certificate is ordered.
    proofs: Option<Arc<Proofs>>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// Nothing, if it cannot be read, or where the first one is still awaited.
    validity: Option<Validity>,
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
    /// No certificate could be made for the time until one is ordered.
    NotMade {
        /// What its maker says.
        why: rcgen::Error,
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
            TlsError::NotMade { why } => {
                write!(f, "no certificate could be made for the names in server.acme.domains: {why}. Check them.")
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
        let current = Arc::new(ArcSwap::from_pointee(read(&files, None)?));
        Ok(Self { files: Arc::new(files), current, proofs: None })
    }

    /// The certificate that the configuration names: of files, or ordered. Until the first order is done a browser is shown one that
    /// nobody signed, and goes no further.
    pub fn open(certificate: Certificate) -> Result<Self, TlsError> {
        let acme = match certificate {
            Certificate::Files(files) => return Self::load(files),
            Certificate::Ordered(acme) => acme,
        };
        let (files, proofs) = (acme::files(&acme), Arc::<Proofs>::default());
        let current = match read(&files, Some(&proofs)) {
            Ok(current) => current,
            Err(error) => {
                if files.certificate.exists() {
                    warn!(%error, "the certificate that was ordered cannot be used; another is ordered");
                }
                let (chain, key) = acme::unsigned(&acme.domains).map_err(|why| TlsError::NotMade { why })?;
                let config = configure(chain, key, Some(&proofs)).map_err(|why| unusable(&files, why))?;
                Current { config: Arc::new(config), validity: None }
            }
        };
        Ok(Self { files: Arc::new(files), current: Arc::new(ArcSwap::from_pointee(current)), proofs: Some(proofs) })
    }

    /// Accepts with the certificate that is in use now.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load().config.clone())
    }

    /// When the certificate in use expires, if that can be read from it.
    pub fn expires(&self) -> Option<Timestamp> {
        self.current.load().validity.map(|validity| validity.until)
    }

    /// Whole days that are left until the certificate in use expires, negative after that; nothing if that cannot be read from it.
    pub fn days_left(&self, now: Timestamp) -> Option<i64> {
        Some(days_left(self.expires()?, now))
    }

    /// Takes the files as they are now. If they cannot be used, the old certificate stays. Open connections stay either way.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(read(&self.files, self.proofs.as_ref())?));
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

fn read(files: &TlsFiles, proofs: Option<&Arc<Proofs>>) -> Result<Current, TlsError> {
    let unreadable =
        |file: &Path, why: &dyn fmt::Display| TlsError::Unreadable { file: file.into(), why: why.to_string() };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|why| unreadable(&files.certificate, &why))?;
    let Some(own) = chain.first() else { return Err(unreadable(&files.certificate, &"there is no certificate in it")) };
    let validity = validity(own);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
    if let Some(since) = validity.map(|validity| validity.until).filter(|until| until.0 < now) {
        return Err(TlsError::Expired { file: files.certificate.clone(), since });
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|why| unreadable(&files.key, &why))?;
    let config = configure(chain, key, proofs).map_err(|why| unusable(files, why))?;
    Ok(Current { config: Arc::new(config), validity })
}

fn unusable(files: &TlsFiles, why: rustls::Error) -> TlsError {
    TlsError::Unusable { certificate: files.certificate.clone(), key: files.key.clone(), why }
}

fn configure(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    proofs: Option<&Arc<Proofs>>,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth();
    let mut config = match proofs {
        None => builder.with_single_cert(chain, key)?,
        Some(proofs) => {
            let own = Arc::new(CertifiedKey::from_der(chain, key, &provider)?);
            builder.with_cert_resolver(Arc::new(Shown { own, proofs: proofs.clone() }))
        }
    };
    // A WebSocket needs no HTTP/2, and what is not spoken cannot be attacked.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if proofs.is_some() {
        config.alpn_protocols.push(acme::PROTOCOL.to_vec());
    }
    config.ignore_client_order = true;
    // Phones come back often: a ticket spares them and us the costly part of the handshake.
    config.ticketer = ring::Ticketer::new()?;
    Ok(config)
}

#[cfg(test)]
mod tests;
