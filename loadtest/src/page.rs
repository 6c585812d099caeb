//! A report as one page that needs nothing else: no script, no picture, no font of another place. It opens in any browser, prints, and can
//! be kept beside the figures for years.

use crate::report::{Latencies, Report};
use crate::timeline::Sample;
use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
/// Room for the words beside and below a plot.
const LEFT: f64 = 60.0;
const BELOW: f64 = 24.0;
/// Lines across a plot.
const LINES: usize = 4;

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b1f23; --soft: #57606a; --line: #d0d7de; --a: #0b5d51; --b: #9c1f14; --c: #7a4d00; --d: #1f4f9c; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceff1; --soft: #b3bdc5; --line: #40484e; --a: #57c9b2; --b: #ff9c90; --c: #f0c067; --d: #8fb8ff; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child { text-align: left; } .passed { color: var(--a); } .failed { color: var(--b); } svg { width: 100%; height: auto; }
svg text { font-size: 12px; fill: var(--soft); } .grid { stroke: var(--line); } .mark { stroke: var(--b); stroke-dasharray: 4 3; }
polyline { fill: none; stroke-width: 2; } .s0 { stroke: var(--a); } .s1 { stroke: var(--b); } .s2 { stroke: var(--c); } .s3 { stroke: var(--d); }
.key span { margin-right: 1rem; } .k0 { color: var(--a); } .k1 { color: var(--b); } .k2 { color: var(--c); } .k3 { color: var(--d); }
code, td.left { overflow-wrap: anywhere; text-align: left; }
";

/// A line of a plot: its name, and its points.
type Line<'a> = (&'a str, Vec<(f64, f64)>);

/// The page.
pub(crate) fn page(report: &Report) -> String {
    let verdict = if report.passed { "passed" } else { "failed" };
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Load test: {verdict}</title><style>{STYLE}</style><h1>Load test: <span class=\"{verdict}\">{verdict}</span></h1>"
    );
    for reason in report.failed_because.iter().chain(&report.invalid_because) {
        let _ = write!(out, "<p class=\"failed\">{}</p>", escaped(reason));
    }
    setting(&mut out, report);
    latencies(&mut out, &report.latency_ms);
    counts(&mut out, report);
    plots(&mut out, report);
    samples(&mut out, &report.timeline);
    out.push_str("</html>\n");
    out
}

fn setting(out: &mut String, report: &Report) {
    let setting = &report.setting;
    let rows = [
        ("Command", setting.command.clone()),
        ("Version", setting.version.to_owned()),
        ("Machine", setting.machine.clone()),
        ("Data on", setting.data_file_system.clone().unwrap_or_else(|| "another machine".into())),
        ("Record", report.audited.clone().unwrap_or_else(|| "not checked here".into())),
        (
            "People",
            format!(
                "{} in {} relationships, {} supervisors",
                setting.people, setting.relationships, setting.supervisors
            ),
        ),
        ("Nodes", setting.nodes.to_string()),
        (
            "Rate",
            format!(
                "{} messages a second for {} s, after {} s of warm-up",
                setting.rate, setting.duration_s, setting.warmup_s
            ),
        ),
        ("Unsafe", format!("{} % of the messages", setting.unsafe_share * 100.0)),
        ("Seed", setting.seed.to_string()),
    ];
    out.push_str("<table>");
    for (name, value) in rows {
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th><td class=\"left\">{}</td></tr>", escaped(&value));
    }
    out.push_str("</table>");
}

fn latencies(out: &mut String, latency: &Latencies) {
    out.push_str("<h2>Latency from the intended send time, ms</h2><table><tr><th></th>");
    for name in ["p50", "p90", "p99", "p99.9", "p99.99", "longest", "messages"] {
        let _ = write!(out, "<th scope=\"col\">{name}</th>");
    }
    out.push_str("</tr>");
    for (name, of) in [
        ("Send to partner", &latency.send_to_partner),
        ("Send to ok", &latency.send_to_ok),
        ("Hold to queue", &latency.hold_to_queue),
    ] {
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th>");
        for value in [of.p50, of.p90, of.p99, of.p999, of.p9999, of.max] {
            let _ = write!(out, "<td>{value:.2}</td>");
        }
        let _ = write!(out, "<td>{}</td></tr>", of.count);
    }
    out.push_str("</table>");
}

