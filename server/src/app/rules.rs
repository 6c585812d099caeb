//! The rules' files: read at the start, and read again when they change or a SIGHUP asks. The last good set stays when a new
//! one is bad.

use crate::chat::Chat;
use crate::config;
use crate::telemetry::{Counter, metrics};
use anyhow::Context;
use handrail_domain::filter::{Rules, Source};
use rust_embed::RustEmbed;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{SignalKind, signal};

/// The default packs, so that a demonstration runs from any folder.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../config/rules"]
#[include = "*.toml"]
struct Packs;

/// How often the folder is looked at. Looking works on every file system; being told does not.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The largest pack that is read, in bytes.
const PACK_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Reads and compiles the rules. Without any the server does not start.
pub fn load_rules(rules: &config::Rules) -> anyhow::Result<Rules> {
    Ok(Rules::compile(&read_rules(rules)?)?)
}

/// Reads the rules as they are written.
pub fn read_rules(rules: &config::Rules) -> anyhow::Result<Vec<Source>> {
    match rules {
        config::Rules::Folder(folder) => read_folder(folder),
        config::Rules::Embedded => Ok(embedded()),
    }
}

fn embedded() -> Vec<Source> {
    let mut names: Vec<_> = Packs::iter().collect();
    names.sort();
    let pack = |name: std::borrow::Cow<'static, str>| {
        let file = Packs::get(&name)?;
        Some(Source { name: name.into_owned(), toml: String::from_utf8_lossy(&file.data).into_owned() })
    };
    names.into_iter().filter_map(pack).collect()
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let advice =
        || format!("cannot read the rules' folder {}; check [rules] folder in the configuration", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(advice)? {
        let path = entry.with_context(advice)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_folder(folder: &Path) -> anyhow::Result<Vec<Source>> {
    files(folder)?
        .into_iter()
        .map(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let size = std::fs::metadata(&path).with_context(|| format!("cannot read {name}"))?.len();
            anyhow::ensure!(
                size <= PACK_BYTES_MAX,
                "{name} has {size} bytes; a rule pack has at most {PACK_BYTES_MAX}"
            );
            let toml =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {name}; it must be UTF-8 text"))?;
            Ok(Source { name, toml })
        })
        .collect()
}

/// What the files look like from outside.
fn looks(folder: &Path) -> Vec<(PathBuf, Option<SystemTime>, u64)> {
    let look = |path: PathBuf| {
        let meta = std::fs::metadata(&path).ok();
        (path, meta.as_ref().and_then(|meta| meta.modified().ok()), meta.map_or(0, |meta| meta.len()))
    };
    files(folder).unwrap_or_default().into_iter().map(look).collect()
}

/// Reads the rules again whenever their files change, and at a SIGHUP; those in shadow too.
pub(super) async fn watch(chat: Arc<Chat>, rules: config::Rules, shadow: Option<PathBuf>) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    let folder = match &rules {
        config::Rules::Folder(folder) => Some(folder),
        config::Rules::Embedded => None,
    };
    let look = |folder: Option<&PathBuf>| folder.map(|folder| looks(folder)).unwrap_or_default();
    let mut seen = look(folder);
    // The files may have changed since the set that judges now was compiled.
    if folder.is_some()
        && read_rules(&rules).is_ok_and(|sources| Some(Rules::version_of(&sources)) != chat.rules_version())
    {
        reload(&chat, &rules).await;
    }
    // Nothing was seen of the shadow yet, so that it is read at once.
    let mut seen_shadow = Vec::new();
    loop {
        let now = look(shadow.as_ref());
        if let Some(folder) = shadow.as_ref().filter(|_| now != seen_shadow) {
            seen_shadow = now;
            reload_shadow(&chat, folder.clone()).await;
        }
        let asked = tokio::select! {
            told = hangup.recv() => told.is_some(),
            () = tokio::time::sleep(LOOK_EVERY) => false,
        };
        let now = look(folder);
        if folder.is_some() && (asked || now != seen) {
            seen = now;
            reload(&chat, &rules).await;
        }
    }
}

async fn reload(chat: &Chat, rules: &config::Rules) {
    let wanted = rules.clone();
    let compiled = tokio::task::spawn_blocking(move || load_rules(&wanted)).await;
    match compiled {
        Ok(Ok(rules)) if chat.rules_version().as_deref() == Some(rules.version()) => (),
        Ok(Ok(rules)) => {
            tracing::info!(version = rules.version(), rules = rules.len(), "new rules judge from now on");
            chat.change_rules(Arc::new(rules)).await;
        }
        Ok(Err(error)) => {
            metrics().count(Counter::ReloadsFailed);
            tracing::error!("the new rules are refused, the last good ones stay: {error:#}");
        }
        Err(error) => tracing::error!(%error, "the new rules could not be compiled, the last good ones stay"),
    }
}

async fn reload_shadow(chat: &Chat, folder: PathBuf) {
    let compiled = tokio::task::spawn_blocking(move || load_rules(&config::Rules::Folder(folder))).await;
    match compiled {
        Ok(Ok(rules)) if chat.shadow_version().as_deref() == Some(rules.version()) => (),
        Ok(Ok(rules)) => {
            tracing::info!(version = rules.version(), rules = rules.len(), "rules judge in shadow, without effect");
            chat.set_shadow(Some(Arc::new(rules))).await;
        }
        Ok(Err(error)) => tracing::error!("the rules in shadow are refused, those before stay: {error:#}"),
        Err(error) => tracing::error!(%error, "the rules in shadow could not be compiled"),
    }
}
