//! Why one text is held or delivered, for a person at a terminal or as JSON.

use super::align::Aligned;
use super::bench::{Bench, Judged, Seen};
use super::line::Said;
use anyhow::anyhow;
use handrail_domain::filter::Rules;
use handrail_domain::finding::Span;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Judgements that warm up, and those that are measured.
const WARM: usize = 10;
const MEASURED: usize = 50;

/// Judges a text and says what came of it.
pub fn explain(rules: Rules, said: &Said, as_json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let mut bench = Bench::new(rules);
    let mut times = Vec::with_capacity(MEASURED);
    let judged = bench.judge(said).map_err(|why| anyhow!("{why}"))?;
    for at in 0..WARM + MEASURED {
        let again = bench.judge(said).map_err(|why| anyhow!("{why}"))?;
        times.extend((at >= WARM).then_some(again.took));
    }
    let took = median(times);
    if as_json {
        serde_json::to_writer_pretty(&mut *out, &in_json(&bench, said, &judged, took))?;
        writeln!(out)?;
    } else {
        out.write_all(in_words(&bench, said, &judged, took).as_bytes())?;
    }
    Ok(())
}

/// The middle of some times, in microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_nanos() as f64 / 1_000.0)
}

fn in_json(bench: &Bench, said: &Said, judged: &Judged, took: f64) -> Value {
    let finding = |seen: &Seen| {
        let found = &seen.finding;
        let part = |part: &handrail_domain::finding::Part| json!({ "message": number(part), "text": part.text, "span": part.span });
        json!({
            "rule": found.rule, "category": found.category, "severity": found.severity, "span": seen.span,
            "matched": found.excerpt, "hidden": found.evasion, "why": found.why,
            "parts": found.parts.iter().map(part).collect::<Vec<_>>(),
        })
    };
    json!({
        "verdict": judged.verdict(),
        "severity": judged.severity(),
        "text": said.text,
        "as": said.role,
        "findings": judged.seen.iter().map(finding).collect::<Vec<_>>(),
        "version": bench.rules().version(),
        "took_us": took,
    })
}

/// Which of the earlier messages it is, from 1 on.
fn number(part: &handrail_domain::finding::Part) -> u64 {
    u64::try_from(part.message.bits()).unwrap_or_default()
}

fn in_words(bench: &Bench, said: &Said, judged: &Judged, took: f64) -> String {
    let severity = judged.severity().map_or(String::new(), |severity| format!(", {}", severity.as_str()));
    let verdict = if judged.held { "HELD" } else { "DELIVERED" };
    let mut words = format!("{verdict}{severity}\n\n");
    let aligned = Aligned::new(&said.text);
    let spans: Vec<Span> = judged.seen.iter().filter_map(|seen| seen.finding.span).collect();
    words += &underlined(aligned.stored(), &spans);
    for (at, seen) in judged.seen.iter().enumerate() {
        words += &format!("\n{}. {}", at + 1, in_lines(seen));
    }
    if judged.seen.is_empty() {
        words += "\nNo rule sees anything in it.\n";
    }
    let rules = bench.rules();
    words
        + &format!(
            "\nRules {} ({} rules), {took:.1} µs a judgement (median of {MEASURED}).\n",
            rules.version(),
            rules.len()
        )
}

fn in_lines(seen: &Seen) -> String {
    let found = &seen.finding;
    let where_it_is = seen.span.map_or("about the whole message".into(), place);
    let mut lines =
        format!("{}: {}, {}, {where_it_is}\n", found.rule, found.category.as_str(), found.severity.as_str());
    let mut line = |name: &str, what: &str| lines += &format!("   {name:<9}{what}\n");
    if !found.excerpt.is_empty() {
        line("matched", &visible(&found.excerpt));
    }
    let hidden: Vec<String> = found.evasion.iter().map(|way| json!(way).as_str().unwrap_or_default().into()).collect();
    if !hidden.is_empty() {
        line("hidden", &hidden.join(", "));
    }
    for part in &found.parts {
        let Span(from, to) = part.span;
        let words: String = part.text.chars().skip(from as usize).take((to - from) as usize).collect();
        line("earlier", &format!("message {}, {}: {}", number(part), place(part.span), visible(&words)));
    }
    line("why", &found.why);
    lines
}

fn place(Span(from, to): Span) -> String {
    format!("code points {from} to {to}")
}

/// Words in quotes, with what does not show made visible.
fn visible(words: &str) -> String {
    format!("{words:?}")
}

/// Each line of a text with a line of `^` under what was found in it.
fn underlined(text: &str, spans: &[Span]) -> String {
    let (mut shown, mut begin) = (String::new(), 0);
    for line in text.split('\n') {
        let chars: Vec<char> = line.chars().collect();
        let marks: String = chars
            .iter()
            .enumerate()
            .map(|(at, _)| spans.iter().any(|span| (span.0..span.1).contains(&(begin + at as u32))))
            .zip(widths(&chars))
            .map(|(found, width)| if found { "^" } else { " " }.repeat(width))
            .collect();
        shown += line;
        shown.push('\n');
        if marks.contains('^') {
            shown += marks.trim_end();
            shown.push('\n');
        }
        begin += chars.len() as u32 + 1;
    }
    shown
}

/// How many cells of a terminal each code point adds to those before it.
fn widths(chars: &[char]) -> Vec<usize> {
    let (mut text, mut before) = (String::new(), 0);
    let add = |c: &char| {
        text.push(*c);
        let all = text.width();
        let more = all.saturating_sub(before);
        before = all;
        more
    };
    // The width of all is asked each time, so that joined emoji count once; a long line counts each by itself.
    if chars.len() <= 500 {
        return chars.iter().map(add).collect();
    }
    chars.iter().map(|c| c.to_string().width()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_underlined_under_its_own_line() {
        assert_eq!(underlined("call 07 now", &[Span(5, 7)]), "call 07 now\n     ^^\n");
        assert_eq!(underlined("a\nbc d\ne", &[Span(3, 6)]), "a\nbc d\n ^^^\ne\n");
        assert_eq!(underlined("calm", &[]), "calm\n");
    }

    #[test]
    fn wide_and_invisible_characters_keep_the_marks_in_place() {
        assert_eq!(underlined("字x", &[Span(1, 2)]), "字x\n  ^\n");
        assert_eq!(underlined("a\u{200B}\u{301}x", &[Span(3, 4)]), "a\u{200B}\u{301}x\n ^\n");
        assert_eq!(underlined("👩\u{200D}🚀x", &[Span(3, 4)]), "👩\u{200D}🚀x\n  ^\n");
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median([3, 1, 900].map(Duration::from_micros).to_vec()), 3.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