fn counts(out: &mut String, report: &Report) {
    out.push_str("<h2>What became of them</h2><table>");
    for (name, count) in [
        ("Sent", report.sent),
        ("Acknowledged", report.acknowledged),
        ("Delivered", report.delivered),
        ("Held", report.held),
        ("Decided", report.decided),
        ("Lost", report.lost),
        ("Twice", report.duplicated),
        ("Out of order", report.disordered),
        ("Unsafe and delivered", report.unsafe_shown),
        ("Decided twice", report.decided_twice),
        ("Errors", report.errors),
        ("Sockets opened again", report.reconnects),
        ("Slow devices cut off", report.slow_cut_off),
        ("Attacks", report.attacks),
    ] {
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th><td>{count}</td></tr>");
    }
    let cost = |name: &str, value: Option<f64>, unit: &str| {
        value.map_or_else(String::new, |value| {
            format!("<tr><th scope=\"row\">{name}</th><td>{value:.1} {unit}</td></tr>")
        })
    };
    let server = report.server.as_ref();
    out.push_str(&cost("Processor time a message, nodes", server.map(|cost| cost.cpu_us_per_message), "µs"));
    out.push_str(&cost("Redis", server.and_then(|cost| cost.redis_cpu_us_per_message), "µs"));
    out.push_str(&cost("PostgreSQL", server.and_then(|cost| cost.postgres_cpu_us_per_message), "µs"));
    out.push_str(&cost("Memory of the nodes", server.map(|cost| cost.rss_mib), "MiB"));
    out.push_str(&cost("Memory grows", report.growth_mib_an_hour, "MiB an hour"));
    out.push_str(&cost("Generator, of the machine", Some(report.generator.cpu_share * 100.0), "%"));
    out.push_str(&cost("Generator late, p99", Some(report.generator.lag_ms_p99), "ms"));
    out.push_str("</table>");
}

fn plots(out: &mut String, report: &Report) {
    let all = &report.timeline;
    let line = |of: fn(&Sample) -> Option<f64>| -> Vec<(f64, f64)> {
        all.iter().filter_map(|one| Some((one.at_s, of(one)?))).collect()
    };
    let marks = &report.marks_s;
    plot(
        out,
        "Latency, ms",
        marks,
        &[
            ("to partner p50", line(|one| one.send_to_partner_p50)),
            ("to partner p99", line(|one| one.send_to_partner_p99)),
            ("to queue p99", line(|one| one.hold_to_queue_p99)),
        ],
    );
    // The further to the right, the fewer are left: each step of ten has the same width (as HdrHistogram draws it).
    let nines = |percent: f64| -(1.0 - percent.min(99.999) / 100.0).log10();
    let curve = report.curve.iter().map(|point| (nines(point.percent), point.ms)).collect();
    let title = "Latency to the partner by percentile, ms: 90, 99 and 99.9 % are at a fifth, two and three fifths";
    drawn(out, title, ["0 %", "the longest"], &[], &[("to partner", curve)]);
    plot(out, "Delivered a second", marks, &[("messages", line(|one| Some(one.delivered_a_second)))]);
    plot(out, "On their way", marks, &[("messages", line(|one| Some(one.on_their_way as f64)))]);
    plot(
        out,
        "Processor, cores",
        marks,
        &[
            ("nodes", line(|one| one.server_cpu)),
            ("Redis", line(|one| one.redis_cpu)),
            ("PostgreSQL", line(|one| one.postgres_cpu)),
            ("generator, of the machine", line(|one| Some(one.generator_cpu))),
        ],
    );
    plot(
        out,
        "Memory of the nodes, MiB",
        marks,
        &[
            ("resident", line(|one| one.server_rss_mib)),
            ("of it without the program's file", line(|one| one.server_anonymous_mib)),
        ],
    );
}

