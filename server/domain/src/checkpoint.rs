//! Checkpoints: the end of the log in a few signed lines, for somebody else to keep. The text is that of a C2SP checkpoint
//! (<https://c2sp.org/tlog-checkpoint>) in a C2SP signed note (<https://c2sp.org/signed-note>), so that common tools read it:
//!
//! ```text
//! handrail/1f3a9c02/kEpocH
//! 1000
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! epoch kEpocH
//! time 2026-11-22T21:32:05.123Z
//!
//! — handrail/1f3a9c02 Az3grlgt…
//! ```
//!
//! The second line is the number of the log's last line and the third its hash in our chain. (C2SP means the root of a Merkle
//! tree there; a tree over the same lines can come later.) Who signs must never sign two pasts under one origin; a restored record
//! has another past, so the epoch is a part of the origin. Signing and checking need a key, which is the shell's business.

use crate::event::{Hash, hex};
use crate::ids::LogN;
use crate::time::Timestamp;
use sha2::{Digest, Sha256};
use std::fmt;

/// The longest a note in a file may be, in bytes; more is no note of ours.
pub const NOTE_BYTES_MAX: usize = 4_096;
/// The signature type of Ed25519 in C2SP's list.
const ED25519: u8 = 1;

/// The end of the log as somebody saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the key that signs.
    pub key: String,
    /// The number of the last line.
    pub n: LogN,
    /// Its hash.
    pub hash: Hash,
    /// The record's epoch.
    pub epoch: String,
    /// When.
    pub at: Timestamp,
}

/// A signed checkpoint, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The lines that are signed, with the last line feed.
    pub text: String,
    /// The signatures: the key's name, and the key's id with the signature behind it.
    pub signatures: Vec<(String, Vec<u8>)>,
}

/// What is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACheckpoint;

impl fmt::Display for NotACheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not a checkpoint of Handrail: give the file as it was written")
    }
}

impl std::error::Error for NotACheckpoint {}

/// The name of a key: `handrail/` and the beginning of the key's SHA-256.
pub fn key_name(public: &[u8; 32]) -> String {
    let hash: Hash = Sha256::digest(public).into();
    format!("handrail/{}", hex(&hash[..4]))
}

/// The id of a key in a note: the beginning of the SHA-256 of its name, a line feed, its type, and the key.
pub fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let hash: Hash =
        Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(public).finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// A public key in the form that tools for notes read: `name+id+base64(type and key)`.
pub fn verifier_key(public: &[u8; 32]) -> String {
    let name = key_name(public);
    let id = hex(&key_id(&name, public));
    let mut key = vec![ED25519];
    key.extend_from_slice(public);
    format!("{name}+{id}+{}", to_base64(&key))
}

/// The key inside of what [`verifier_key`] wrote.
pub fn parse_verifier_key(text: &str) -> Option<[u8; 32]> {
    // Base64 may have a plus itself: the first two are ours.
    let mut parts = text.trim().splitn(3, '+');
    let (name, id, key) = (parts.next()?, parts.next()?, from_base64(parts.next()?)?);
    let public: [u8; 32] = key.strip_prefix(&[ED25519])?.try_into().ok()?;
    (key_name(&public) == name && hex(&key_id(name, &public)) == id).then_some(public)
}

impl Checkpoint {
    /// The lines that are signed.
    pub fn text(&self) -> String {
        let Self { key, n, hash, epoch, at } = self;
        format!("{key}/{epoch}\n{n}\n{}\nepoch {epoch}\ntime {at}\n", to_base64(hash))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, n, hash) = (lines.next()?, lines.next()?, lines.next()?);
        let (epoch, at) = (lines.next()?.strip_prefix("epoch ")?, lines.next()?.strip_prefix("time ")?);
        let key = origin.strip_suffix(epoch)?.strip_suffix('/')?;
        let parsed = Self {
            key: key.to_owned(),
            n: n.parse().ok()?,
            hash: from_base64(hash)?.try_into().ok()?,
            epoch: epoch.to_owned(),
            at: Timestamp::parse(at)?,
        };
        // Only one way to write it: what is read is what was signed.
        (parsed.text() == text).then_some(parsed)
    }

    /// The note, with the signature over [`Checkpoint::text`] by this key.
    pub fn note(&self, public: &[u8; 32], signature: &[u8]) -> String {
        let signed = [&key_id(&self.key, public), signature].concat();
        format!("{}\n— {} {}\n", self.text(), self.key, to_base64(&signed))
    }
}

