//! How an article is written: paragraphs with an empty line between them, `## ` before a heading, `- ` before each line of a list,
//! and `[words](https://…)` for a link. Nothing else means anything, so nothing that a writer types can become part of a page.

use super::{ContentError, is_page, is_phone};
use serde::{Deserialize, Serialize};

/// A part of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A heading.
    Heading {
        /// Its words.
        text: String,
    },
    /// A paragraph.
    Text {
        /// Its parts, in order.
        parts: Vec<Part>,
    },
    /// A list.
    List {
        /// Its lines, each in parts.
        items: Vec<Vec<Part>>,
    },
}

/// Words, which may lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[cfg_attr(test, ts(rename = "ArticlePart"))]
pub struct Part {
    /// The words.
    pub text: String,
    /// Where they lead: `https:` or `tel:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub link: Option<String>,
}

/// Reads an article's text. Fails only on a link that leads to something else than a page over HTTPS or a phone.
pub fn blocks(body: &str) -> Result<Vec<Block>, ContentError> {
    let mut all = Vec::new();
    for paragraph in body.split("\n\n") {
        let mut text: Vec<&str> = Vec::new();
        for line in paragraph.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(heading) = line.strip_prefix("## ") {
                flush(&mut text, &mut all)?;
                all.push(Block::Heading { text: heading.trim().to_owned() });
            } else if let Some(item) = line.strip_prefix("- ") {
                flush(&mut text, &mut all)?;
                let item = parts(item)?;
                match all.last_mut() {
                    Some(Block::List { items }) => items.push(item),
                    Some(Block::Heading { .. } | Block::Text { .. }) | None => {
                        all.push(Block::List { items: vec![item] })
                    }
                }
            } else {
                text.push(line);
            }
        }
        flush(&mut text, &mut all)?;
    }
    Ok(all)
}

fn flush(lines: &mut Vec<&str>, all: &mut Vec<Block>) -> Result<(), ContentError> {
    if !lines.is_empty() {
        all.push(Block::Text { parts: parts(&lines.join(" "))? });
        lines.clear();
    }
    Ok(())
}

/// The parts of a line. A bracket that begins no link is a bracket.
fn parts(line: &str) -> Result<Vec<Part>, ContentError> {
    let (mut all, mut plain, mut rest) = (Vec::new(), String::new(), line);
    while let Some(at) = rest.find('[') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((words, link, after)) = link(rest) else {
            plain.push('[');
            rest = &rest[1..];
            continue;
        };
        if !is_page(link) && !link.strip_prefix("tel:").is_some_and(is_phone) {
            return Err(ContentError::BadLink);
        }
        if !plain.is_empty() {
            all.push(Part { text: std::mem::take(&mut plain), link: None });
        }
        all.push(Part { text: words.to_owned(), link: Some(link.to_owned()) });
        rest = after;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        all.push(Part { text: plain, link: None });
    }
    Ok(all)
}

/// `[words](link)` at the beginning of this text: the words, the link, and what comes after.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (words, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (link, after) = rest.split_once(')')?;
    (!words.is_empty() && !words.contains(['[', ']'])).then_some((words, link, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str) -> Part {
        Part { text: text.into(), link: None }
    }

    #[test]
    fn an_article_is_paragraphs_headings_lists_and_links() {
        let body = "First line\nsecond line.\n\n## A heading\nText [here](https://example.org/a) and [call](tel:116 123).\n- one\n- two\n\n- three";
        let linked = |text: &str, link: &str| Part { text: text.into(), link: Some(link.into()) };
        let want = [
            Block::Text { parts: vec![plain("First line second line.")] },
            Block::Heading { text: "A heading".into() },
            Block::Text {
                parts: vec![
                    plain("Text "),
                    linked("here", "https://example.org/a"),
                    plain(" and "),
                    linked("call", "tel:116 123"),
                    plain("."),
                ],
            },
            Block::List { items: vec![vec![plain("one")], vec![plain("two")], vec![plain("three")]] },
        ];
        assert_eq!(blocks(body).unwrap(), want);
    }

    #[test]
    fn what_looks_like_something_else_is_words() {
        for line in
            ["# no heading", "[x]", "[x](", "[](https://example.org)", "<b>bold</b>", "**bold**", "-no list", "##no"]
        {
            assert_eq!(blocks(line).unwrap(), [Block::Text { parts: vec![plain(line)] }], "{line}");
        }
    }

    #[test]
    fn a_link_leads_to_a_page_or_a_phone_and_nowhere_else() {
        for link in [
            "javascript:alert(1",
            "http://example.org",
            "https://",
            "https://x y.org",
            "tel:abc",
            "data:text/html,x",
            "/api",
        ] {
            assert_eq!(blocks(&format!("[x]({link})")), Err(ContentError::BadLink), "{link}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_no_word_is_lost(body in "[a-z \\[\\]()#\\-\n:/.]{0,200}") {
            if let Ok(all) = blocks(&body) {
                let said: usize = all.iter().map(|block| match block {
                    Block::Heading { text } => text.len(),
                    Block::Text { parts } => parts.iter().map(|part| part.text.len()).sum(),
                    Block::List { items } => items.iter().flatten().map(|part| part.text.len()).sum(),
                }).sum();
                prop_assert!(said <= body.len());
                if !body.contains(['[', '#', '-']) {
                    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                    let read: Vec<String> = all.iter().flat_map(|block| match block {
                        Block::Text { parts } => parts.iter().flat_map(|part| words(&part.text)).collect::<Vec<_>>(),
                        Block::Heading { .. } | Block::List { .. } => Vec::new(),
                    }).collect();
                    prop_assert_eq!(read, words(&body));
                }
            }
        }
    }
}
