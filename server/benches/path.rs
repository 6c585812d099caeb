//! What each step of a message costs, alone and warm: `cargo bench -p handrail --bench path`. Beside two of them stands the least
//! that such a step can be: an automaton that looks for two thousand words, and a row a message committed in groups. At the end there is
//! a table. With everything else around it a step costs several times as much, since the processor's caches are then everybody's:
//! `handrail-load floors` measures that.

#[path = "store/bare.rs"]
#[expect(dead_code, reason = "the other bench uses the rest")]
mod bare;
#[path = "store/people.rs"]
#[expect(dead_code, reason = "the other bench uses the rest")]
mod people;

use aho_corasick::AhoCorasick;
use bare::{Least, crowd};
use criterion::{BatchSize, Criterion, Throughput};
use handrail::app::load_rules;
use handrail::gateway::outbox::{Frame, Outbox};
use handrail::store::{Scope, Store};
use handrail_domain::conversation::{Conversation, Envelope, submit};
use handrail_domain::filter::{Verdict, Window, judge};
use handrail_domain::ids::{ItemId, MessageId};
use handrail_domain::people::{Role, Site};
use handrail_domain::policy::may_send;
use handrail_domain::text::Text;
use handrail_domain::wire::{EventBody, FromServer, MessageView, parse};
use people::{PAIRS, pair, say, seed, site};
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is said.
const TEXT: &str = "Had a really good day at college, we built a bench and my tutor was pleased lol";
/// Words that the least filter looks for, none of which is said.
const WORDS: usize = 2_000;
/// Sends that share a commit.
const TOGETHER: usize = 256;
/// How long the bare loop commits.
const BARE: Duration = Duration::from_secs(3);
/// The group that all of it is in, and so the folder of its figures.
const GROUP: &str = "path";

fn text() -> Text {
    Text::parse(TEXT).expect("a text")
}

/// A word that is not said; as in `loadtest/floors`, also in that the automaton skips no letter.
fn made_word(nth: usize) -> String {
    let (mut word, mut rest) = (String::new(), nth);
    for letters in [b"bdglmnprst".as_slice(), b"aeiou"].into_iter().cycle().take(6) {
        word.push(char::from(letters[rest % letters.len()]));
        rest /= letters.len();
    }
    word + "wuk"
}

fn event() -> FromServer {
    let one = pair(0);
    let body = EventBody::Message(MessageView {
        conversation: one.conversation,
        message: MessageId::from_bits(7),
        seq: 311,
        from: one.mentor,
        text: TEXT.to_owned(),
        altered: false,
        sent_at: handrail::fresh::now(),
        delivered_at: handrail::fresh::now(),
        cid: None,
    });
    FromServer::Event { queue: None, offset: 4_183, mark: Some("b31c9a7d".into()), body }
}

fn pure(criterion: &mut Criterion) {
    let rules = load_rules(&handrail::config::Rules::Embedded).expect("the default packs");
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .prefilter(false)
        .build((0..WORDS).map(made_word))
        .expect("words");
    let window = Window::new(Role::Mentee);
    let mut group = criterion.benchmark_group(GROUP);
    let frame = format!(
        r#"{{"op":"send","id":7,"conversation":"{}","cid":"closed-1-2","text":"{TEXT}"}}"#,
        pair(0).conversation
    );
    group.bench_function("parse", |b| b.iter(|| parse(black_box(&frame)).is_ok()));
    group.bench_function("judge", |b| {
        b.iter_batched(text, |text| black_box(judge(&rules, &window, text)), BatchSize::SmallInput);
    });
    group.bench_function("floor judge", |b| b.iter(|| automaton.is_match(black_box(TEXT))));
    let event = event();
    group.bench_function("encode", |b| b.iter(|| serde_json::to_string(black_box(&event)).map(Frame::from).is_ok()));
    let frame = Frame::from(serde_json::to_string(&event).expect("a frame"));
    // Both parties' devices are live, and each writer takes what waits.
    let outboxes = [live(), live()];
    let mut offset = 0;
    group.bench_function("fan-out", |b| {
        b.iter(|| {
            offset += 1;
            for outbox in &outboxes {
                outbox.push_event(offset, frame.clone());
                black_box(futures_util::FutureExt::now_or_never(outbox.next()));
            }
        });
    });
    group.finish();
}

fn live() -> Outbox {
    let outbox = Outbox::new();
    outbox.start(0);
    outbox.rejoin(None);
    outbox
}

