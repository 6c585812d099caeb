//! `GET /metrics`: the process's own numbers, and those that are asked for as they are wanted: what waits in the record, which rules
//! judge, and what the process uses, under the names that Prometheus' clients give it.

use super::BUILD;
use crate::bus::{Bus, BusHealth};
use crate::chat::Chat;
use crate::fresh;
use crate::store::WaitingNow;
use crate::telemetry::{Gauge, METRICS_CONTENT_TYPE, metrics, numbers};
use axum::extract::State;
use axum::response::IntoResponse;
use handrail_domain::finding::Severity;
use http::header::CONTENT_TYPE;
use std::sync::Arc;

pub(super) async fn page(State(chat): State<Arc<Chat>>) -> impl IntoResponse {
    metrics().set(Gauge::WriterQueue, i64::try_from(chat.store().health().waiting).unwrap_or(i64::MAX));
    let redis = match (chat.bus(), chat.bus().health()) {
        (Bus::Local(_), _) => -1,
        (Bus::Redis(_), BusHealth::Away) => 0,
        (Bus::Redis(_), BusHealth::Ok) => 1,
    };
    metrics().set(Gauge::Redis, redis);
    let mut out = metrics().render();
    // A record that cannot be read has no numbers: none is better than a false nought.
    if let Ok(waiting) = chat.store().read(|record| record.waiting_now()).await {
        queue(&mut out, &waiting);
    }
    let rules = chat.rules_version().unwrap_or_default();
    numbers(&mut out, "handrail_rules_info", "The rules that judge.", "gauge", [(label("version", &rules), 1.0)]);
    numbers(&mut out, "handrail_build_info", "The program.", "gauge", [(label("version", BUILD), 1.0)]);
    process(&mut out);
    ([(CONTENT_TYPE, METRICS_CONTENT_TYPE)], out)
}

fn label(name: &str, value: &str) -> String {
    format!("{{{name}=\"{value}\"}}")
}

fn queue(out: &mut String, waiting: &[WaitingNow]) {
    let now = fresh::now();
    let of = |severity: Severity| waiting.iter().find(|one| one.severity == severity);
    let rows = |number: &dyn Fn(&WaitingNow) -> f64| {
        Severity::ALL.map(|severity| (label("severity", severity.as_str()), of(severity).map_or(0.0, number)))
    };
    let many = rows(&|one| one.many as f64);
    numbers(out, "handrail_items_waiting", "Held messages that wait for a decision.", "gauge", many);
    let oldest = rows(&|one| now.since_ms(one.oldest) as f64 / 1_000.0);
    numbers(out, "handrail_items_oldest_seconds", "How long the oldest of them has waited.", "gauge", oldest);
}

/// What the process uses, as Linux tells it; nothing on another system.
fn process(out: &mut String) {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return };
    // Behind the name in brackets, which may hold anything, the fields begin with the third (proc_pid_stat(5)).
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let field = |n: usize| fields.get(n - 3).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    let resident = field(24) * rustix::param::page_size() as f64;
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let one = |value: f64| [(String::new(), value)];
    let cpu = (field(14) + field(15)) / ticks;
    numbers(out, "process_cpu_seconds_total", "Processor time used.", "counter", one(cpu));
    numbers(out, "process_resident_memory_bytes", "Memory in use.", "gauge", one(resident));
    numbers(out, "process_open_fds", "Open files.", "gauge", one(open as f64));
    numbers(out, "process_max_fds", "How many files may be open.", "gauge", one(limit as f64));
}
