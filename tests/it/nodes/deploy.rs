//! The files for operators are what the product understands.

use std::path::Path;

fn deployed(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/deploy").join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The configuration inside compose.yaml, with its variables given.
fn composed() -> String {
    let compose = deployed("compose.yaml");
    let block = compose.split_once("content: |\n").expect("a configuration").1;
    let lines = block.lines().take_while(|line| line.is_empty() || line.starts_with("      "));
    let text = lines.map(str::trim_start).collect::<Vec<_>>().join("\n");
    text.replace("${SITE}", "localhost").replace("${POSTGRES_PASSWORD}", "abc").replace("${REDIS_PASSWORD}", "def")
}

#[test]
fn the_composed_gateways_have_a_configuration_that_is_read_and_names_no_secret_of_its_own() {
    let text = composed();
    assert!(!text.contains('$') && text.contains("abc") && text.contains("def"), "{text}");
    let config = handrail::config::parse(&text, Path::new("/etc/handrail/handrail.toml")).expect("a configuration");
    assert!(config.fixed.database.is_some() && matches!(config.fixed.bus, handrail::config::Bus::Redis(_)));
    // A container is not killed before the drain's time is over.
    let grace = deployed("compose.yaml");
    let grace = grace.split_once("stop_grace_period: ").and_then(|(_, rest)| rest.split_once("s\n")).expect("a time").0;
    assert!(grace.parse::<u64>().expect("seconds") > config.fixed.server.drain.as_secs());
}

#[test]
fn every_gateway_that_is_composed_is_one_that_the_proxy_leads_to() {
    let (compose, proxy) = (deployed("compose.yaml"), deployed("Caddyfile"));
    let names = compose.lines().filter_map(|line| line.trim().split_once(": { <<: *gateway").map(|(name, _)| name));
    let names: Vec<&str> = names.collect();
    assert_eq!(names.len(), 2);
    for name in names {
        assert!(proxy.contains(&format!("{name}:8080")), "{name}");
    }
    assert!(proxy.contains("/health/ready"));
}
