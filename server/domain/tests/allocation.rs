//! Judging what nothing matches takes no memory: each thread keeps its room to work in.

use handrail_domain::filter::{Rules, Source, Verdict, Window, judge};
use handrail_domain::people::Role;
use handrail_domain::text::Text;

#[expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests are a shell of their own: they read the packs"
)]
fn packs() -> Vec<Source> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rules");
    let read = |path: std::path::PathBuf| Source {
        name: path.file_name().unwrap().to_string_lossy().into(),
        toml: std::fs::read_to_string(&path).unwrap(),
    };
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).map(read).collect()
}

#[test]
fn judging_what_nothing_matches_allocates_nothing() {
    let rules = Rules::compile(&packs()).unwrap();
    let window = Window::new(Role::Mentee);
    let text = Text::parse("Had a really good day at college, we built a bench and my tutor was pleased with").unwrap();
    let judged = || {
        let text = text.clone();
        let mut verdict = None;
        let counted = allocation_counter::measure(|| verdict = Some(judge(&rules, &window, text)));
        assert!(matches!(&verdict, Some(Verdict::Clear { noted, .. }) if noted.is_empty()), "{verdict:?}");
        counted.count_total
    };
    // The first judgement of a thread makes its room.
    judged();
    assert_eq!(judged(), 0);
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(text.clone())));
    assert_eq!(counted.count_total, 1, "what is allocated is counted");
}
