//! How long the whole `judge` takes with every pack loaded: `cargo bench -p handrail-domain`.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use handrail_domain::filter::{Rules, Source, Window, judge};
use handrail_domain::ids::MessageId;
use handrail_domain::people::Role;
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use std::hint::black_box;

#[expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a bench is a shell of its own: it reads the packs")]
fn packs() -> Vec<Source> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rules");
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().to_string();
        sources.push(Source { name, toml: std::fs::read_to_string(&path).unwrap() });
    }
    sources
}

#[expect(clippy::unwrap_used, reason = "constants of this bench")]
fn bench(criterion: &mut Criterion) {
    let sources = packs();
    let rules = Rules::compile(&sources).unwrap();
    let parse = |text: &str| Text::parse(text).unwrap();
    let empty = Window::new(Role::Mentee);
    let mut busy = Window::new(Role::Mentee);
    for at in 0..8 {
        busy.push(
            MessageId::from_bits(at),
            &parse("yeah it went well, they said i can start on the monday"),
            Timestamp(at as i64),
        );
    }
    let benign = "Had a really good day at college, we built a bench and my tutor was pleased lol";
    let many = [
        benign,
        "Did you watch the match last night? I could not believe that second half at all",
        "I am a bit nervous about the interview but I read the notes that you gave me ok",
        "My nan made a roast on sunday and the whole house smelled lovely, I miss her food",
        "They said the bus will be late again so I might walk, it is only twenty minutes",
        "What do you think I should write on my CV about the summer job at the garden centre",
        "I have been playing a lot of football and the coach said my passing gets better",
        "Thanks for listening, it helps to talk about it even when there is no real answer",
    ];
    let mut one = |name: &str, window: &Window, text: &str| {
        let text = parse(text);
        criterion.bench_function(name, |b| {
            b.iter_batched(|| text.clone(), |text| black_box(judge(&rules, window, text)), BatchSize::SmallInput);
        });
    };
    one("benign 80 characters", &empty, benign);
    one("benign 80 characters, full window", &busy, benign);
    one("short", &empty, "yeah ok");
    one(
        "held 80 characters",
        &empty,
        "shut the fuck up you prick, i am going to stab him when i see him near the park",
    );
    one("evasive", &empty, "d0n't t.e.l.l your nan, m e e t   m e at the p4rk, my n_u_m_b_e_r is oh double seven");
    one("hostile stars, 2,000", &empty, &"*".repeat(2_000));
    one("hostile masked words, 2,000", &empty, &"f*ck sh!t c**t ".repeat(133));
    one("hostile single letters, 2,000", &empty, &"f u c k ".repeat(249));
    one("hostile digits, 2,000", &empty, &"0 7 7 1 2 ".repeat(199));
    one("hostile stretched, 2,000", &empty, &"a".repeat(2_000));
    one(
        "hostile prose that matches everything, 2,000",
        &empty,
        &"i want to kill him and die tell your mum ".repeat(48),
    );
    criterion.bench_function("benign, eight messages in turn", |b| {
        let texts: Vec<Text> = many.iter().map(|text| parse(text)).collect();
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
