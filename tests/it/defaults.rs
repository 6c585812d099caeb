//! `docs/DEFAULTS.md` says what holds before anybody chooses: it is so.

use handrail::config::Config;
use handrail_domain::people::SiteSettings;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The second cell of every row, without its backticks, by the first.
fn rows() -> BTreeMap<String, String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/DEFAULTS.md");
    let text = std::fs::read_to_string(page).expect("the page");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect();
        assert!(cells.len() >= 3 && cells.iter().all(|cell| !cell.is_empty()), "nothing is left open: {line}");
        (cells[0].to_owned(), cells[1].to_owned())
    })
    .collect()
}

#[test]
fn what_a_site_has_not_chosen_is_what_the_page_says() {
    let rows = rows();
    let Value::Object(settings) = serde_json::to_value(SiteSettings::default()).expect("settings") else {
        panic!("settings are an object")
    };
    for (key, value) in &settings {
        let told = rows.get(key).unwrap_or_else(|| panic!("docs/DEFAULTS.md has no row for {key}"));
        let told: Value = serde_json::from_str(told).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert_eq!(&told, value, "the default of {key}");
    }
}

#[test]
fn what_an_operator_has_not_chosen_is_what_the_page_says() {
    let rows = rows();
    let config = Config::defaults(Path::new("/etc/handrail"));
    let (session, server) = (&config.live.session, &config.fixed.server);
    let days = session.unused.map(|unused| unused.as_secs() / 86_400);
    let off = |on: bool| if on { "on" } else { "off" }.to_owned();
    for (key, holds) in [
        ("session.second_step", format!("\"{}\"", if session.second_step { "staff" } else { "nobody" })),
        ("session.unused_days", days.unwrap_or_default().to_string()),
        ("server.listen", format!("\"{}\"", server.listen)),
        ("server.metrics_listen", off(server.metrics_listen.is_some())),
        ("webhook.url", off(config.fixed.webhook.url.is_some())),
        ("log.level", format!("\"{}\"", config.live.log_level.as_str())),
    ] {
        assert_eq!(rows.get(key), Some(&holds), "{key}");
    }
}
