//! What only a server can do wrong, and the server that the tests use: one of their own for all of them, a database for each.

use super::*;
use crate::store::postgres::{Address, Session};
use crate::store::reader::Reader;
use crate::store::sql::{Link, params};
use handrail_domain::article::Topic;
use handrail_domain::ids::ArticleId;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server that lives as long as this.
struct Server {
    _child: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: u16,
    _folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres");
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(script)
            .args([folder.path().as_os_str(), port.to_string().as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (words, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { _child: child, words, answers, port, _folder: folder };
        server.say("start");
        server
    }

    fn say(&mut self, word: &str) {
        writeln!(self.words, "{word}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n", "the database server did not {word}");
    }

    fn database(&mut self, name: &str) -> String {
        // Longer names are cut off by the server.
        let name = &name[..name.len().min(60)];
        self.say(&format!("create {name}"));
        format!("postgres://handrail:handrail@127.0.0.1:{}/{name}", self.port)
    }
}

/// A new database on the server that all tests of this process share. It ends with the process, whose end closes its input.
fn database(name: &str) -> String {
    static SERVER: OnceLock<Mutex<Server>> = OnceLock::new();
    SERVER.get_or_init(|| Mutex::new(Server::start())).lock().unwrap().database(name)
}

async fn connect(url: String) -> Result<Store, StoreError> {
    tokio::task::spawn_blocking(move || Store::connect(&url)).await.unwrap()
}

/// A new record in a database of its own.
pub(super) async fn record(name: &'static str) -> Store {
    let url = tokio::task::spawn_blocking(move || database(name)).await.unwrap();
    connect(url).await.unwrap()
}

/// Runs a statement as an operator would, beside the store.
async fn by_hand(url: &str, sql: &'static str) {
    let address = Address::parse(url).unwrap();
    let run = move || Link::Postgres(&Session::connect(&address).unwrap()).run(sql, params![]).unwrap();
    tokio::task::spawn_blocking(run).await.unwrap();
}

#[tokio::test]
async fn two_nodes_on_one_record_keep_one_chain_and_read_each_other() {
    let url = database("two_nodes");
    let (here, there) = (connect(url.clone()).await.unwrap(), connect(url).await.unwrap());
    assert_eq!(here.epoch(), there.epoch());
    people(&here).await;
    let both = (0..200).map(|at| {
        let (store, from) = (if at % 2 == 0 { &there } else { &here }, if at % 3 == 0 { mentor() } else { mentee() });
        store.write(Scope::Conversation(pair()), move |tx| say(tx, from, &format!("race{at}"), at % 4 == 0))
    });
    for said in both.collect::<Vec<_>>() {
        said.await.unwrap();
    }
    let lines = verify(&here).await;
    assert_eq!(lines, there.read(|record| record.log_head()).await.unwrap());
    let delivered = here.read(|record| record.conversation(pair())).await.unwrap().unwrap().last_seq;
    assert_eq!(delivered, 150, "each delivered message has a number of its own");
}

#[tokio::test]
async fn of_two_nodes_that_decide_at_once_one_is_told_that_it_came_late() {
    let url = database("decide_at_once");
    let (here, there) = (connect(url.clone()).await.unwrap(), connect(url).await.unwrap());
    people(&here).await;
    for round in 0..20 {
        let said = here.write(Scope::Conversation(pair()), move |tx| say(tx, mentee(), &format!("h{round}"), true));
        let item = said.await.unwrap().1.unwrap().id;
        let claims = [&here, &there].map(|store| {
            store.write(Scope::Item(item), move |tx| {
                let item = tx.item(item)?.unwrap();
                if item.version > 1 {
                    return Err(Code::StaleVersion.into());
                }
                let conversation = tx.conversation(pair())?.unwrap();
                let who = may_moderate(&account(supervisor(), Role::Supervisor), &conversation, None)?;
                let Claimed::Taken(item) = item.claim(who, NOW)? else { panic!("not taken") };
                Ok(tx.put_item(&item, Some(item.changed(ItemAct::Claim, Some(who.who()), NOW)))?)
            })
        });
        let [first, second] = claims;
        let (first, second) = tokio::join!(first, second);
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    }
    verify(&here).await;
}

/// What a server of the fifth schema left behind, with an article in it, is brought forward: the article is read as it was.
#[tokio::test]
async fn a_database_of_an_earlier_version_is_brought_forward_with_what_is_in_it() {
    let url = database("earlier");
    let address = Address::parse(&url).unwrap();
    let left = move || {
        let session = Session::connect(&address).unwrap();
        for step in &super::super::postgres::STEPS[..5] {
            session.control(step).unwrap();
        }
        let link = Link::Postgres(&session);
        for sql in [
            "INSERT INTO meta (key, value) VALUES ('epoch', 'early'), ('schema', '5')".to_owned(),
            format!("INSERT INTO site (id, name, settings) VALUES ('{}', 'Here', '{{}}')", site()),
            format!(
                "INSERT INTO article (id, site, title, topic, body, phone, crisis) VALUES ('{}', '{}', 'A Place', 'gossip', 'Words', NULL, 1)",
                ArticleId::from_bits(1),
                site()
            ),
        ] {
            link.run(&sql, params![]).unwrap();
        }
    };
    tokio::task::spawn_blocking(left).await.unwrap();
    let store = connect(url).await.unwrap();
    let found = store.read(|record| record.library(site(), None, &["place".into(), "words".into()], 9)).await.unwrap();
    let [article] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((article.version, article.content.title.as_str(), article.content.topic), (1, "A Place", Topic::Other));
    assert_eq!(store.read(|record| record.crisis_articles(site())).await.unwrap(), found);
}

/// How many pages of the messages and of their indexes a server read up to now.
fn pages_read(record: &Reader<'_>) -> i64 {
    record.one("SELECT 1 FROM pg_stat_force_next_flush()", params![], |_| Ok(())).unwrap();
    let sql = "SELECT CAST(sum(heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit) AS BIGINT) AS pages
        FROM pg_statio_user_tables WHERE relname = 'message'";
    record.one(sql, params![], |row| row.get("pages")).unwrap().unwrap()
}

/// Every send on a server asks what its sender said last, and a session keeps to the plan that it made for that when the record was
/// new. If the question leaves such a planner the choice, it reads all messages for each of those, unless an index leads from a sender
/// to theirs, as here none does.
#[tokio::test]
async fn what_a_sender_said_last_is_read_without_the_rest_by_a_plan_of_when_there_was_nothing() {
    const SAID: usize = 600;
    let url = database("standing");
    let store = connect(url.clone()).await.unwrap();
    by_hand(&url, "DROP INDEX message_once").await;
    by_hand(&url, "CREATE UNIQUE INDEX message_once ON message (cid, sender)").await;
    by_hand(&url, "ALTER TABLE message SET (autovacuum_enabled = off)").await;
    people(&store).await;
    let asked = move || {
        let session = Session::connect(&Address::parse(&url).unwrap()).unwrap();
        let record = Reader::new(Link::Postgres(&session));
        let standing = || record.standing(pair(), mentor(), NOW, 20).unwrap().said.len();
        assert_eq!((0..10).map(|_| standing()).sum::<usize>(), 0, "nothing is said yet");
        let all = store.write(Scope::Everything, |tx| {
            let from = |at| if at % 2 == 0 { mentor() } else { mentee() };
            (0..SAID).try_for_each(|at| say(tx, from(at), &format!("c{at}"), false).map(drop))
        });
        tokio::runtime::Handle::current().block_on(all).unwrap();
        let before = pages_read(&record);
        (standing(), pages_read(&record) - before)
    };
    let (found, pages) = tokio::task::spawn_blocking(asked).await.unwrap();
    assert_eq!(found, 10, "of the last twenty, every other one is theirs");
    assert!((1..50).contains(&pages), "{pages} pages were read for ten messages of {SAID}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_with_what_to_do() {
    let url = database("newer");
    drop(connect(url.clone()).await.unwrap());
    by_hand(&url, "UPDATE meta SET value = '99' WHERE key = 'schema'").await;
    let error = connect(url).await.err().unwrap().to_string();
    assert!(error.contains("newer version") && error.contains("99") && error.contains("run that version"), "{error}");
}

#[tokio::test]
async fn a_database_of_something_else_is_refused_and_left_as_it_is() {
    let url = database("another");
    by_hand(&url, "CREATE TABLE meta (key TEXT, value TEXT)").await;
    let error = connect(url.clone()).await.err().unwrap().to_string();
    assert!(error.contains("a database of its own"), "{error}");
    by_hand(&url, "DROP TABLE meta").await;
    connect(url).await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_said_without_it() {
    let url = database("password").replace(":handrail@", ":mistaken@");
    let error = connect(url).await.err().unwrap().to_string();
    assert!(error.contains("password authentication failed") && !error.contains("mistaken"), "{error}");
}

#[tokio::test]
async fn a_server_that_may_forget_what_it_acknowledged_is_refused() {
    let url = database("forgetful");
    by_hand(&url, "ALTER DATABASE forgetful SET synchronous_commit = off").await;
    let error = connect(url).await.err().unwrap().to_string();
    assert!(error.contains("synchronous_commit is off"), "{error}");
}

/// The server is killed while acts go on, and started again: none is lost that was acknowledged, and acts go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_and_is_found_again() {
    let mut server = Server::start();
    let store = connect(server.database("killed")).await.unwrap();
    people(&store).await;
    let mut kept = Vec::new();
    for round in 0..3 {
        let sends: Vec<_> = (0..40)
            .map(|at| {
                let cid = format!("said{round}x{at}");
                let act = cid.clone();
                let said = store.write(Scope::Conversation(pair()), move |tx| say(tx, mentor(), &act, false));
                (cid, said)
            })
            .collect();
        server.say("kill");
        for (cid, said) in sends {
            match said.await {
                Ok(_) => kept.push(cid),
                Err(Failure::Refused(refusal)) => assert_eq!(refusal.code, Code::Unavailable),
                Err(Failure::Store(error)) => panic!("{error}"),
            }
        }
        server.say("start");
        let began = Instant::now();
        let cid = format!("after{round}");
        loop {
            let act = cid.clone();
            let said = store.write(Scope::Conversation(pair()), move |tx| {
                match tx.message_by_cid(mentor(), &Cid::parse(&act).unwrap())? {
                    Some(_) => Ok(()),
                    None => say(tx, mentor(), &act, false).map(drop),
                }
            });
            match said.await {
                Ok(()) => break,
                Err(_) => assert!(began.elapsed() < Duration::from_secs(60), "the server was not found again"),
            }
        }
        kept.push(cid);
    }
    for cid in kept {
        let cid = Cid::parse(&cid).unwrap();
        assert!(store.read(move |record| record.message_by_cid(mentor(), &cid)).await.unwrap().is_some());
    }
    verify(&store).await;
}
