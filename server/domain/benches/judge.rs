//! How long the whole `judge` takes with every pack loaded: `cargo bench -p handrail-domain`.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use handrail_domain::filter::{Restricted, Rules, Source, Term, Window, judge};
use handrail_domain::ids::MessageId;
use handrail_domain::people::Role;
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use std::hint::black_box;
use std::sync::Arc;

const BENIGN: &str = "Had a really good day at college, we built a bench and my tutor was pleased lol";
const HELD: &str = "shut the fuck up you prick, i am going to stab him when i see him near the park";
/// What one person says over a day.
const MANY: [&str; 8] = [
    BENIGN,
    "Did you watch the match last night? I could not believe that second half at all",
    "I am a bit nervous about the interview but I read the notes that you gave me ok",
    "My nan made a roast on sunday and the whole house smelled lovely, I miss her food",
    "They said the bus will be late again so I might walk, it is only twenty minutes",
    "What do you think I should write on my CV about the summer job at the garden centre",
    "I have been playing a lot of football and the coach said my passing gets better",
    "Thanks for listening, it helps to talk about it even when there is no real answer",
];
/// Texts made to be costly, of the longest length.
const HOSTILE: [(&str, &str); 12] = [
    ("stars", "*"),
    ("masked words", "f*ck sh!t c**t "),
    ("single letters", "f u c k "),
    ("digits", "0 7 7 1 2 "),
    ("digits without spaces", "07712"),
    ("stretched", "a"),
    ("stretched words", "fuuuuck yoooou "),
    ("prose that matches everything", "i want to kill him and die tell your mum "),
    ("combining marks", "a\u{335}\u{308}"),
    ("spoken digits", "oh seven "),
    ("dots", "a.b.c."),
    ("what does not show", "f\u{200B}u\u{200B}c\u{200B}k "),
];

#[expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a bench is a shell of its own: it reads the packs")]
fn packs() -> Vec<Source> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rules");
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().to_string();
        sources.push(Source { name, toml: std::fs::read_to_string(&path).unwrap() });
    }
    sources
}

#[expect(clippy::unwrap_used, reason = "constants of this bench")]
fn parse(text: &str) -> Text {
    Text::parse(text).unwrap()
}

/// A text of the longest length, of the same piece again and again.
fn long(piece: &str) -> String {
    piece.chars().cycle().take(2_000).collect()
}

fn full(texts: impl Iterator<Item = &'static str>) -> Window {
    let mut window = Window::new(Role::Mentee);
    for (at, text) in texts.enumerate() {
        window.push(MessageId::from_bits(at as u128), &parse(text), Timestamp(at as i64));
    }
    window
}

#[expect(clippy::unwrap_used, reason = "constants of this bench")]
fn restricted() -> Window {
    let names = ["Keisha Brannigan", "Danny Okafor", "Hollins Park", "Marlow Road", "second phone", "Rose King"];
    let terms: Vec<Term> = names
        .iter()
        .map(|name| Term { id: (*name).into(), text: (*name).into(), why: "A condition.".into() })
        .collect();
    Window::new(Role::Mentee).with_restricted(Arc::new(Restricted::new(&terms).unwrap()))
}

fn one(criterion: &mut Criterion, rules: &Rules, name: &str, window: &Window, text: &str) {
    let text = parse(text);
    criterion.bench_function(name, |b| {
        b.iter_batched(|| text.clone(), |text| black_box(judge(rules, window, text)), BatchSize::SmallInput);
    });
}

#[expect(clippy::unwrap_used, reason = "the packs are tested")]
fn bench(criterion: &mut Criterion) {
    let sources = packs();
    let rules = Rules::compile(&sources).unwrap();
    let empty = Window::new(Role::Mentee);
    let busy = full(MANY.into_iter());
    let figures = full(["it starts 07700", "lol", "then 900", "hang on", "10 mins", "ok", "at 7", "yeah"].into_iter());
    let mut one = |name: &str, window: &Window, text: &str| one(criterion, &rules, name, window, text);
    one("short", &empty, "yeah ok");
    one("benign, 80", &empty, BENIGN);
    one("benign, 2,000", &empty, &long(&MANY.join(" ")));
    one("held, 80", &empty, HELD);
    one("held, 2,000", &empty, &long(HELD));
    one("evasive, 80", &empty, "d0n't t.e.l.l your nan, m e e t   m e at the p4rk, my n_u_m_b_e_r is oh double seven");
    one("benign, 80, full window", &busy, BENIGN);
    one("held, 80, full window", &busy, HELD);
    one("figures, full window of figures", &figures, "and 221 is the bus");
    one("benign, 80, restricted terms", &restricted(), BENIGN);
    one(
        "restricted name in disguise, 80",
        &restricted(),
        "do you know if O k a f o r still plays rugby or if he moved to marlow rd by now",
    );
    for (kind, piece) in HOSTILE {
        one(&format!("hostile {kind}, 2,000"), &empty, &long(piece));
    }
    criterion.bench_function("benign, eight messages in turn", |b| {
        let texts = MANY.map(parse);
        let mut at = 0;
        b.iter_batched(
            || {
                at += 1;
                texts[at % texts.len()].clone()
            },
            |text| black_box(judge(&rules, &empty, text)),
            BatchSize::SmallInput,
        );
    });
    criterion.bench_function("compile every pack", |b| b.iter(|| black_box(Rules::compile(&sources).is_ok())));
}

criterion_group! { name = judging; config = Criterion::default().without_plots(); targets = bench }
criterion_main!(judging);
