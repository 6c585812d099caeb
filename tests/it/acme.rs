//! A certificate that the server orders for itself, from a real authority on this machine (Let's Encrypt's own test server, Pebble).

use crate::nodes::tls::certificates;
use crate::process::Server;
use crate::web;
use crate::world::free_port;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const NAME: &str = "chat.example.org";
const SOON: Duration = Duration::from_secs(60);

/// The authority, and a name server for which every name is this machine. Both are gone with it.
struct Authority {
    processes: Vec<Child>,
    files: TempDir,
    port: u16,
    management: u16,
}

impl Authority {
    /// It looks at the proof of a name at that port, and gives certificates for so many seconds.
    async fn start(proof_at: u16, seconds: u64) -> Self {
        let (files, port, management, dns) = (certificates(&["localhost"]), free_port(), free_port(), free_port());
        let config = json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": files.path().join("cert.pem"),
            "privateKey": files.path().join("key.pem"),
            "httpPort": 1,
            "tlsPort": proof_at,
            "certificateValidityPeriod": seconds,
        }});
        let at = files.path().join("pebble.json");
        std::fs::write(&at, config.to_string()).expect("a configuration");
        let start = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).env("PEBBLE_VA_NOSLEEP", "1").stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap_or_else(|_| panic!("{program} starts; install it with `apt-get install pebble`"))
        };
        let name_server = format!("127.0.0.1:{dns}");
        let processes = vec![
            start(
                "pebble-challtestsrv",
                &[
                    "-dns01",
                    &name_server,
                    "-defaultIPv6",
                    "",
                    "-http01",
                    "",
                    "-https01",
                    "",
                    "-tlsalpn01",
                    "",
                    "-management",
                    "127.0.0.1:0",
                ],
            ),
            start("pebble", &["-config", &at.to_string_lossy(), "-dnsserver", &name_server]),
        ];
        let authority = Self { processes, files, port, management };
        let patience = Instant::now() + SOON;
        while TcpStream::connect(("127.0.0.1", authority.management)).await.is_err() {
            assert!(Instant::now() < patience, "pebble does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        authority
    }

    /// The configuration, in that folder, of a server that listens at `port` and tells its numbers at the other.
    fn asked(&self, folder: &Path, port: u16, numbers: u16) -> PathBuf {
        let (directory, authority) = (self.port, self.files.path().join("ca.pem"));
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/rules");
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_origins = [\"https://{NAME}\"]\nmetrics_listen = \"127.0.0.1:{numbers}\"\n\
             [server.acme]\ndomains = [\"{NAME}\"]\nterms_agreed = true\ncontact = \"mailto:ops@example.org\"\n\
             directory = \"https://localhost:{directory}/dir\"\nauthority = {authority:?}\n\
             [rules]\nfolder = {rules:?}\n",
        );
        let file = folder.join("handrail.toml");
        std::fs::write(&file, config).expect("a configuration");
        file
    }

    /// The certificate that signs in its name.
    async fn root(&self) -> CertificateDer<'static> {
        let own = CertificateDer::from_pem_file(self.files.path().join("ca.pem")).expect("PEM");
        let mut link = dial(self.management, "localhost", own).await.expect("its own certificate is good");
        let ask = b"GET /roots/0 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        link.write_all(ask).await.expect("it reads");
        let mut answer = Vec::new();
        // It may close without saying goodbye; what it said is complete all the same.
        let _unclean = link.read_to_end(&mut answer).await;
        CertificateDer::from_pem_slice(&answer).expect("a certificate")
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // It may be gone already; then there is nothing to end.
            let _gone = process.kill();
            let _reaped = process.wait();
        }
    }
}

/// A connection as a browser makes it that trusts this root.
async fn dial(port: u16, name: &'static str, root: CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(root).expect("a root");
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let tcp = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from(name).expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

/// The certificate that a browser is shown, once it is one that the authority signed and not this one.
async fn shown(port: u16, root: &CertificateDer<'static>, not: Option<&[u8]>) -> Vec<u8> {
    let patience = Instant::now() + SOON;
    loop {
        if let Ok(link) = dial(port, NAME, root.clone()).await {
            let own = link.get_ref().1.peer_certificates().and_then(|chain| chain.first()).expect("a certificate");
            if not != Some(own.as_ref()) {
                return own.to_vec();
            }
        }
        assert!(Instant::now() < patience, "no certificate that the authority signed is shown");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_orders_its_certificate_renews_it_at_two_thirds_and_keeps_it_over_a_start() {
    let (port, folder) = (free_port(), tempfile::tempdir().expect("a folder"));
    let authority = Authority::start(port, 24).await;
    let root = authority.root().await;
    let config = authority.asked(folder.path(), port, free_port());
    let server = Server::serve(&config);
    let first = shown(port, &root, None).await;
    let pair = folder.path().join("data/acme/certificate.pem");
    let kept = || CertificateDer::from_pem_file(&pair).expect("PEM").to_vec();
    assert_eq!(kept(), first);
    let second = shown(port, &root, Some(&first)).await;
    assert_eq!(kept(), second, "renewed after 16 of 24 seconds");
    server.kill();
    let account = || std::fs::read(folder.path().join("data/acme/account.json")).expect("who we are to the authority");
    let before = account();
    drop(authority);
    // Nobody is there to be asked now, and what was kept is good for some seconds.
    let _server = Server::serve(&config);
    assert_eq!(shown(port, &root, None).await, second);
    assert_eq!(account(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_cannot_see_the_proof_is_counted_and_the_server_goes_on() {
    let (port, numbers, folder) = (free_port(), free_port(), tempfile::tempdir().expect("a folder"));
    // It looks for the proof at a port where nobody is.
    let authority = Authority::start(free_port(), 3_600).await;
    let server = Server::serve(&authority.asked(folder.path(), port, numbers));
    server.hear("no certificate could be ordered", SOON).await;
    let page = web::ask(SocketAddr::from(([127, 0, 0, 1], numbers)), "GET", "/metrics", &[], "").await.body;
    assert!(page.contains("handrail_certificate_orders_failed_total 1\n"), "{page}");
    assert!(!folder.path().join("data/acme/certificate.pem").exists());
    let refused = dial(port, NAME, authority.root().await).await.expect_err("nobody signed what is shown");
    assert!(refused.to_string().contains("certificate"), "{refused}");
}