impl Note {
    /// Reads a note: the checkpoint's lines, an empty line, and signatures.
    pub fn parse(written: &str) -> Result<Self, NotACheckpoint> {
        let read = || {
            let (text, below) = written.split_once("\n\n")?;
            let text = format!("{text}\n");
            let signature = |line: &str| {
                let (name, signed) = line.strip_prefix("— ")?.split_once(' ')?;
                let signed = from_base64(signed)?;
                (signed.len() > 4).then(|| (name.to_owned(), signed))
            };
            let signatures = below.strip_suffix('\n')?.split('\n').map(signature).collect::<Option<Vec<_>>>()?;
            Some(Self { checkpoint: Checkpoint::parse(&text)?, text, signatures })
        };
        read().ok_or(NotACheckpoint)
    }

    /// The signature that says it is by this key.
    pub fn signature_of(&self, public: &[u8; 32]) -> Option<&[u8]> {
        let name = key_name(public);
        let id = key_id(&name, public);
        self.signatures
            .iter()
            .find(|(by, signed)| *by == name && signed.starts_with(&id))
            .map(|(_, signed)| &signed[4..])
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648, section 4).
fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for digit in digits.bytes() {
        let six = DIGITS.iter().position(|one| *one == digit)?;
        bits = bits << 6 | six as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 255) as u8);
        }
    }
    // Padding and left-over bits are as they are written, or it is not what was written.
    (to_base64(&out) == text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn checkpoint() -> Checkpoint {
        let key = key_name(&[7; 32]);
        Checkpoint { key, n: 1_000, hash: [9; 32], epoch: "AbC-_9".into(), at: Timestamp(1_709_210_096_007) }
    }

    #[test]
    fn a_checkpoint_is_written_as_c2sp_says() {
        let note = checkpoint().note(&[7; 32], &[3; 64]);
        let lines: Vec<&str> = note.split('\n').collect();
        assert_eq!(lines[0], format!("{}/AbC-_9", key_name(&[7; 32])));
        assert_eq!(lines[1..5], ["1000", &to_base64(&[9; 32]), "epoch AbC-_9", "time 2024-02-29T12:34:56.007Z"]);
        assert_eq!((lines[5], lines[7]), ("", ""));
        assert!(lines[6].starts_with(&format!("— {} ", key_name(&[7; 32]))), "{}", lines[6]);
        let read = Note::parse(&note).unwrap();
        assert_eq!(read.checkpoint, checkpoint());
        assert_eq!(read.signature_of(&[7; 32]), Some(&[3; 64][..]));
        assert_eq!(read.signature_of(&[8; 32]), None, "another key's signature is none of ours");
    }

    #[test]
    fn a_key_reads_back_as_it_was_written() {
        let written = verifier_key(&[7; 32]);
        assert_eq!(parse_verifier_key(&written), Some([7; 32]));
        assert_eq!(parse_verifier_key(&written.replacen('/', "-", 1)), None);
        assert_eq!(parse_verifier_key("handrail/x+00000000+AQ=="), None);
    }

    #[test]
    fn what_is_not_written_exactly_so_is_no_checkpoint() {
        let note = checkpoint().note(&[7; 32], &[3; 64]);
        for (from, to) in [
            ("1000", "01000"),
            ("1000", "x"),
            ("epoch ", "epoch  "),
            ("AbC-_9\n1000", "other\n1000"),
            ("\n\n", "\nmore\n\n"),
            ("— ", "- "),
            ("12:34", "12:3"),
            ("=", ""),
        ] {
            let changed = note.replacen(from, to, 1);
            assert_ne!(changed, note, "{from:?}");
            assert_eq!(Note::parse(&changed), Err(NotACheckpoint), "{from:?}");
        }
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(to_base64(plain.as_bytes()), coded);
        }
        assert_eq!(from_base64("Zh=="), None, "bits that say nothing are zero");
    }

    proptest! {
        #[test]
        fn base64_reads_back_as_it_was_written(bytes: Vec<u8>) {
            prop_assert_eq!(from_base64(&to_base64(&bytes)), Some(bytes));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,80}(\n{1,2}\\PC{0,20}){0,4}") {
            let _ = Note::parse(&text);
            let _ = parse_verifier_key(&text);
        }
    }
}
