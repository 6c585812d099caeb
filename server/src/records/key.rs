//! The key that signs checkpoints: made once, in the data folder, readable by its owner alone. Its public half is for everybody.

use crate::fresh;
use anyhow::{Context, bail};
use handrail_domain::checkpoint::{Checkpoint, Note, key_name, verifier_key};
use handrail_domain::event::{Hash, hex};
use handrail_domain::ids::LogN;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Its file in the data folder: the 32 secret bytes in hexadecimal.
pub const KEY_FILE: &str = "checkpoint.key";

/// A key that signs.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

impl SigningKey {
    /// The key of this data folder; a new one if there is none.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("make the data folder {}", folder.display()))?;
        let path = folder.join(KEY_FILE);
        let advice = || format!("the key of checkpoints in {}", path.display());
        match std::fs::read_to_string(&path) {
            Ok(written) => match from_hex(written.trim()) {
                Some(seed) => Self::from_seed(&seed).with_context(advice),
                None => {
                    bail!("{} is no key: put the right file back, or remove it to have a new key made", path.display())
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(&path).with_context(advice),
            Err(error) => Err(error).with_context(advice),
        }
    }

    /// Two processes that both find none: one of them makes it, the other reads that one.
    fn make(path: &Path) -> anyhow::Result<Self> {
        let seed = fresh::bytes::<32>();
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match made {
            Ok(mut file) => {
                file.write_all(format!("{}\n", hex(&seed)).as_bytes())?;
                file.sync_all()?;
                Self::from_seed(&seed)
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let written = std::fs::read_to_string(path)?;
                from_hex(written.trim())
                    .map_or_else(|| bail!("another process is making it: try again"), |seed| Self::from_seed(&seed))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn from_seed(seed: &[u8; 32]) -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| anyhow::anyhow!("it cannot be used"))?;
        let public = pair.public_key().as_ref().try_into()?;
        Ok(Self { pair, public })
    }

    /// Its public half.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Its public half as tools for signed notes read it.
    pub fn verifier(&self) -> String {
        verifier_key(&self.public)
    }

    /// A signed checkpoint: the end of the log, now.
    pub fn sign(&self, n: LogN, hash: Hash, epoch: &str) -> String {
        let (key, epoch) = (key_name(&self.public), epoch.to_owned());
        let checkpoint = Checkpoint { key, n, hash, epoch, at: fresh::now() };
        checkpoint.note(&self.public, self.pair.sign(checkpoint.text().as_bytes()).as_ref())
    }
}

/// Whether a note is signed with the key of this public half.
pub(super) fn is_signed(note: &Note, public: &[u8; 32]) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, public);
    note.signature_of(public).is_some_and(|signature| key.verify(note.text.as_bytes(), signature).is_ok())
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some((digit(high)? * 16 + digit(low)?) as u8),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_signs_what_its_public_half_checks() {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::open(folder.path()).unwrap();
        let mode = std::fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(SigningKey::open(folder.path()).unwrap().public(), key.public());
        let written = key.sign(7, [1; 32], "epoch");
        let note = Note::parse(&written).unwrap();
        assert!(is_signed(&note, key.public()));
        for (from, to) in [("\n7\n", "\n8\n"), ("time 2", "time 1")] {
            let changed = Note::parse(&written.replacen(from, to, 1)).unwrap();
            assert!(!is_signed(&changed, key.public()), "{from:?}");
        }
        let other = SigningKey::open(tempfile::tempdir().unwrap().path()).unwrap();
        assert!(!is_signed(&note, other.public()));
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        for bad in ["", "zz", &"ab".repeat(31), &"xy".repeat(32)] {
            std::fs::write(folder.path().join(KEY_FILE), bad).unwrap();
            let error = SigningKey::open(folder.path()).err().map(|error| error.to_string()).unwrap();
            assert!(error.contains("is no key") && error.contains("remove it"), "{error}");
        }
    }
}
