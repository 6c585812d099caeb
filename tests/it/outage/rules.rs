//! Rule files that are swapped while everybody talks: broken ones never judge, good ones do at once, and each message is judged
//! by one set that the record can still show.

use crate::crowd::{Crowd, Ground, HELD_WORD, rounds};
use crate::operate::pack;
use crate::process::PATIENCE;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// A pack as it should not be: empty, half written, no text, not a pack, one whose own example it lets pass.
fn broken(at: usize) -> Vec<u8> {
    let good = pack("gecko", HELD_WORD);
    match at % 5 {
        0 => Vec::new(),
        1 => good.as_bytes()[..good.len() / 2].to_vec(),
        2 => [good.as_bytes(), &[0xff, 0xfe]].concat(),
        3 => b"listen = \"127.0.0.1:0\"\n".to_vec(),
        _ => good.replace(&format!("hold = [\"a {HELD_WORD}\"]"), "hold = [\"an otter\"]").into_bytes(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_files_swapped_under_load_judge_each_message_once_and_broken_ones_never() {
    let ground = Ground::new("");
    let server = ground.serve();
    let crowd = Crowd::gather(&ground, &server);
    let rounds = rounds(5, 60);
    for at in 0..rounds {
        let complaints = server.said().matches("the last good ones stay").count();
        std::fs::write(ground.pack(), broken(at)).expect("a broken pack");
        let patience = std::time::Instant::now() + PATIENCE;
        while server.said().matches("the last good ones stay").count() == complaints {
            assert!(std::time::Instant::now() < patience, "broken pack {at} was not complained of:\n{}", server.said());
            crowd.talk(5, PATIENCE).await;
        }
        let changes = server.said().matches("new rules judge").count();
        let more = pack("gecko", &format!("newt{}", "s".repeat(at + 1)));
        let more = &more[more.find("[[rule]]").expect("its rule")..];
        std::fs::write(ground.pack(), format!("{}\n{more}", pack("gecko", HELD_WORD))).expect("a good pack");
        while server.said().matches("new rules judge").count() == changes {
            assert!(std::time::Instant::now() < patience + PATIENCE, "good pack {at} never judged:\n{}", server.said());
            crowd.talk(5, PATIENCE).await;
        }
        crowd.talk(5, PATIENCE).await;
    }
    crowd.settle(&server).await;
    let record = Connection::open(ground.data.join("handrail.db")).expect("the record");
    let words = |sql: &str| {
        let mut question = record.prepare(sql).expect("a question");
        let words = question.query_map([], |row| row.get::<_, String>(0)).expect("rows");
        words.collect::<Result<BTreeSet<_>, _>>().expect("words")
    };
    let judged = words("SELECT DISTINCT rules FROM message");
    let kept = words("SELECT version FROM rule_set");
    assert!(judged.is_subset(&kept), "judged by {judged:?}, of which the record has {kept:?}");
    assert!(judged.len() > rounds, "each good set judged something: {}", judged.len());
    let otherwise = "SELECT item.id FROM item JOIN message ON message.id = item.message
        WHERE json_extract(item.data, '$.rules') <> message.rules";
    assert_eq!(words(otherwise), BTreeSet::new(), "an item was judged by another set than its message");
    let unheld = "SELECT message.text FROM message WHERE message.passed = 1 AND message.text LIKE '%gecko%'";
    assert_eq!(words(unheld), BTreeSet::new());
}
