//! Figures as tables for a terminal. Every figure has its 95 % interval beside it.

use super::count::{Count, Measure, Tally};
use super::eval::{Listed, Report};
use super::figures::Figures;
use super::table::{Table, columns};

/// The tables of one file, and the rows that were asked for.
pub(super) fn text(report: &Report, by_conv: bool) -> String {
    let figures = &report.figures;
    let mut text = format!("{}: {} rows\n", report.file, figures.all.rows());
    text += &bad_lines(figures);
    text += &if by_conv { conversations(figures) } else { rows(figures) };
    let listed = report.misses.iter().map(|row| ("MISS", row));
    for (what, row) in listed.chain(report.false_holds.iter().map(|row| ("FALSE HOLD", row))) {
        text += &listed_row(what, row);
    }
    text.push('\n');
    text
}

fn bad_lines(figures: &Figures) -> String {
    let bad = &figures.bad_lines;
    if bad.count == 0 {
        return String::new();
    }
    let mut text = format!("  {} lines could not be read and are not counted, the first of them:\n", bad.count);
    for line in &bad.first {
        text += &format!("    line {}: {}\n", line.line, line.why);
    }
    text
}

fn rows(figures: &Figures) -> String {
    let heading = ["rows", "held", "precision %", "recall %", "F1 %", "false holds per 1,000"];
    let mut table = Table::new(&columns("  by category", &heading));
    table.row(tally("  all", figures.all));
    for (category, counted) in &figures.categories {
        table.row(tally(&format!("    {category}"), *counted));
    }
    let mut text = table.text();
    let groups = groups(figures);
    if !groups.is_empty() {
        text += &groups.text();
    }
    if let Some(mean) = figures.pointing.mean {
        text += &format!("  span overlap (mean IoU) {mean:.3} over {} held rows\n", figures.pointing.rows);
    }
    text
}

/// What is a share of rows held and nothing else.
fn groups(figures: &Figures) -> Table {
    let mut table = Table::new(&columns("  by group", &["rows", "held", "held %"]));
    let mut add = |name: String, count: Count| {
        if count.of > 0 {
            table.row(share(&format!("  {name}"), count));
        }
    };
    add("no label".into(), figures.all.open);
    for (category, counted) in &figures.categories {
        add(format!("  no label, {category}"), counted.open);
    }
    add("plain".into(), figures.disguise.plain);
    add("evaded".into(), figures.disguise.evaded);
    for (category, counted) in &figures.disguise_by_category {
        add(format!("  plain, {category}"), counted.plain);
        add(format!("  evaded, {category}"), counted.evaded);
    }
    add("split".into(), figures.split);
    figures.kinds.iter().for_each(|(kind, count)| add(format!("kind {kind}"), *count));
    figures.subs.iter().for_each(|(sub, count)| add(format!("sub {sub}"), *count));
    table
}

fn conversations(figures: &Figures) -> String {
    if figures.conversations.is_empty() {
        return "  no row names its conversation in `conv`\n".into();
    }
    let heading = ["conversations", "with a hold", "%", "with self-harm", "%"];
    let mut table = Table::new(&columns("  by sub", &heading));
    for (sub, people) in &figures.conversations {
        let (any, harm) = (people.any_hold, people.self_harm);
        let cells = [any.of.to_string(), any.hits.to_string(), percent(any.share()), harm.hits.to_string()];
        let cells = std::iter::once(format!("  {sub}")).chain(cells).chain([percent(harm.share())]);
        table.row(cells.collect());
    }
    table.text()
}

fn tally(name: &str, counted: Tally) -> Vec<String> {
    let mut cells = vec![name.to_owned(), counted.rows().to_string(), counted.held().to_string()];
    cells.extend([counted.precision(), counted.recall(), counted.f1()].map(percent));
    cells.push(measure(counted.false_holds()));
    cells
}

fn share(name: &str, count: Count) -> Vec<String> {
    vec![name.to_owned(), count.of.to_string(), count.hits.to_string(), percent(count.share())]
}

fn percent(figure: Option<Measure>) -> String {
    measure(figure.map(|figure| figure.map(|x| x * 100.0)))
}

fn measure(figure: Option<Measure>) -> String {
    figure.map_or_else(|| "-".into(), |m| format!("{:.1} ({:.1}-{:.1})", m.value, m.low, m.high))
}

fn listed_row(what: &str, row: &Listed) -> String {
    let kind = row.tech.iter().chain(&row.sub).map(|word| format!(" {word}")).collect::<String>();
    let before: String = row.ctx.iter().map(|text| format!("{} / ", one_line(text))).collect();
    let found: Vec<String> = row.findings.iter().map(|f| format!("{} {:?}", f.rule, f.matched)).collect();
    let found = if found.is_empty() { String::new() } else { format!("  <- {}", found.join(", ")) };
    format!("  {what} line {} {}{kind}: {before}{}{found}\n", row.line, row.cat, one_line(&row.text))
}

/// A text on one line, harmless to a terminal.
pub fn one_line(text: &str) -> String {
    let hidden = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if hidden(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::eval::Matched;
    use super::*;

    #[test]
    fn a_figure_stands_beside_its_interval_and_nothing_is_a_dash() {
        assert_eq!(percent(Count { hits: 1, of: 2 }.share()), "50.0 (9.5-90.5)");
        assert_eq!(measure(None), "-");
    }

    #[test]
    fn a_listed_row_is_one_line_with_what_was_found() {
        let row = Listed {
            line: 7,
            cat: "abuse".into(),
            tech: Some("leet".into()),
            sub: None,
            text: "a\u{1B}b\nc".into(),
            ctx: vec!["before".into()],
            findings: vec![Matched { rule: "abuse.mild".into(), matched: "b".into() }],
        };
        assert_eq!(
            listed_row("FALSE HOLD", &row),
            "  FALSE HOLD line 7 abuse leet: before / a b c  <- abuse.mild \"b\"\n"
        );
    }

    #[test]
    fn bad_lines_are_told_with_their_numbers() {
        let mut figures = Figures::default();
        figures.add_bad(3, "the line is empty".into());
        assert!(bad_lines(&figures).contains("line 3: the line is empty"));
        assert_eq!(bad_lines(&Figures::default()), "");
    }
}
