//! Copies of the record: made while the server runs, checked before they are put back. A record that was put back has lost what
//! came after the copy, so it goes on in a new epoch, and its log says after which line.

use super::key::{KEY_FILE, SigningKey};
use super::verify::{Stop, verify, witness};
use super::{CHECKPOINTS_FILE, broken_record};
use crate::fresh;
use crate::store::{Copied, RECORD_FILE, Scope, Store, inspect, is_in_use};
use anyhow::{Context, bail, ensure};
use handrail_domain::checkpoint::parse_verifier_key;
use handrail_domain::event::{Event, What, hex, whole_record};
use handrail_domain::ids::LogN;
use handrail_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// What a backup says of itself.
const MANIFEST_FILE: &str = "manifest.json";
/// Which kind of backup this is. Another one is refused.
const FORMAT: u32 = 1;
/// Characters of an epoch.
const EPOCH: usize = 6;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// When it was made.
    pub at: Timestamp,
    /// The record's epoch.
    pub epoch: String,
    /// The log's last line in it.
    pub n: LogN,
    /// The hash of that line, in hexadecimal.
    pub hash: String,
    /// Which tables it has.
    pub schema: i64,
    /// The public key of its checkpoints.
    pub key: String,
    /// Its files.
    pub files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// What came of a restore.
#[derive(Debug)]
pub struct Restored {
    /// The last line of the backup.
    pub n: LogN,
    /// The epoch that begins after it.
    pub epoch: String,
    /// Where the record is that was there before.
    pub aside: Option<PathBuf>,
    /// Whether the key that signs checkpoints is the same as before.
    pub same_key: bool,
}

/// Copies the record of this data folder into a new or empty folder, with its checkpoints, and its private key only if that is
/// asked for. Nobody waits for it. Blocks.
pub fn backup(store: &Store, data: &Path, to: &Path, with_key: bool) -> anyhow::Result<Manifest> {
    std::fs::create_dir_all(to).with_context(|| format!("make the folder {}", to.display()))?;
    ensure!(is_empty(to)?, "the folder {} is not empty; name a new one", to.display());
    let key = SigningKey::open(data)?;
    let mut names = Vec::new();
    // Before the record: no checkpoint in a backup is about a line that it lacks.
    if data.join(CHECKPOINTS_FILE).exists() {
        copy(&data.join(CHECKPOINTS_FILE), &to.join(CHECKPOINTS_FILE))?;
        names.push(CHECKPOINTS_FILE);
    }
    if with_key {
        copy(&data.join(KEY_FILE), &to.join(KEY_FILE))?;
        names.push(KEY_FILE);
    }
    let Copied { epoch, n, hash, schema } = store.copy(to)?;
    names.push(RECORD_FILE);
    let files = names.into_iter().map(|name| entry(to, name)).collect::<anyhow::Result<_>>()?;
    let manifest =
        Manifest { format: FORMAT, at: fresh::now(), epoch, n, hash: hex(&hash), schema, key: key.verifier(), files };
    let path = to.join(MANIFEST_FILE);
    std::fs::write(&path, serde_json::to_vec_pretty(&manifest)?)?;
    File::open(&path)?.sync_all()?;
    File::open(to)?.sync_all()?;
    Ok(manifest)
}

/// Reads a backup's manifest, and checks that its files are those that it names. Blocks.
fn read_manifest(from: &Path) -> anyhow::Result<Manifest> {
    let path = from.join(MANIFEST_FILE);
    let text = std::fs::read(&path)
        .with_context(|| format!("{} is no backup: there is no {MANIFEST_FILE} to be read in it", from.display()))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).with_context(|| format!("{} is not as it was written", path.display()))?;
    ensure!(
        manifest.format == FORMAT,
        "this backup was made by another version (format {}); use that one",
        manifest.format
    );
    ensure!(manifest.files.iter().any(|entry| entry.name == RECORD_FILE), "this backup has no record in it");
    for known in &manifest.files {
        ensure!(
            [RECORD_FILE, CHECKPOINTS_FILE, KEY_FILE].contains(&known.name.as_str()),
            "this backup names a file that is none of ours"
        );
        let found = entry(from, &known.name)?;
        ensure!(
            found == *known,
            "{} is not the file that was backed up; use another copy",
            from.join(&known.name).display()
        );
    }
    Ok(manifest)
}

/// Puts a backup back as the record of this data folder, once all of it has been checked. What is there already is refused, or
/// with `replace` moved aside. Waits while it blocks.
pub async fn restore(from: &Path, data: &Path, replace: bool) -> anyhow::Result<Restored> {
    let manifest = read_manifest(from)?;
    let there = data.exists() && !is_empty(data)?;
    ensure!(
        replace || !there,
        "the data folder {} is not empty; say --replace to move what is there aside, or name another in the configuration",
        data.display()
    );
    ensure!(
        !there || !is_in_use(data)?,
        "the record in {} is in use; stop the server and every other handrail command, then restore",
        data.display()
    );
    let name = data.file_name().context("the data folder has no name")?.to_string_lossy().into_owned();
    let beside = |what: &str| data.with_file_name(format!("{name}.{what}-{}", fresh::token(8)));
    let staging = beside("restoring");
    let done = stage(from, data, &staging, &manifest).await;
    let (epoch, same_key) = match done {
        Ok(staged) => staged,
        Err(error) => {
            // What cannot be taken away is only in the way of nobody.
            let _left = std::fs::remove_dir_all(&staging);
            return Err(error.context("nothing was replaced"));
        }
    };
    let aside = there.then(|| beside("before"));
    if let Some(aside) = &aside {
        std::fs::rename(data, aside).with_context(|| format!("move {} aside", data.display()))?;
    } else if data.exists() {
        std::fs::remove_dir(data).with_context(|| format!("replace the empty folder {}", data.display()))?;
    }
    std::fs::rename(&staging, data).with_context(|| format!("put {} in its place", staging.display()))?;
    Ok(Restored { n: manifest.n, epoch, aside, same_key })
}

