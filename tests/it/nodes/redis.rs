//! The Redis that nodes talk over, as operators have it: behind Sentinels, behind TLS, or of a kind that cannot be used.

use super::presence::open;
use crate::crowd::{Crowd, Ground, HELD_WORD, rounds};
use crate::outage::becomes;
use crate::postgres::Postgres;
use crate::process::{PATIENCE, Server};
use crate::world::{Redis, free_port};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;

/// A Sentinel that watches this primary under the name `chat`, once it knows the replica too.
async fn sentinel(primary: &Redis) -> Redis {
    let port = free_port();
    let watched = format!(
        "sentinel monitor chat 127.0.0.1 {} 1\nsentinel down-after-milliseconds chat 1000\n\
         sentinel failover-timeout chat 3000\n",
        primary.port()
    );
    let sentinel = Redis::sentinel(port, &watched);
    let patience = Instant::now() + PATIENCE;
    while !sentinel.ask("INFO sentinel").contains("slaves=1") {
        assert!(Instant::now() < patience, "the Sentinel never found the replica: {}", sentinel.ask("INFO sentinel"));
        sleep(Duration::from_millis(100)).await;
    }
    sentinel
}

/// A supervisor who watches on one node is told of what is held on the other.
async fn the_channel_crosses(nodes: &[Server; 2], ground: &Ground, cid: &str) {
    let staff = ground.person("supervisor1");
    let mut watching = open(&nodes[1], ground, "supervisor1").await;
    assert_eq!(watching.ask(json!({"op": "watch", "queue": staff.site})).await["op"], "ok");
    let mentee = ground.person("mentee1");
    let mut says = open(&nodes[0], ground, "mentee1").await;
    let held = says.send(&mentee.conversation, cid, &format!("a {HELD_WORD}")).await.expect("an answer");
    while watching.next().await.expect("the new item")["item"]["message"] != held["message"] {}
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_behind_sentinels_follow_the_primary_over_a_failover() {
    let mut database = Postgres::start();
    for _ in 0..rounds(1, 5) {
        let mut primary = Redis::start();
        let replica = Redis::start_with(&["--replicaof", "127.0.0.1", &primary.port().to_string()]);
        let sentinel = sentinel(&primary).await;
        let bus = format!("[bus]\nredis = \"redis+sentinel://127.0.0.1:{}/chat\"\n", sentinel.port());
        let ground = Ground::on_postgres(&mut database, &bus).await;
        let nodes = [ground.serve(), ground.serve()];
        for node in &nodes {
            becomes(node, "ok").await;
        }
        let crowd = Crowd::gather_at(&ground, &nodes.each_ref());
        crowd.talk(20, PATIENCE).await;
        primary.kill();
        becomes(&nodes[0], "degraded").await;
        crowd.talk(20, PATIENCE).await;
        for node in &nodes {
            becomes(node, "ok").await;
        }
        assert!(replica.ask("ROLE").contains("master"), "the replica was made the primary");
        crowd.talk(20, PATIENCE).await;
        crowd.settle(&nodes[1]).await;
        the_channel_crosses(&nodes, &ground, "after").await;
    }
}

/// A certificate authority of our own, and a certificate for this machine; both in files.
fn certificates() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("a file");
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("a name");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "An authority of a test");
    let key = rcgen::KeyPair::generate().expect("a key");
    put("ca.pem", params.self_signed(&key).expect("an authority").pem());
    let authority = rcgen::Issuer::new(params, key);
    let own = rcgen::CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("names");
    let key = rcgen::KeyPair::generate().expect("a key");
    put("cert.pem", own.signed_by(&key, &authority).expect("a certificate").pem());
    put("key.pem", key.serialize_pem());
    folder
}

fn with_tls(files: &Path, port: u16) -> Redis {
    let file = |name: &str| files.join(name).to_string_lossy().into_owned();
    let tls_port = port.to_string();
    let (certificate, key, authority) = (file("cert.pem"), file("key.pem"), file("ca.pem"));
    Redis::start_with(&[
        "--tls-port",
        &tls_port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
        "--tls-auth-clients",
        "no",
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_behind_tls_is_spoken_to_if_its_certificate_is_trusted_and_not_otherwise() {
    let (files, port) = (certificates(), free_port());
    let redis = with_tls(files.path(), port);
    let ground = Ground::new(&format!("[bus]\nredis = \"rediss://127.0.0.1:{port}/\"\n"));
    let authority = files.path().join("ca.pem").to_string_lossy().into_owned();
    let trusting = Server::serve_under(&ground.config, &[], &[("SSL_CERT_FILE", authority)]);
    becomes(&trusting, "ok").await;
    assert!(redis.ask("CLIENT LIST TYPE pubsub").contains("sub=2"), "it listens by TLS");
    let doubting = ground.serve();
    doubting.hear("Redis is away", PATIENCE).await;
    becomes(&doubting, "degraded").await;
}

#[test]
fn a_redis_in_cluster_mode_is_refused_with_what_to_do() {
    let redis = Redis::start_with(&["--cluster-enabled", "yes"]);
    match Server::try_serve(&Ground::new(&redis.as_bus()).config) {
        Ok(server) => panic!("it starts:\n{}", server.said()),
        Err((ended, said)) => {
            assert_eq!(ended.code(), Some(1), "{said}");
            for word in ["cluster mode", "cluster-enabled no", "redis+sentinel://"] {
                assert!(said.contains(word), "it does not say {word:?}:\n{said}");
            }
        }
    }
}
