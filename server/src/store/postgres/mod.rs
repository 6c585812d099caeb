//! PostgreSQL, for more than one node: a server of any current version, as it is installed. A batch locks what it touches in
//! one order, runs its acts, and takes the chain's head last, so that nodes wait for each other only while they seal and commit.

mod session;

pub(super) use session::{Address, Session};

use super::error::{Cause, StoreError};
use super::feed::{End, Feeds, Head, Logged, Owner};
use super::known::Known;
use super::people::{ACCOUNT, CONVERSATION, account, conversation, party};
use super::reader::Reader;
use super::readers::Readers;
use super::sql::{Link, Row, params};
use super::tx::{Sealed, Unsealed, seal};
use super::{Scope, newer_schema};
use handrail_domain::event::GENESIS;
use std::collections::HashMap;

/// What makes the tables, step by step; the same steps as SQLite's, so that a number means the same tables.
pub(in crate::store) const STEPS: [&str; 13] = [
    include_str!("../schema/postgres-1.sql"),
    include_str!("../schema/postgres-2.sql"),
    include_str!("../schema/postgres-3.sql"),
    include_str!("../schema/postgres-4.sql"),
    include_str!("../schema/postgres-5.sql"),
    include_str!("../schema/postgres-6.sql"),
    include_str!("../schema/postgres-7.sql"),
    include_str!("../schema/postgres-8.sql"),
    include_str!("../schema/postgres-9.sql"),
    include_str!("../schema/postgres-10.sql"),
    include_str!("../schema/postgres-11.sql"),
    include_str!("../schema/postgres-12.sql"),
    include_str!("../schema/postgres-13.sql"),
];
const SCHEMA: i64 = STEPS.len() as i64;
/// The advisory lock that a batch shares and an act upon everything has alone: "handrail" in bytes.
const EVERYTHING: i64 = i64::from_be_bytes(*b"handrail");
/// The advisory lock of whoever makes or changes the tables.
const TABLES: i64 = EVERYTHING + 1;
/// The advisory lock of a batch that changes which devices are told.
const DEVICES: i64 = EVERYTHING + 2;

/// The writer's side of the server.
pub(super) struct Postgres {
    address: Address,
    session: Session,
    head: Head,
    feeds: Feeds,
}

/// Connects, brings the tables forward, and says how to read beside the writer.
pub(super) fn open(url: &str) -> Result<(Postgres, Readers), StoreError> {
    let address = Address::parse(url)?;
    let session = Session::connect(&address)?;
    refuse_unsafe_settings(&session)?;
    migrate(&session)?;
    let readers = Readers::postgres(address.clone())?;
    let head = Head { n: 0, hash: GENESIS };
    Ok((Postgres { address, session, head, feeds: Feeds::default() }, readers))
}

/// With these settings a server acknowledges what a power cut takes away.
fn refuse_unsafe_settings(session: &Session) -> Result<(), StoreError> {
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let found = Reader::new(Link::Postgres(session)).one(
            "SELECT current_setting(?1) AS value",
            params![setting],
            |row| row.get::<String>("value"),
        )?;
        if found.as_deref() == Some("off") {
            let advice = format!("{setting} is off on the database server; turn it on, so that no message can be lost");
            return Err(StoreError::new("open the record", advice));
        }
    }
    Ok(())
}

fn migrate(session: &Session) -> Result<(), StoreError> {
    session.control("BEGIN")?;
    let migrated = migrate_locked(session);
    session.control(if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    migrated
}

fn migrate_locked(session: &Session) -> Result<(), StoreError> {
    let link = Link::Postgres(session);
    let reader = Reader::new(link);
    link.run("SELECT pg_advisory_xact_lock(?1)", params![TABLES])?;
    let there = reader.one("SELECT to_regclass('meta') IS NOT NULL AS there", params![], |row| row.get("there"))?;
    let found = match there {
        Some(true) => {
            let sql = "SELECT value FROM meta WHERE key = 'schema'";
            let schema = reader.one(sql, params![], |row| row.get::<String>("value"))?;
            schema.and_then(|text| text.parse().ok()).ok_or_else(|| {
                StoreError::new("open the record", "the database has other tables; give Handrail a database of its own")
            })?
        }
        Some(false) | None => 0_i64,
    };
    if found > SCHEMA {
        return Err(newer_schema(found, SCHEMA));
    }
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        session.control(step)?;
    }
    if found == 0 {
        let epoch = crate::fresh::token(6);
        link.run("INSERT INTO meta (key, value) VALUES ('epoch', ?1), ('schema', '0')", params![epoch])?;
    }
    if found < SCHEMA {
        link.run("UPDATE meta SET value = ?1 WHERE key = 'schema'", params![SCHEMA.to_string()])?;
    }
    Ok(())
}

