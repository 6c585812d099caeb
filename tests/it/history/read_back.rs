//! Reading everything back when the faults are over: from the pages that people have, and from the record's own tables.

use super::{Afterwards, ItemNow, Line, Row, Shown};
use crate::process::{Person, http, word};
use handrail_domain::event::{self, GENESIS, Hash, chain};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

/// Reads what is there: everybody's pages over HTTP, the tables from the record in that folder. Which open items can be taken
/// is for the caller to try.
pub(crate) async fn read_back(address: SocketAddr, data: &Path, people: &[Person]) -> Afterwards {
    let mut after = Afterwards::default();
    for who in people.iter().filter(|who| !who.conversation.is_empty()) {
        after.parties.entry(who.conversation.clone()).or_default().push(who.username.clone());
        let page = pages(address, &format!("/api/conversations/{}/messages", who.conversation), who).await;
        let mut page: Vec<Shown> = page.iter().map(shown).collect();
        page.reverse();
        after.pages.insert((who.conversation.clone(), who.username.clone()), page);
    }
    let names: BTreeMap<&str, &str> = people.iter().map(|who| (who.account.as_str(), who.username.as_str())).collect();
    let name = |account: &str| names.get(account).copied().unwrap_or(account).to_owned();
    let staff = people.iter().find(|who| who.username == "supervisor1").expect("a supervisor");
    for kind in ["items", "decisions"] {
        let path = format!("/api/queues/{}/{kind}", staff.site);
        for item in pages(address, &path, staff).await {
            after.items.push(ItemNow {
                item: word(&item["item"]),
                message: word(&item["message"]),
                version: item["version"].as_u64().expect("a version"),
                state: word(&item["state"]),
                outcome: word(&item["outcome"]),
                decided_by: name(&word(&item["decided_by"]["account"])),
            });
        }
    }
    // An item that was closed between the two readings is in both.
    after.items.reverse();
    let mut known = std::collections::BTreeSet::new();
    after.items.retain(|item| known.insert(item.item.clone()));
    let record = open(&data.join("handrail.db"));
    after.rows = rows(&record);
    after.log = log(&record, name);
    after.broken_chain = chain_of(&record).err();
    after
}

fn shown(message: &Value) -> Shown {
    Shown {
        seq: message["seq"].as_u64().expect("a number"),
        message: word(&message["message"]),
        text: word(&message["text"]),
    }
}

/// All pages of a list, however it is paged.
async fn pages(address: SocketAddr, path: &str, who: &Person) -> Vec<Value> {
    let (mut all, mut more) = (Vec::new(), String::new());
    loop {
        let (status, body) = http(address, "GET", &format!("{path}?limit=200{more}"), &who.token, "").await;
        assert_eq!(status, 200, "{path}: {body}");
        let page: Value = serde_json::from_str(&body).expect("JSON");
        let of_items = page["items"].as_array();
        let list = of_items.or(page["messages"].as_array()).expect("a list");
        all.extend(list.iter().cloned());
        more = match (page["next"].as_str(), page["more"] == true, list.last()) {
            (Some(next), _, _) => format!("&after={next}"),
            (None, true, Some(last)) => format!("&before={}", last["seq"]),
            (None, _, _) => return all,
        };
    }
}

/// The record, to read.
fn open(file: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(file, flags).expect("the record opens")
}

fn rows(record: &Connection) -> Vec<Row> {
    let mut question = record.prepare("SELECT id, conversation, status, seq FROM message").expect("the table");
    let rows = question.query_map([], |row| {
        Ok(Row { message: row.get(0)?, conversation: row.get(1)?, status: row.get(2)?, seq: row.get(3)? })
    });
    rows.expect("rows").collect::<Result<_, _>>().expect("rows")
}

fn log(record: &Connection, name: impl Fn(&str) -> String) -> Vec<Line> {
    let sql = "SELECT n, kind, coalesce(message, ''), coalesce(actor, ''), data FROM event ORDER BY n";
    let mut question = record.prepare(sql).expect("the log");
    let lines = question.query_map([], |row| {
        let data: Value = serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default();
        Ok(Line {
            n: row.get(0)?,
            kind: row.get(1)?,
            message: row.get(2)?,
            actor: name(&row.get::<_, String>(3)?),
            seq: data["seq"].as_u64(),
            item: word(&data["item"]),
            version: data["version"].as_u64().unwrap_or_default(),
            act: word(&data["act"]),
        })
    });
    lines.expect("lines").collect::<Result<_, _>>().expect("lines")
}

/// Whether the log's chain holds from its first line to its last, and every text that is still there has the digest that the log
/// has of it; else what does not, in words.
pub(crate) fn chain_of(record: &Connection) -> Result<(), String> {
    let sql = "SELECT event.n, event.at, event.kind, event.site, coalesce(event.conversation, ''), coalesce(event.message, ''),
        coalesce(event.actor, ''), event.data, event.body_digest, event.hash, message.salt, message.text, message.shown
        FROM event LEFT JOIN message ON message.row = event.body ORDER BY event.n";
    let mut question = record.prepare(sql).map_err(|error| error.to_string())?;
    let mut lines = question.query([]).map_err(|error| error.to_string())?;
    let (mut before, mut last) = (GENESIS, 0_u64);
    while let Some(row) = lines.next().map_err(|error| error.to_string())? {
        let (line, body) = link(row, &before).map_err(|error| format!("after line {last}: {error}"))?;
        if line.0 != last + 1 {
            return Err(format!("line {} does not follow from line {last}: it is missing what lies between", line.0));
        }
        if line.1 != line.2 {
            return Err(format!("line {} does not follow from line {last}", line.0));
        }
        if !body {
            return Err(format!("line {} is about a text that has another digest", line.0));
        }
        (last, before) = (line.0, line.1);
    }
    Ok(())
}

/// A line's number, its hash, the hash that it should have, and whether its text has the digest that it names.
fn link(row: &rusqlite::Row<'_>, before: &Hash) -> rusqlite::Result<((u64, Hash, Hash), bool)> {
    let text = |at: usize| row.get::<_, String>(at);
    let (kind, site, conversation, message, actor, data) = (text(2)?, text(3)?, text(4)?, text(5)?, text(6)?, text(7)?);
    let digest: Option<Hash> = row.get(8)?;
    let line = event::Line {
        n: row.get(0)?,
        at: row.get(1)?,
        kind: &kind,
        site: &site,
        conversation: &conversation,
        message: &message,
        actor: &actor,
        data: &data,
        body_digest: digest.as_ref(),
    };
    let (salt, said, shown): (Option<[u8; 16]>, Option<String>, Option<String>) =
        (row.get(10)?, row.get(11)?, row.get(12)?);
    let texts = [said, shown];
    let mut texts = texts.iter().flatten().peekable();
    let body = match (digest, salt) {
        (Some(digest), Some(salt)) if texts.peek().is_some() => {
            texts.any(|text| event::body_digest(&salt, text) == digest)
        }
        _ => true,
    };
    Ok(((line.n, row.get(9)?, chain(before, &line)), body))
}