/// A plot over time.
fn plot(out: &mut String, title: &str, marks: &[f64], lines: &[Line<'_>]) {
    let times = || lines.iter().flat_map(|(_, points)| points).map(|point| point.0);
    let end = |of: fn(f64, f64) -> f64| format!("{:.0} s", times().reduce(of).unwrap_or_default());
    drawn(out, title, [&end(f64::min), &end(f64::max)], marks, lines);
}

/// A plot of some lines, with words at both ends; nothing, where there is nothing to draw.
fn drawn(out: &mut String, title: &str, ends: [&str; 2], marks: &[f64], lines: &[Line<'_>]) {
    let lines: Vec<&Line<'_>> = lines.iter().filter(|(_, points)| points.len() > 1).collect();
    let points = || lines.iter().flat_map(|(_, points)| points);
    let Some(right) = points().map(|point| point.0).reduce(f64::max) else { return };
    let left = points().map(|point| point.0).fold(right, f64::min);
    let top = nice(points().map(|point| point.1).fold(0.0, f64::max));
    let x = |at: f64| LEFT + (at - left) / (right - left).max(1e-9) * (WIDTH - LEFT);
    let y = |value: f64| HEIGHT - value / top * HEIGHT + 8.0;
    let _ = write!(out, "<h2>{}</h2><p class=\"key\">", escaped(title));
    for (at, (name, _)) in lines.iter().enumerate() {
        let _ = write!(out, "<span class=\"k{at}\">● {name}</span>");
    }
    let _ = write!(
        out,
        "</p><svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">",
        HEIGHT + BELOW + 8.0,
        escaped(title)
    );
    for step in 0..=LINES {
        let value = top * step as f64 / LINES as f64;
        let at = y(value);
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{WIDTH}\" y2=\"{at:.1}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            at + 4.0,
            short(value)
        );
    }
    for mark in marks.iter().filter(|mark| (left..=right).contains(*mark)) {
        let _ = write!(
            out,
            "<line class=\"mark\" x1=\"{0:.1}\" y1=\"8\" x2=\"{0:.1}\" y2=\"{1:.1}\"/>",
            x(*mark),
            HEIGHT + 8.0
        );
    }
    for (at, (_, points)) in lines.iter().enumerate() {
        let path: Vec<String> = points.iter().map(|(a, b)| format!("{:.1},{:.1}", x(*a), y(*b))).collect();
        let _ = write!(out, "<polyline class=\"s{at}\" points=\"{}\"/>", path.join(" "));
    }
    let _ = write!(
        out,
        "<text x=\"{LEFT}\" y=\"{0}\">{1}</text><text x=\"{WIDTH}\" y=\"{0}\" text-anchor=\"end\">{2}</text></svg>",
        HEIGHT + BELOW + 4.0,
        ends[0],
        ends[1]
    );
}

/// The least of 1, 2 and 5 times a power of ten that is not below a value.
fn nice(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|top| *top >= value).unwrap_or(value)
}

fn short(value: f64) -> String {
    if value == value.trunc() { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn samples(out: &mut String, all: &[Sample]) {
    if all.is_empty() {
        return;
    }
    out.push_str("<details><summary>Every step as a table</summary><table><tr>");
    for name in ["s", "delivered/s", "p50 ms", "p99 ms", "to queue p99 ms", "on their way", "nodes, cores", "MiB"] {
        let _ = write!(out, "<th scope=\"col\">{name}</th>");
    }
    out.push_str("</tr>");
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    for one in all {
        let _ = write!(out, "<tr><th scope=\"row\">{:.0}</th><td>{:.1}</td>", one.at_s, one.delivered_a_second);
        for value in [one.send_to_partner_p50, one.send_to_partner_p99, one.hold_to_queue_p99] {
            let _ = write!(out, "<td>{}</td>", cell(value));
        }
        let (cpu, rss) = (cell(one.server_cpu), cell(one.server_rss_mib));
        let _ = write!(out, "<td>{}</td><td>{cpu}</td><td>{rss}</td></tr>", one.on_their_way);
    }
    out.push_str("</table></details>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_plot_is_a_round_number_that_holds_every_point() {
        for (value, top) in [(0.0, 1.0), (0.7, 1.0), (1.0, 1.0), (1.1, 2.0), (4.2, 5.0), (51.0, 100.0), (0.012, 0.02)] {
            assert!((nice(value) - top).abs() < 1e-9, "{value}: {}", nice(value));
        }
    }

    #[test]
    fn a_plot_draws_its_lines_and_its_marks_and_nothing_where_there_is_nothing() {
        let mut out = String::new();
        plot(&mut out, "Latency <ms>", &[2.0, 99.0], &[("p50", vec![(0.0, 1.0), (4.0, 3.0)]), ("none", Vec::new())]);
        assert!(out.contains("Latency &lt;ms&gt;") && !out.contains("none"), "{out}");
        assert_eq!((out.matches("<polyline").count(), out.matches("class=\"mark\"").count()), (1, 1), "{out}");
        let before = out.len();
        plot(&mut out, "Nothing", &[], &[("none", Vec::new())]);
        assert_eq!(out.len(), before);
    }
}
