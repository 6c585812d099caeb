//! Redis and PostgreSQL over a network: by TLS, if their certificate is one that this machine trusts.

use crate::crowd::Ground;
use crate::outage::becomes;
use crate::postgres::Postgres;
use crate::process::{PATIENCE, Server};
use crate::world::{Redis, free_port};
use std::path::Path;
use tempfile::TempDir;

/// A certificate authority of our own, and a certificate for these names and addresses of this machine; all in files.
pub(crate) fn certificates(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("a file");
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("a name");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "An authority of a test");
    let key = rcgen::KeyPair::generate().expect("a key");
    put("ca.pem", params.self_signed(&key).expect("an authority").pem());
    let authority = rcgen::Issuer::new(params, key);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let own = rcgen::CertificateParams::new(names).expect("names");
    let key = rcgen::KeyPair::generate().expect("a key");
    put("cert.pem", own.signed_by(&key, &authority).expect("a certificate").pem());
    put("key.pem", key.serialize_pem());
    folder
}

/// What makes a server trust that authority.
pub(super) fn trusting(files: &Path) -> [(&'static str, String); 1] {
    [("SSL_CERT_FILE", files.join("ca.pem").to_string_lossy().into_owned())]
}

fn redis_with_tls(files: &Path, port: u16) -> Redis {
    let port = port.to_string();
    let file = |name: &str| files.join(name).to_string_lossy().into_owned();
    let (certificate, key, authority) = (file("cert.pem"), file("key.pem"), file("ca.pem"));
    let own = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key];
    let theirs = ["--tls-ca-cert-file", &authority, "--tls-auth-clients", "no"];
    Redis::start_with(&[&own[..], &theirs[..]].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_behind_tls_is_spoken_to_if_its_certificate_is_trusted_and_not_otherwise() {
    let (files, port) = (certificates(&["127.0.0.1"]), free_port());
    let redis = redis_with_tls(files.path(), port);
    let ground = Ground::new(&format!("[bus]\nredis = \"rediss://127.0.0.1:{port}/\"\n"));
    let trusts = Server::serve_under(&ground.config, &[], &trusting(files.path()));
    becomes(&trusts, "ok").await;
    assert!(redis.ask("CLIENT LIST TYPE pubsub").contains("sub=2"), "it listens by TLS");
    let doubts = ground.serve();
    doubts.hear("Redis is away", PATIENCE).await;
    becomes(&doubts, "degraded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_behind_tls_is_spoken_to_if_its_certificate_is_trusted_and_not_otherwise() {
    let files = certificates(&["127.0.0.1"]);
    let mut database = Postgres::start_with_tls(files.path());
    let ground = Ground::on_postgres(&mut database, "").await;
    let encrypted = ground.another("sslmode=disable", "sslmode=require");
    let trusts = Server::serve_under(&encrypted, &[], &trusting(files.path()));
    becomes(&trusts, "ok").await;
    match Server::try_serve(&encrypted) {
        Ok(server) => panic!("it trusts anybody:\n{}", server.said()),
        Err((ended, said)) => {
            assert_eq!(ended.code(), Some(1), "{said}");
            assert!(said.contains("database server") && said.contains("certificate"), "{said}");
        }
    }
}