/// Makes the new data folder beside the old one: the files, checked, in a new epoch. Says which, and whether the key is the same.
async fn stage(from: &Path, data: &Path, staging: &Path, manifest: &Manifest) -> anyhow::Result<(String, bool)> {
    std::fs::create_dir_all(staging).with_context(|| format!("make the folder {}", staging.display()))?;
    copy(&from.join(RECORD_FILE), &staging.join(RECORD_FILE))?;
    let found = inspect(staging)?;
    let same = found.epoch == manifest.epoch && found.n == manifest.n && hex(&found.hash) == manifest.hash;
    ensure!(same, "the record in this backup is not the one that its manifest names");
    let public = parse_verifier_key(&manifest.key).context("the manifest's key is not one")?;
    let store = Store::open(staging)?;
    check(&store, &from.join(CHECKPOINTS_FILE), public).await?;
    let epoch = begin_epoch(&store).await?;
    // The key goes on if it is known; checkpoints that another key signed are kept beside.
    let key = [from.join(KEY_FILE), data.join(KEY_FILE)].into_iter().find(|path| path.exists());
    if let Some(key) = key {
        copy(&key, &staging.join(KEY_FILE))?;
    }
    let same_key = *SigningKey::open(staging)?.public() == public;
    let name = if same_key { CHECKPOINTS_FILE.to_owned() } else { format!("checkpoints-{}.txt", manifest.epoch) };
    // Those of the folder that is replaced are newer: they say how much was lost.
    let newest = [data.join(CHECKPOINTS_FILE), from.join(CHECKPOINTS_FILE)].into_iter().find(|path| path.exists());
    if let Some(newest) = newest {
        copy(&newest, &staging.join(name))?;
    }
    File::open(staging)?.sync_all()?;
    Ok((epoch, same_key))
}

async fn check(store: &Store, checkpoints: &Path, public: [u8; 32]) -> anyhow::Result<()> {
    let epoch = store.epoch().to_owned();
    let notes = checkpoints.exists().then(|| File::open(checkpoints)).transpose()?;
    let checked = store.read(move |record| {
        Ok(verify(record, 1).and_then(|audit| match notes {
            Some(notes) => witness(record, &audit, &epoch, BufReader::new(notes), &public).map(drop),
            None => Ok(audit.witness(&epoch).map(drop)?),
        }))
    });
    match checked.await? {
        Ok(()) => Ok(()),
        Err(Stop::Broken(broken)) => bail!("in this backup {}", broken_record(&broken)),
        Err(Stop::Unread(error)) => Err(error),
    }
}

/// The record goes on in a new epoch: what devices and streams remember of the lines after its last one is not believed any more.
/// No server may run on it. Gives the new epoch.
pub async fn begin_epoch(store: &Store) -> anyhow::Result<String> {
    let epoch = fresh::token(EPOCH);
    let (before, next) = (store.epoch().to_owned(), epoch.clone());
    let begun = store.write(Scope::Everything, move |tx| {
        let (restored, _) = tx.log_end()?;
        tx.set_epoch(&next)?;
        let (at, site, what) = (fresh::now(), whole_record(), What::Epoch { before, epoch: next, restored });
        let (conversation, message, actor, accounts, queue) = (None, None, None, Vec::new(), false);
        Ok(tx.append(Event { at, site, conversation, message, actor, accounts, queue, what })?)
    });
    match begun.await {
        Ok(()) => Ok(epoch),
        Err(_) => bail!("the new epoch could not be written; see the log above"),
    }
}

fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    let mut found = std::fs::read_dir(folder).with_context(|| format!("read the folder {}", folder.display()))?;
    Ok(found.next().is_none())
}

/// A copy that is on the disk, with the rights of the first.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copied = std::fs::copy(from, to).and_then(|_| File::open(to)?.sync_all());
    copied.with_context(|| format!("copy {} to {}", from.display(), to.display()))
}

fn entry(folder: &Path, name: &str) -> anyhow::Result<Entry> {
    let path = folder.join(name);
    let read = || -> std::io::Result<(u64, String)> {
        let mut file = File::open(&path)?;
        let (mut hasher, mut bytes, mut piece) = (Sha256::new(), 0, vec![0_u8; 1 << 16]);
        loop {
            match file.read(&mut piece)? {
                0 => return Ok((bytes, hex(&hasher.finalize()))),
                read => {
                    hasher.update(&piece[..read]);
                    bytes += read as u64;
                }
            }
        }
    };
    let (bytes, sha256) = read().with_context(|| format!("read {}", path.display()))?;
    Ok(Entry { name: name.to_owned(), bytes, sha256 })
}
