//! A connection to a server: as it is, or by TLS with a certificate that this test made for the servers that it starts.

use anyhow::Context as _;
use rustls_pki_types::ServerName;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::either::Either;

/// A connection.
pub(crate) type Wire = Either<TcpStream, TlsStream<TcpStream>>;

/// The name in the certificate.
const NAME: &str = "localhost";

/// Whom a client believes: the one certificate that was made.
#[derive(Clone)]
pub(crate) struct Trust(Arc<ClientConfig>);

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

impl PartialEq for Trust {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Trust {}

/// A certificate and its key in files, and who believes it.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) trust: Trust,
}

impl Certificate {
    /// Makes one, in this folder.
    pub(crate) fn make(folder: &Path) -> anyhow::Result<Self> {
        let key = rcgen::KeyPair::generate()?;
        let made = rcgen::CertificateParams::new(vec![NAME.to_owned()])?.self_signed(&key)?;
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let files = [folder.join("certificate.pem"), folder.join("key.pem")];
        std::fs::write(&files[0], made.pem())?;
        std::fs::write(&files[1], key.serialize_pem())?;
        let mut roots = RootCertStore::empty();
        roots.add(made.der().clone())?;
        let trust = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let [certificate, key] = files;
        Ok(Self { certificate, key, trust: Trust(Arc::new(trust)) })
    }
}

/// Connects to a host and port, and by TLS where there is somebody to believe.
pub(crate) async fn connect(authority: &str, trust: Option<&Trust>) -> io::Result<Wire> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let Some(Trust(config)) = trust else { return Ok(Either::Left(stream)) };
    let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
    Ok(Either::Right(TlsConnector::from(config.clone()).connect(name, stream).await?))
}
