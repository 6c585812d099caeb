//! What an operator watches: `/metrics`, and the board and the alerts that are made of it.

use crate::web;
use crate::world::{On, UNDO_MS, World, settings};
use handrail_domain::people::Role;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

async fn world() -> (World, SocketAddr) {
    let metrics = SocketAddr::from(([127, 0, 0, 1], crate::world::free_port()));
    let world =
        World::with(On::Local, settings(UNDO_MS), |config| config.fixed.server.metrics_listen = Some(metrics)).await;
    (world, metrics)
}

async fn page(at: SocketAddr) -> String {
    let answer = web::ask(at, "GET", "/metrics", &[], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// The value of a line that begins so.
fn value(page: &str, line: &str) -> f64 {
    let found = page.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(' '));
    found.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{line} is not in\n{page}"))
}

#[tokio::test]
async fn what_waits_is_told_by_severity_with_the_age_of_the_oldest_and_who_watches() {
    let (world, metrics) = world().await;
    let (ann, bob) = (world.person("ann", Role::Mentee).await, world.person("bob", Role::Mentor).await);
    let sue = world.person("sue", Role::Supervisor).await;
    let conversation = world.pair(&ann, &bob).await.to_string();
    let urgent = "handrail_items_waiting{severity=\"urgent\"}";
    assert_eq!(value(&page(metrics).await, urgent), 0.0);
    let mut ann = world.connect(&ann).await;
    ann.send(&conversation, "m1", "i want to kill myself").await.expect("it is held");
    let patience = Instant::now() + Duration::from_secs(20);
    while value(&page(metrics).await, "handrail_items_oldest_seconds{severity=\"urgent\"}") <= 0.0 {
        assert!(Instant::now() < patience, "its age is not told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = page(metrics).await;
    assert_eq!(value(&told, urgent), 1.0);
    assert_eq!(value(&told, "handrail_items_waiting{severity=\"low\"}"), 0.0);
    let mut sue = world.connect(&sue).await;
    sue.ask(serde_json::json!({"op": "watch", "queue": world.site.to_string()})).await.expect("she may watch");
    assert!(value(&page(metrics).await, "handrail_watchers") >= 1.0);
}

#[tokio::test]
async fn what_the_process_uses_and_which_rules_judge_is_told_under_the_usual_names() {
    let (world, metrics) = world().await;
    let told = page(metrics).await;
    assert!(value(&told, "process_resident_memory_bytes") > 1e6);
    assert!(value(&told, "process_open_fds") > 3.0 && value(&told, "process_max_fds") > 100.0);
    assert!(value(&told, "process_cpu_seconds_total") > 0.0);
    let rules = world.chat.rules_version().expect("rules");
    assert_eq!(value(&told, &format!("handrail_rules_info{{version=\"{rules}\"}}")), 1.0);
}

/// An alert about a number that is not there never rings.
#[tokio::test]
async fn the_board_and_the_alerts_ask_for_numbers_that_there_are() {
    let (_world, metrics) = world().await;
    let told = page(metrics).await;
    let given: BTreeSet<&str> =
        told.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/deploy");
    for file in ["prometheus/handrail.rules.yml", "grafana/handrail.json"] {
        let text = std::fs::read_to_string(deploy.join(file)).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let asked: BTreeSet<&str> = words
            .filter(|word| word.starts_with("handrail_") || word.starts_with("process_"))
            .map(|word| word.trim_end_matches("_bucket"))
            .collect();
        assert!(asked.len() > 8, "{file} asks for {asked:?}");
        let absent: Vec<_> = asked.difference(&given).collect();
        assert!(absent.is_empty(), "{file} asks for {absent:?}, which /metrics does not have");
    }
}