fn submitting(criterion: &mut Criterion, runtime: &tokio::runtime::Runtime, store: &Store) {
    let one = pair(0);
    let asked = runtime.block_on(store.read(move |record| {
        Ok((record.account(one.mentor)?, record.conversation(one.conversation)?, record.site(site())?))
    }));
    let Ok((Some(account), Some(conversation), Some(site))) = asked else { panic!("they are there") };
    let (conversation, site): (Conversation, Site) = (conversation, site);
    let rules = load_rules(&handrail::config::Rules::Embedded).expect("the default packs");
    let judged = || match judge(&rules, &Window::new(Role::Mentor), text()) {
        clear @ Verdict::Clear { .. } => clear,
        Verdict::Hold { .. } => panic!("these words are held"),
    };
    let mut group = criterion.benchmark_group(GROUP);
    group.bench_function("submit", |b| {
        b.iter_batched(
            || (judged(), envelope()),
            |(verdict, envelope)| {
                let permit = may_send(&account, &conversation).expect("a permit");
                black_box(submit(&conversation, &site, &permit, verdict, envelope))
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn envelope() -> Envelope {
    Envelope {
        message: MessageId::from_bits(handrail::fresh::bits()),
        item: ItemId::from_bits(handrail::fresh::bits()),
        salt: handrail::fresh::bytes(),
        cid: handrail_domain::ids::Cid::parse("closed-1-2").expect("an id"),
        rules: "r".into(),
        now: handrail::fresh::now(),
        expected_wait_s: None,
    }
}

/// A batch of sends from many people, from the first call to the last answer.
fn committing(criterion: &mut Criterion, runtime: &tokio::runtime::Runtime, store: &Store) {
    let mut group = criterion.benchmark_group(GROUP);
    group.throughput(Throughput::Elements(TOGETHER as u64)).sample_size(20);
    let mut nth = 0;
    group.bench_function("commit of a batch", |b| {
        b.iter(|| {
            nth += 1;
            let sends: Vec<_> = (0..TOGETHER)
                .map(|at| {
                    let store = store.clone();
                    runtime.spawn(async move { say(&store, pair(at % PAIRS), &format!("{nth}x{at}")).await })
                })
                .collect();
            for send in sends {
                runtime.block_on(send).expect("said");
            }
        });
    });
    group.finish();
}

/// The median of a step in nanoseconds, as it was just measured.
fn median_ns(folder: &Path, step: &str) -> Option<f64> {
    let file = folder.join(GROUP).join(step.replace(' ', "_")).join("new/estimates.json");
    let file = if file.exists() { file } else { folder.join(GROUP).join(step).join("new/estimates.json") };
    let read: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
    read["median"]["point_estimate"].as_f64()
}

fn table(folder: &Path, bare_us: f64) {
    let us = |step: &str| median_ns(folder, step).map(|ns| ns / 1e3);
    let commit = us("commit of a batch").map(|us| us / TOGETHER as f64);
    let steps = [
        ("parse a frame", us("parse"), None),
        ("judge a text", us("judge"), us("floor judge")),
        ("submit it", us("submit"), None),
        ("commit it, in a batch of 256", commit, Some(bare_us)),
        ("encode an event", us("encode"), None),
        ("hand it to two devices", us("fan-out"), None),
    ];
    let mut out = std::io::stdout();
    let _closed = writeln!(out, "\na message's path           µs   the least   times the least");
    for (name, us, least) in steps {
        let us = us.map_or_else(|| "not run".into(), |us| format!("{us:.2}"));
        let floor = least.map_or_else(String::new, |least| format!("{least:>11.2}"));
        let times =
            least.zip(us.parse::<f64>().ok()).map_or_else(String::new, |(least, us)| format!("{:>17.1}", us / least));
        let _closed = writeln!(out, "{name:<28}{us:>9}{floor}{times}");
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // On the disk of the project: a folder for temporary files may be memory, where an fsync costs nothing.
    let target = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target"));
    std::fs::create_dir_all(&target).expect("a folder");
    let folder = tempfile::tempdir_in(&target).expect("a folder");
    let store = {
        let _inside = runtime.enter();
        Store::open(folder.path()).expect("a record")
    };
    runtime.block_on(seed(&store));
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    pure(&mut criterion);
    submitting(&mut criterion, &runtime, &store);
    committing(&mut criterion, &runtime, &store);
    let (connection, rows) = Least::open(&folder.path().join("least.db"), PAIRS);
    let bare = crowd(connection, rows, PAIRS, BARE);
    criterion.final_summary();
    // A warm record is left as it is found: the last act is over before the folder goes.
    let done = runtime.block_on(store.write(Scope::Everything, |_| Ok(())));
    done.expect("the writer lives");
    let figures = std::env::var_os("CARGO_TARGET_DIR").map_or(target, PathBuf::from).join("criterion");
    table(&figures, 1e6 / bare);
}
