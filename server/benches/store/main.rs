//! What the record can take: `make bench-store`. Everything here is the product's own store; beside it, in the same run, stands a
//! bare loop that writes the same messages with nothing around it. Machines are noisy: read the ratios.
//!
//! `HANDRAIL_BENCH_MESSAGES` sets the size of the large record. `cargo bench -p handrail --bench store sqlite` leaves PostgreSQL out.

mod bare;
mod people;
mod server;

use bare::{Least, Same};
use handrail::records::{verify, verify_tail};
use handrail::store::{OpenItems, Store};
use handrail_domain::ids::{Cid, ConversationId};
use people::{PAIRS, fill, pair, say, seed, site};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Senders at once.
const SENDERS: usize = 500;
/// One round of one writer.
const ROUND: Duration = Duration::from_secs(3);
/// Rounds, in turn, of which the median counts.
const ROUNDS: usize = 5;
/// Sends one after another, for the time of one.
const ALONE: usize = 200;

fn median<T: PartialOrd + Copy>(values: &mut [T]) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    values[values.len() / 2]
}

/// Sends a second with everybody sending as soon as they have their answer.
async fn crowd(store: &Store, round: usize) -> f64 {
    let (began, done) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let senders = (0..SENDERS).map(|sender| {
        let (store, done) = (store.clone(), done.clone());
        tokio::spawn(async move {
            for at in 0.. {
                if began.elapsed() >= ROUND {
                    return;
                }
                say(&store, pair(sender), &format!("{round}x{sender}x{at}")).await;
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.expect("a sender");
    }
    done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

/// How long one send takes when nobody else does anything.
async fn alone(store: &Store, round: usize) -> Duration {
    let mut times = Vec::with_capacity(ALONE);
    for at in 0..ALONE {
        let began = Instant::now();
        say(store, pair(0), &format!("alone{round}x{at}")).await;
        times.push(began.elapsed());
    }
    median(&mut times)
}

/// How long the disk takes for one page and its fsync.
fn disk(folder: &Path) -> Duration {
    let mut file = std::fs::File::create(folder.join("disk")).expect("a file");
    let mut times = Vec::with_capacity(ALONE);
    for _ in 0..ALONE {
        let began = Instant::now();
        file.write_all(&[7; 8_192]).expect("written");
        file.sync_data().expect("synced");
        times.push(began.elapsed());
    }
    median(&mut times)
}

fn say_line(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("somebody reads");
}

async fn throughput(folder: &Path, postgres: Option<&Store>) {
    let sqlite = Store::open(&folder.join("sqlite")).expect("a record");
    seed(&sqlite).await;
    let before = size(&folder.join("sqlite"));
    let (mut least, mut same, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (connection, rows) = Least::open(&folder.join(format!("least{round}.db")), SENDERS);
        least.push(bare::crowd(connection, rows, SENDERS, ROUND));
        let beside = folder.join(format!("same{round}"));
        seed(&Store::open(&beside).expect("a record")).await;
        let (connection, rows) = Same::open(&beside.join("handrail.db"));
        same.push(bare::crowd(connection, rows, SENDERS, ROUND));
        ours.push(crowd(&sqlite, round).await);
        if let Some(store) = postgres {
            theirs.push(crowd(store, round).await);
        }
    }
    let (least, same) = (median(&mut least), median(&mut same));
    say_line(&format!("durable sends a second, {SENDERS} senders at once, median of {ROUNDS} rounds in turn:"));
    say_line(&format!("  bare loop, the least rows {least:>7.0}"));
    say_line(&format!("  bare loop, our rows       {same:>7.0}"));
    let of = |name: &str, rate: f64| {
        say_line(&format!(
            "  {name:<25} {rate:>7.0}   {:.2} of the least, {:.2} of our rows",
            rate / least,
            rate / same
        ));
    };
    of("SQLite", median(&mut ours));
    if postgres.is_some() {
        of("PostgreSQL", median(&mut theirs));
    }
    say_line("one send at a time, median:");
    say_line(&format!("  write and fsync of 8 KiB {:>8.2?}", disk(folder)));
    say_line(&format!("  SQLite                   {:>8.2?}", alone(&sqlite, 0).await));
    if let Some(store) = postgres {
        say_line(&format!("  PostgreSQL               {:>8.2?}", alone(store, 0).await));
    }
    let messages = sqlite.read(|record| record.log_head()).await.expect("the log");
    drop(sqlite);
    let bytes = (size(&folder.join("sqlite")) - before) as f64 / messages as f64;
    say_line(&format!("bytes on disk a message of 200 characters, with its log and feeds: {bytes:.0}"));
}

/// The bytes of a record's file, once nothing waits beside it.
fn size(folder: &Path) -> u64 {
    let connection = rusqlite::Connection::open(folder.join("handrail.db")).expect("the file");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
    std::fs::metadata(folder.join("handrail.db")).expect("the file").len()
}

/// The median and the slowest of a hundred of the same reading.
async fn reading<T>(name: &str, ask: impl AsyncFn(usize) -> T) {
    let mut times = Vec::new();
    for at in 0..100 {
        let began = Instant::now();
        ask(at).await;
        times.push(began.elapsed());
    }
    let middle = median(&mut times);
    say_line(&format!("  {name:<34} {middle:>9.2?}   slowest of 100 {:>9.2?}", times[times.len() - 1]));
}

async fn scale(name: &str, open: impl AsyncFn() -> Store) {
    let messages: usize =
        std::env::var("HANDRAIL_BENCH_MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let store = open().await;
    fill(&store, messages).await;
    drop(store);
    let began = Instant::now();
    let store = open().await;
    store.read(|record| Ok(verify_tail(record).is_ok())).await.expect("the end of the log");
    say_line(&format!("{name} with {messages} messages:"));
    say_line(&format!("  opening, and checking the log's end {:>8.2?}", began.elapsed()));
    let page = |before: Option<u64>| {
        let store = store.clone();
        async move |at: usize| {
            let of: ConversationId = pair(at % PAIRS).conversation;
            store.read(move |record| record.history(of, before, 50)).await.expect("a page")
        }
    };
    reading("the newest page of a history", page(None)).await;
    reading("a page from the middle", page(Some(messages as u64 / PAIRS as u64 / 2))).await;
    let open_queue =
        async |_| store.read(|record| record.items(site(), OpenItems::Open, None, 100)).await.expect("items");
    reading("the open queue", open_queue).await;
    let decided =
        async |_| store.read(|record| record.items(site(), OpenItems::Closed, None, 100)).await.expect("items");
    reading("the latest decisions", decided).await;
    let middle = store.read(|record| record.log_head()).await.expect("the log") / 2;
    let log = async |_| store.read(move |record| record.log_page(middle, 100)).await.expect("lines");
    reading("a page of the log", log).await;
    let twice = async |at: usize| {
        let cid = Cid::parse(&format!("fill{at}")).expect("an id");
        store.read(move |record| record.message_by_cid(pair(at % PAIRS).mentor, &cid)).await.expect("a message")
    };
    reading("a message said again", twice).await;
    let began = Instant::now();
    let lines = store.read(|record| Ok(verify(record, 1).map(|audit| audit.lines()).ok())).await.expect("the record");
    let rate = lines.expect("the record is whole") as f64 / began.elapsed().as_secs_f64();
    say_line(&format!("  checking the whole record          {rate:>9.0} lines of the log a second"));
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let only_sqlite = std::env::args().any(|arg| arg == "sqlite");
    let server = if only_sqlite { None } else { server::Server::start() };
    let url = server.as_ref().map(|server| server.database("sends"));
    let postgres = match url {
        Some(url) => Some(connect(url).await),
        None => None,
    };
    if let Some(store) = &postgres {
        seed(store).await;
    }
    throughput(folder.path(), postgres.as_ref()).await;
    let large = folder.path().join("large");
    scale("SQLite", async || Store::open(&large).expect("a record")).await;
    if let Some(server) = &server {
        let url = server.database("large");
        scale("PostgreSQL", async || connect(url.clone()).await).await;
    }
}

async fn connect(url: String) -> Store {
    tokio::task::spawn_blocking(move || Store::connect(&url)).await.expect("a thread").expect("a record")
}
