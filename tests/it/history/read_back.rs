//! Reading everything back when the faults are over: from the pages that people have, and from the record's own tables.

use super::tables::{Record, chain_of, tables};
use super::{Afterwards, ItemNow, Shown};
use crate::process::{Person, http, word};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Reads what is there: everybody's pages over HTTP, the tables from the record itself. Which open items can be taken
/// is for the caller to try.
pub(crate) async fn read_back(address: SocketAddr, record: &Record, people: &[Person]) -> Afterwards {
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
    let (rows, log) = tables(record).await;
    after.rows = rows;
    after.log = log.iter().map(|line| line.line(name)).collect();
    after.broken_chain = chain_of(&log).err();
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
