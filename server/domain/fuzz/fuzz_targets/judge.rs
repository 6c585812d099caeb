//! Whatever is sent, in whatever order, is judged by the packs that come with the product.
#![no_main]

use handrail_domain::filter::Source;
use handrail_domain::filter::fuzz::Judging;
use std::sync::LazyLock;

static JUDGING: LazyLock<Judging> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../config/rules");
    let entries = std::fs::read_dir(folder).expect("the packs");
    let read = |path: std::path::PathBuf| Source {
        name: path.file_name().unwrap_or_default().to_string_lossy().into(),
        toml: std::fs::read_to_string(&path).expect("a pack"),
    };
    let paths = entries.map(|entry| entry.expect("a pack").path());
    let packs: Vec<Source> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).map(read).collect();
    Judging::new(&packs).unwrap_or_else(|error| panic!("{error}"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| JUDGING.judge(bytes));
