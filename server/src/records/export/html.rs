//! One page for people, made of the same values as the JSON. It shows everything as text: no script, no style from elsewhere, and
//! nothing that somebody wrote is ever read as markup.

use serde_json::{Map, Value};
use std::fmt::Write;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
section{border-left:3px solid #ccc;padding-left:1rem;margin:1rem 0}dt{font-weight:600}dd{margin:0 0 .3rem 1.5rem;white-space:pre-wrap}";

/// The page: a heading, and every value under its name.
pub(super) fn page(heading: &str, all: &Value) -> String {
    let heading = escape(heading);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{heading}</title>\n<style>{STYLE}</style>\n\
         <h1>{heading}</h1>\n"
    );
    value(&mut out, all, 2);
    out += "</html>\n";
    out
}

fn value(out: &mut String, shown: &Value, level: usize) {
    match shown {
        Value::Object(fields) => object(out, fields, level),
        Value::Array(all) if all.is_empty() => out.push_str("<p>None.</p>\n"),
        Value::Array(all) => {
            for one in all {
                out.push_str("<section>\n");
                value(out, one, level);
                out.push_str("</section>\n");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            line(out, |out| _ = write!(out, "<p>{}</p>", plain(shown)));
        }
    }
}

/// What is one line stands first, as a list of names; what has parts of its own follows under headings.
fn object(out: &mut String, fields: &Map<String, Value>, level: usize) {
    let is_line = |shown: &&Value| !matches!(shown, Value::Object(_) | Value::Array(_) | Value::Null);
    let lines: Vec<_> = fields.iter().filter(|(_, shown)| is_line(shown)).collect();
    if !lines.is_empty() {
        out.push_str("<dl>\n");
        for (name, shown) in lines {
            line(out, |out| _ = write!(out, "<dt>{}</dt><dd>{}</dd>", words(name), plain(shown)));
        }
        out.push_str("</dl>\n");
    }
    let level = level.min(6);
    for (name, shown) in fields.iter().filter(|(_, shown)| matches!(shown, Value::Object(_) | Value::Array(_))) {
        line(out, |out| _ = write!(out, "<h{level}>{}</h{level}>", words(name)));
        value(out, shown, level + 1);
    }
}

fn line(out: &mut String, write: impl FnOnce(&mut String)) {
    write(out);
    out.push('\n');
}

/// A name as people read it.
fn words(name: &str) -> String {
    let mut words = escape(&name.replace('_', " "));
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

fn plain(shown: &Value) -> String {
    match shown {
        Value::String(text) => escape(text),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Null => "–".into(),
        Value::Number(number) => number.to_string(),
        Value::Object(_) | Value::Array(_) => escape(&shown.to_string()),
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_page_is_as_it_was_agreed() {
        let all = json!({
            "made": "2026-11-22T21:32:05.123Z",
            "account": { "name": "Ann <b>Quill</b>", "may_sign_in": true, "ended": null },
            "messages": [{ "text": "</dd><script>alert('x')</script> & \"more\"", "number": 7, "check": { "words": "x" } }],
            "holds": [],
        });
        let want = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>A &amp; B</title>\n<style>{STYLE}</style>\n\
             <h1>A &amp; B</h1>\n<dl>\n<dt>Made</dt><dd>2026-11-22T21:32:05.123Z</dd>\n</dl>\n\
             <h2>Account</h2>\n<dl>\n<dt>May sign in</dt><dd>yes</dd>\n<dt>Name</dt><dd>Ann &lt;b&gt;Quill&lt;/b&gt;</dd>\n</dl>\n\
             <h2>Holds</h2>\n<p>None.</p>\n<h2>Messages</h2>\n<section>\n<dl>\n<dt>Number</dt><dd>7</dd>\n\
             <dt>Text</dt><dd>&lt;/dd&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;</dd>\n</dl>\n\
             <h3>Check</h3>\n<dl>\n<dt>Words</dt><dd>x</dd>\n</dl>\n</section>\n</html>\n"
        );
        assert_eq!(page("A & B", &all), want);
    }

    proptest! {
        #[test]
        fn nothing_that_somebody_wrote_is_markup(name in "\\PC{0,20}", text in "\\PC{0,60}") {
            let empty = page("x", &json!({ "a": "" }));
            let full = page("x", &json!({ name: text }));
            for sign in ['<', '>', '"'] {
                prop_assert_eq!(full.matches(sign).count(), empty.matches(sign).count());
            }
        }
    }
}
