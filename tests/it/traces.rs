//! Traces: sent to a collector that the operator names, with where the time went and nothing of what was said or by whom.

use crate::process::{Server, Wire, http, people, person, word};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A collector of traces on this machine.
struct Collector {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (port, heard) = (listener.local_addr().expect("its address").port(), Arc::<Mutex<Vec<String>>>::default());
        let hears = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, hears.clone()));
            }
        });
        Self { port, heard }
    }

    /// Every span that was sent.
    fn spans(&self) -> Vec<Value> {
        let heard = self.heard.lock().expect("nobody panicked");
        let mut spans = Vec::new();
        for body in heard.iter() {
            let body: Value = serde_json::from_str(body).expect("JSON");
            for of in body["resourceSpans"].as_array().expect("spans by resource") {
                let of = of["scopeSpans"].as_array().expect("spans by scope").iter();
                spans.extend(of.flat_map(|scope| scope["spans"].as_array().expect("spans").clone()));
            }
        }
        spans
    }
}

/// Requests of one connection, each answered as a collector does.
async fn take(stream: TcpStream, hears: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        while stream.read_line(&mut head).await.is_ok_and(|read| read > 2) {}
        for line in head.lines() {
            if let Some(count) = line.to_lowercase().strip_prefix("content-length: ") {
                length = count.parse().expect("a number");
            }
        }
        let mut body = vec![0; length];
        if head.is_empty() || stream.read_exact(&mut body).await.is_err() {
            return;
        }
        assert!(head.starts_with("POST /v1/traces "), "{head}");
        hears.lock().expect("nobody panicked").push(String::from_utf8(body).expect("UTF-8"));
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

/// A record with the demonstration's people, and a configuration of a server over it with more in it.
fn ground(more: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Server::demo(&folder.path().join("data"), 1));
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/rules");
    let config = folder.path().join("handrail.toml");
    let text = format!("[server]\nlisten = \"127.0.0.1:0\"\n[rules]\nfolder = {rules:?}\n{more}");
    std::fs::write(&config, text).expect("a configuration");
    (folder, config)
}

fn attribute(span: &Value, key: &str) -> Option<String> {
    let found = span["attributes"].as_array()?.iter().find(|one| one["key"] == key)?;
    let value = &found["value"];
    value["stringValue"].as_str().map(str::to_owned).or_else(|| Some(value["intValue"].to_string().replace('"', "")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_says_where_the_time_of_a_message_went_and_nothing_of_what_it_said_or_who_said_it() {
    let collector = Collector::start().await;
    let (folder, config) = ground(&format!("[traces]\notlp = \"http://127.0.0.1:{}/v1/traces\"\n", collector.port));
    let mentee = person(&people(&folder.path().join("data")), "mentee1");
    let server = Server::serve(&config);
    let mut wire = Wire::open(server.address, &mentee.token, None).await.expect("a connection");
    wire.send(&mentee.conversation, "client-id-1", "zanzibar is far").await.expect("it is delivered");
    wire.send(&mentee.conversation, "client-id-2", "you are a twat").await.expect("it is held");
    let refused = wire.send("c_AAAAAAAAAAAAAAAAAAAAAA", "client-id-3", "hello").await.expect("an answer");
    assert_eq!(refused["code"], "not_found");
    let path = format!("/api/people/{}", mentee.account);
    assert_eq!(http(server.address, "GET", &path, &mentee.token, "").await.0, 403);
    server.terminate();
    assert!(server.ended().success());

    let spans = collector.spans();
    let named = |name: &str| -> Vec<&Value> { spans.iter().filter(|span| span["name"] == name).collect() };
    let ends: BTreeSet<_> = named("send").into_iter().filter_map(|span| attribute(span, "code")).collect();
    assert_eq!(ends.into_iter().collect::<Vec<_>>(), ["delivered", "held", "not_found"], "{spans:?}");
    let sends: BTreeMap<_, _> =
        named("send").iter().map(|span| (word(&span["spanId"]), word(&span["traceId"]))).collect();
    for part in ["judge", "commit"] {
        let within = named(part)
            .iter()
            .filter(|span| sends.get(&word(&span["parentSpanId"])) == Some(&word(&span["traceId"])))
            .count();
        assert!(within >= 2, "{part} is part of a send: {spans:?}");
    }
    assert!(
        !named("batch").is_empty()
            && named("deliver").iter().any(|span| attribute(span, "kind").as_deref() == Some("message.delivered"))
    );
    let request = named("GET /api/people/{id}");
    assert_eq!(request.len(), 1, "the route, not the address: {spans:?}");
    assert_eq!(attribute(request[0], "http.response.status_code").as_deref(), Some("403"));

    let heard = collector.heard.lock().expect("nobody panicked").concat();
    assert!(heard.contains("\"handrail\"") && heard.contains("service.version"));
    for secret in ["zanzibar", "twat", "client-id", "mentee1", &mentee.token, &mentee.account, &mentee.conversation] {
        assert!(!heard.contains(secret), "{secret} is in a trace");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_is_said_once_and_keeps_nobody_waiting() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("its address").port();
    let (folder, config) = ground(&format!("[traces]\notlp = \"http://127.0.0.1:{at}/v1/traces\"\n"));
    let mentee = person(&people(&folder.path().join("data")), "mentee1");
    // Spans are sent every fifth of a second here, so that many tries fail (OpenTelemetry's own name for that setting).
    let server = Server::serve_under(&config, &[], &[("OTEL_BSP_SCHEDULE_DELAY", "200".to_owned())]);
    let mut wire = Wire::open(server.address, &mentee.token, None).await.expect("a connection");
    for at in 0..4 {
        wire.send(&mentee.conversation, &format!("m{at}"), "hello there").await.expect("an answer");
        // Whoever comes with spans is hung up on.
        let (_gone, _) = listener.accept().await.expect("it tries again");
    }
    server.hear("takes no traces", crate::process::PATIENCE).await;
    server.terminate();
    let (ended, said) = server.ended_saying();
    assert!(ended.success(), "{said}");
    assert_eq!(said.matches("takes no traces").count(), 1, "{said}");
}