/// The conversations that a batch touches, named or by way of what belongs to them.
#[derive(Default)]
struct Touched {
    conversations: Vec<String>,
    items: Vec<String>,
    messages: Vec<String>,
    devices: bool,
    everything: bool,
}

impl Touched {
    fn by(scopes: &[Scope]) -> Self {
        let mut touched = Self::default();
        for scope in scopes {
            match scope {
                Scope::Everything => touched.everything = true,
                Scope::Conversation(id) => touched.conversations.push(id.to_string()),
                Scope::Item(id) => touched.items.push(id.to_string()),
                Scope::Message(id) => touched.messages.push(id.to_string()),
                Scope::Devices => touched.devices = true,
                Scope::Own => (),
            }
        }
        touched
    }

    fn is_empty(&self) -> bool {
        self.conversations.is_empty() && self.items.is_empty() && self.messages.is_empty()
    }
}

impl Postgres {
    pub(super) fn link(&self) -> Link<'_> {
        Link::Postgres(&self.session)
    }

    /// Begins a batch. A session that ended since the last one is replaced first: nothing of this batch is lost by that.
    pub(super) fn begin(&mut self, scopes: &[Scope], known: &mut Known) -> Result<(), StoreError> {
        let touched = Touched::by(scopes);
        // Another node may have changed all of it since the last batch.
        known.forget();
        if self.session.is_open() {
            match self.lock(&touched, known) {
                Err(error) if error.cause == Cause::Wait && !self.session.is_open() => (),
                done => return done,
            }
        }
        self.session = Session::connect(&self.address)?;
        self.feeds.clear();
        self.lock(&touched, known)
    }

    /// Every batch takes its locks in this order, so that no two wait for each other.
    fn lock(&self, touched: &Touched, known: &mut Known) -> Result<(), StoreError> {
        self.session.queue("BEGIN ISOLATION LEVEL READ COMMITTED");
        if touched.everything {
            self.session.execute("SELECT pg_advisory_xact_lock(?1)", params![EVERYTHING])?;
            return Ok(());
        }
        self.session.execute("SELECT pg_advisory_xact_lock_shared(?1)", params![EVERYTHING])?;
        if touched.devices {
            self.session.execute("SELECT pg_advisory_xact_lock(?1)", params![DEVICES])?;
        }
        if touched.is_empty() { Ok(()) } else { self.lock_conversations(touched, known) }
    }

    /// Locks the conversations of a batch, and loads them with their people: two questions for the whole batch.
    fn lock_conversations(&self, touched: &Touched, known: &mut Known) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {CONVERSATION} FROM conversation WHERE id IN (
                 SELECT unnest($1::text[])
                 UNION SELECT conversation FROM item WHERE id = ANY($2::text[])
                 UNION SELECT conversation FROM message WHERE seq IS NULL AND id = ANY($3::text[]))
             ORDER BY id FOR NO KEY UPDATE"
        );
        let rows = self.session.query_arrays(&sql, &[&touched.conversations, &touched.items, &touched.messages])?;
        let mut conversations = HashMap::with_capacity(rows.len());
        for row in &rows {
            let one = conversation(&Row::Postgres(row))?;
            conversations.insert(one.id.to_string(), one);
        }
        let ids: Vec<&str> = conversations.keys().map(String::as_str).collect();
        let sql = format!(
            "SELECT party.conversation AS conversation, party.read_seq AS read_seq, party.to_read AS to_read, {ACCOUNT}
             FROM party JOIN account ON account.id = party.account
             WHERE party.conversation = ANY($1::text[]) ORDER BY account.id"
        );
        for row in &self.session.query_arrays(&sql, &[&ids])? {
            let row = Row::Postgres(row);
            known.learn_account(&account(&row)?);
            if let Some(one) = conversations.get_mut(row.text("conversation")?) {
                one.parties.push(party(&row)?);
            }
        }
        conversations.values().for_each(|one| known.learn_conversation(one));
        Ok(())
    }

    pub(super) fn control(&self, word: &str) -> Result<(), StoreError> {
        self.session.queue(word);
        Ok(())
    }

    /// Takes the chain's head, then numbers, chains and writes the batch's lines, all tables in one go.
    pub(super) fn seal(&mut self, lines: Vec<Unsealed>) -> Result<Vec<Logged>, StoreError> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let mut head = self.take_head()?;
        if head != self.head {
            self.feeds.clear();
        }
        self.learn_feeds(&lines)?;
        let sealed = seal(&mut head, &mut self.feeds, lines);
        self.write_lines(&sealed)?;
        let sql = "UPDATE chain SET n = ?1, hash = ?2";
        self.session.execute(sql, params![head.n, head.hash])?;
        self.head = head;
        Ok(sealed.into_iter().map(Logged::from).collect())
    }

    fn take_head(&self) -> Result<Head, StoreError> {
        let found = Reader::new(self.link()).one("SELECT n, hash FROM chain FOR UPDATE", params![], |row| {
            Ok(Head { n: row.get("n")?, hash: row.get("hash")? })
        })?;
        found.ok_or_else(|| StoreError::new("seal the log", "the chain's head is not there; restore a backup"))
    }

    /// The ends of the feeds that these lines enter and whose ends are not known.
    fn learn_feeds(&mut self, lines: &[Unsealed]) -> Result<(), StoreError> {
        let unknown = self.feeds.unknown(lines.iter().flat_map(Unsealed::owners));
        if unknown.is_empty() {
            return Ok(());
        }
        let mut by_name: HashMap<String, Owner> = unknown.iter().map(|owner| (owner.to_string(), *owner)).collect();
        let names: Vec<String> = by_name.keys().cloned().collect();
        let sql = r#"SELECT owner, coalesce((SELECT "offset" FROM feed WHERE feed.owner = asked.owner
                         ORDER BY "offset" DESC LIMIT 1), 0) AS place
                     FROM unnest($1::text[]) AS asked (owner)"#;
        for row in self.session.query_arrays(sql, &[&names])? {
            let row = Row::Postgres(&row);
            if let Some(owner) = by_name.remove(row.text("owner")?) {
                // The line there is asked for by nobody: an index leads to it.
                self.feeds.learn(owner, End { offset: row.get("place")?, n: 0 });
            }
        }
        Ok(())
    }

    fn write_lines(&self, sealed: &[Sealed]) -> Result<(), StoreError> {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let n: Vec<i64> = sealed.iter().map(|line| number(line.n)).collect();
        let at: Vec<i64> = sealed.iter().map(|line| line.line.event.at.0).collect();
        let kind: Vec<&str> = sealed.iter().map(|line| line.line.event.what.kind()).collect();
        let site: Vec<&str> = sealed.iter().map(|line| line.line.site.as_str()).collect();
        let conversation: Vec<Option<&str>> = sealed.iter().map(|line| line.line.conversation.as_deref()).collect();
        let message: Vec<Option<&str>> = sealed.iter().map(|line| line.line.message.as_deref()).collect();
        let actor: Vec<Option<&str>> = sealed.iter().map(|line| line.line.actor.as_deref()).collect();
        let data: Vec<&str> = sealed.iter().map(|line| line.line.data.as_str()).collect();
        let body: Vec<Option<i64>> = sealed.iter().map(|line| line.line.body.map(|body| body.row)).collect();
        let digest: Vec<Option<&[u8]>> =
            sealed.iter().map(|line| line.line.body.as_ref().map(|body| body.digest.as_slice())).collect();
        let hash: Vec<&[u8]> = sealed.iter().map(|line| line.hash.as_slice()).collect();
        let sql = "INSERT INTO event (n, at, kind, site, conversation, message, actor, data, body, body_digest, hash)
                   SELECT n, at, kind, site, conversation, message, actor, data::json, body, body_digest, hash
                   FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                               $8::text[], $9::bigint[], $10::bytea[], $11::bytea[])
                   AS line (n, at, kind, site, conversation, message, actor, data, body, body_digest, hash)";
        self.session.query_arrays(
            sql,
            &[&n, &at, &kind, &site, &conversation, &message, &actor, &data, &body, &digest, &hash],
        )?;
        let entries = || sealed.iter().flat_map(|line| line.feeds.iter().map(move |feed| (feed, line.n)));
        let owner: Vec<String> = entries().map(|(entry, _)| entry.owner.to_string()).collect();
        let offset: Vec<i64> = entries().map(|(entry, _)| number(entry.offset)).collect();
        let n: Vec<i64> = entries().map(|(_, n)| number(n)).collect();
        let sql = r#"INSERT INTO feed (owner, "offset", n)
                     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])"#;
        self.session.query_arrays(sql, &[&owner, &offset, &n])?;
        Ok(())
    }

    pub(super) fn commit(&self) -> Result<(), StoreError> {
        self.session.commit()
    }

    /// Undoes whatever is under way. A session that is lost does so by itself.
    pub(super) fn roll_back(&mut self) -> bool {
        self.feeds.clear();
        self.session.roll_back();
        true
    }
}
