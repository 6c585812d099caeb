//! A certificate from an authority (ACME, RFC 8555): ordered at the first start, shown that its names are ours over our own port
//! (TLS-ALPN-01, RFC 8737), and ordered anew when a third of its time is left. What fails is tried again, ever more rarely, and the
//! certificate in use stays in use.

use super::Tls;
use crate::config::{Acme, TlsFiles};
use crate::fresh;
use crate::telemetry::{Counter, metrics};
use arc_swap::ArcSwap;
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// What an authority speaks that looks at a proof (RFC 8737, 3).
pub(super) const PROTOCOL: &[u8] = b"acme-tls/1";
/// The certificate and its key, one file, so that both are new in the same moment.
const PAIR_FILE: &str = "certificate.pem";
/// Who we are to the authority.
const ACCOUNT_FILE: &str = "account.json";
/// An empty file, which shows that the others could be written.
const PROBE_FILE: &str = "writable";
/// The longest that is slept before it is asked whether it is time: a clock may be set.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// How long after a first failure it is tried again; four times as long after each further one. Let's Encrypt takes five failures an hour.
const RETRY_FIRST: Duration = Duration::from_secs(60);
/// The longest time between two tries.
const RETRY_MOST: Duration = Duration::from_secs(12 * 3_600);
/// How long an order may take.
const ORDER_WITHIN: Duration = Duration::from_secs(300);
/// How long the authority may take over each of its steps.
const STEP_WITHIN: Duration = Duration::from_secs(90);

/// Where an ordered certificate is kept.
pub fn files(acme: &Acme) -> TlsFiles {
    let pair = acme.folder.join(PAIR_FILE);
    TlsFiles { certificate: pair.clone(), key: pair }
}

/// What is shown to an authority, by name, while an order is under way.
#[derive(Debug, Default)]
pub(super) struct Proofs(ArcSwap<HashMap<String, Arc<CertifiedKey>>>);

/// What a client is shown: the certificate, or, to an authority that asks for one, a proof.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) own: Arc<CertifiedKey>,
    pub(super) proofs: Arc<Proofs>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asks = hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == PROTOCOL));
        match asks {
            true => self.proofs.0.load().get(hello.server_name()?).cloned(),
            false => Some(self.own.clone()),
        }
    }
}

/// Orders a certificate whenever it is time, for as long as it is polled.
pub async fn keep(tls: Tls, acme: Acme) {
    let mut pause = RETRY_FIRST;
    loop {
        if let Some(wait) = until_due(&tls) {
            tokio::time::sleep(wait.min(LOOK_EVERY)).await;
            continue;
        }
        let ordered = tokio::time::timeout(ORDER_WITHIN, order(&tls, &acme));
        let done = match ordered.await {
            Ok(Ok(pair)) => keep_pair(&tls, &acme, &pair),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(anyhow::anyhow!("the authority took longer than {} s", ORDER_WITHIN.as_secs())),
        };
        if let Some(proofs) = &tls.proofs {
            proofs.0.store(Arc::default());
        }
        match done {
            Ok(()) => {
                pause = RETRY_FIRST;
                info!(expires = ?tls.expires(), "a certificate was ordered and is in use");
            }
            Err(error) => {
                metrics().count(Counter::OrdersFailed);
                let error = format!("{error:#}");
                warn!(error, again_in = pause.as_secs(), "no certificate could be ordered; the old one stays in use");
                tokio::time::sleep(pause).await;
                pause = next_pause(pause);
            }
        }
    }
}

/// How long it is until a third of the certificate's time is left; nothing, if that is so, or if there is none yet.
fn until_due(tls: &Tls) -> Option<Duration> {
    let left = tls.current.load().validity?.renew_at().since_ms(fresh::now());
    u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_millis)
}

fn next_pause(pause: Duration) -> Duration {
    (pause * 4).min(RETRY_MOST)
}

/// Orders one, and gives it with its key in PEM.
async fn order(tls: &Tls, acme: &Acme) -> anyhow::Result<String> {
    let account = account(acme).await?;
    let names: Vec<_> = acme.domains.iter().map(|domain| Identifier::Dns(domain.clone())).collect();
    let mut order = account.new_order(&NewOrder::new(&names)).await?;
    let mut proofs = HashMap::new();
    let mut asked = order.authorizations();
    while let Some(one) = asked.next().await {
        let mut one = one?;
        match one.status {
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => (),
            AuthorizationStatus::Invalid
            | AuthorizationStatus::Revoked
            | AuthorizationStatus::Expired
            | AuthorizationStatus::Deactivated => {
                anyhow::bail!("the authority does not take a proof: {:?}", one.status)
            }
        }
        let offered = one.challenge(ChallengeType::TlsAlpn01);
        let mut challenge =
            offered.ok_or_else(|| anyhow::anyhow!("the authority takes no proof over TLS (tls-alpn-01)"))?;
        let name = challenge.identifier().to_string();
        proofs.insert(name.clone(), Arc::new(proof(&name, challenge.key_authorization().digest().as_ref())?));
        if let Some(shown) = &tls.proofs {
            shown.0.store(Arc::new(proofs.clone()));
        }
        challenge.set_ready().await?;
    }
    let patience = RetryPolicy::new().timeout(STEP_WITHIN);
    let status = order.poll_ready(&patience).await?;
    anyhow::ensure!(
        status == OrderStatus::Ready,
        "the authority could not see the proof at port 443 of each name: {status:?}"
    );
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&patience).await?;
    Ok(format!("{key}\n{chain}"))
}

/// Who we are to the authority: as before, or made now.
async fn account(acme: &Acme) -> anyhow::Result<Account> {
    let builder = || match &acme.authority {
        Some(file) => Account::builder_with_root(file),
        None => Account::builder(),
    };
    // Before anything is asked for: what could not be kept would be asked for again and again.
    put(&acme.folder.join(PROBE_FILE), b"")?;
    let file = acme.folder.join(ACCOUNT_FILE);
    if let Ok(kept) = fs::read(&file) {
        return Ok(builder()?.from_credentials(serde_json::from_slice(&kept)?).await?);
    }
    let contact: Vec<&str> = acme.contact.as_deref().into_iter().collect();
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let (account, credentials) = builder()?.create(&new, acme.directory.clone(), None).await?;
    put(&file, &serde_json::to_vec(&credentials)?)?;
    Ok(account)
}

fn keep_pair(tls: &Tls, acme: &Acme, pair: &str) -> anyhow::Result<()> {
    put(&acme.folder.join(PAIR_FILE), pair.as_bytes())?;
    Ok(tls.reload()?)
}

/// Writes a file that its owner alone may read, all of it or none.
fn put(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let new = file.with_extension("new");
    let mut written = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(&new, file)
}

/// What shows an authority that a name is ours (RFC 8737, 3): a certificate of that name with the digest that it asked for.
fn proof(name: &str, digest: &[u8]) -> anyhow::Result<CertifiedKey> {
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let chain = vec![params.self_signed(&key)?.der().clone()];
    // Not `from_der`: it refuses a certificate with a critical extension that it does not know, and this one must have one.
    Ok(CertifiedKey::new(chain, ring::default_provider().key_provider.load_private_key(key.into())?))
}

/// A certificate that nobody signed, for the time until the first is there.
pub(super) fn unsigned(
    names: &[String],
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(names.to_vec())?.self_signed(&key)?;
    Ok((vec![certificate.der().clone()], key.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_order_is_tried_again_four_times_in_the_first_hour_and_then_ever_more_rarely() {
        let (mut pause, mut at, mut tries) = (RETRY_FIRST, Duration::ZERO, vec![Duration::ZERO]);
        while at < Duration::from_secs(100 * 3_600) {
            at += pause;
            tries.push(at);
            pause = next_pause(pause);
        }
        assert_eq!(tries.iter().filter(|at| at.as_secs() < 3_600).count(), 4);
        assert_eq!(pause, RETRY_MOST);
    }

    #[test]
    fn what_is_ordered_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("acme").join(PAIR_FILE);
        put(&file, b"first").unwrap();
        put(&file, b"second").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"second");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }
}
