//! Passkeys: a second step that a device gives itself, by a key that never leaves it (Web Authentication, W3C, Level 3). What a browser hands
//! over is read and checked here but for its signature; only keys of ES256 are taken, which every device makes. What is not exactly as it must
//! be is refused, and why is for tests alone: to whoever asks, it is a second step that was not given.

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Random bytes that a device signs.
pub const CHALLENGE_BYTES: usize = 32;
/// How long it has for that, in milliseconds.
pub const CHALLENGE_MS: i64 = 5 * 60 * 1_000;
/// Passkeys of one account.
pub const PASSKEYS_MAX: usize = 10;
/// The longest name of one, in characters.
pub const NAME_CHARS_MAX: usize = 40;
/// The longest id of one, in bytes (Level 3, 4, "Credential ID").
pub const ID_BYTES_MAX: usize = 1_023;

/// What the browser was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceremony {
    /// To make a passkey.
    Create,
    /// To sign with one.
    Get,
}

impl Ceremony {
    fn as_str(self) -> &'static str {
        match self {
            Ceremony::Create => "webauthn.create",
            Ceremony::Get => "webauthn.get",
        }
    }
}

/// Why it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be read.
    Unreadable,
    /// It is the answer to something else.
    Ceremony,
    /// What was signed is not what was asked.
    Challenge,
    /// It was made on another page, or in a frame on one.
    Origin,
    /// It is for another host.
    Host,
    /// Nobody touched the device.
    NobodyThere,
    /// It is a key that we do not take.
    Key,
    /// The device has signed as often before: there may be a copy of it.
    Copied,
}

/// What the browser says of the page that asked (5.8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    #[serde(rename = "type")]
    ceremony: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// A passkey as its device shows it when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub id: Vec<u8>,
    /// Its public key: a point of P-256, uncompressed (SEC 1, 2.3.3).
    pub public_key: [u8; 65],
    /// How often the device says that it signed.
    pub sign_count: u32,
}

/// What every answer of a device has at its head (6.1).
struct Head<'a> {
    sign_count: u32,
    /// Whether there is a passkey behind it.
    made: bool,
    /// Whether there are extensions behind that.
    extended: bool,
    rest: &'a [u8],
}

const HOST_HASH_BYTES: usize = 32;
const USER_PRESENT: u8 = 0x01;
const MADE: u8 = 0x40;
const EXTENDED: u8 = 0x80;
const AAGUID_BYTES: usize = 16;
/// A key of ES256 in the one form that CTAP2 allows (6.5.1.1): a map of kty EC2, alg ES256, crv P-256, then x and y of 32 bytes each.
const KEY_HEAD: [u8; 10] = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
const KEY_MIDDLE: [u8; 3] = [0x22, 0x58, 0x20];

/// The host of one of our own origins.
pub fn host_of(origin: &str) -> &str {
    let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    rest.split(':').next().unwrap_or(rest)
}

/// Reads what the browser says, and gives the host that the passkey is for (7.1 and 7.2, steps on `type`, `challenge` and `origin`).
/// `challenge` is what was asked for, in base64url as it stands there.
pub fn check_client<'a>(
    said: &[u8],
    ceremony: Ceremony,
    challenge: &str,
    origins: &'a [String],
) -> Result<&'a str, Fault> {
    let said: Client = serde_json::from_slice(said).map_err(|_| Fault::Unreadable)?;
    if said.ceremony != ceremony.as_str() {
        return Err(Fault::Ceremony);
    }
    if said.challenge != challenge {
        return Err(Fault::Challenge);
    }
    let own = origins.iter().find(|own| **own == said.origin).filter(|_| !said.cross_origin);
    own.map(|origin| host_of(origin)).ok_or(Fault::Origin)
}

/// Reads a passkey that was made for this host.
pub fn read_made(data: &[u8], host: &str) -> Result<Made, Fault> {
    let head = read_head(data, host)?;
    if !head.made {
        return Err(Fault::Unreadable);
    }
    let rest = head.rest.get(AAGUID_BYTES..).ok_or(Fault::Unreadable)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Fault::Unreadable)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if !(1..=ID_BYTES_MAX).contains(&length) {
        return Err(Fault::Unreadable);
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(Fault::Unreadable)?;
    let (public_key, rest) = read_key(rest).ok_or(Fault::Key)?;
    if rest.is_empty() == head.extended {
        return Err(Fault::Unreadable);
    }
    Ok(Made { id: id.to_vec(), public_key, sign_count: head.sign_count })
}

/// Reads how often the device has signed, where it signs with a passkey for this host that it had signed with `before` times (7.2, step
/// on the signature counter: a device that counts never goes back).
pub fn read_signed(data: &[u8], host: &str, before: u32) -> Result<u32, Fault> {
    let head = read_head(data, host)?;
    let counts = before != 0 || head.sign_count != 0;
    if counts && head.sign_count <= before { Err(Fault::Copied) } else { Ok(head.sign_count) }
}

fn read_head<'a>(data: &'a [u8], host: &str) -> Result<Head<'a>, Fault> {
    let (hash, rest) = data.split_at_checked(HOST_HASH_BYTES).ok_or(Fault::Unreadable)?;
    let (flags, rest) = rest.split_first().ok_or(Fault::Unreadable)?;
    let (count, rest) = rest.split_first_chunk::<4>().ok_or(Fault::Unreadable)?;
    if hash != Sha256::digest(host.as_bytes()).as_slice() {
        return Err(Fault::Host);
    }
    if flags & USER_PRESENT == 0 {
        return Err(Fault::NobodyThere);
    }
    let sign_count = u32::from_be_bytes(*count);
    Ok(Head { sign_count, made: flags & MADE != 0, extended: flags & EXTENDED != 0, rest })
}

fn read_key(cose: &[u8]) -> Option<([u8; 65], &[u8])> {
    let (x, rest) = cose.strip_prefix(&KEY_HEAD)?.split_first_chunk::<32>()?;
    let (y, rest) = rest.strip_prefix(&KEY_MIDDLE)?.split_first_chunk::<32>()?;
    const UNCOMPRESSED: u8 = 0x04;
    let mut point = [UNCOMPRESSED; 65];
    point[1..33].copy_from_slice(x);
    point[33..].copy_from_slice(y);
    Some((point, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOST: &str = "chat.example.org";

    fn origins() -> Vec<String> {
        vec!["https://chat.example.org".into(), "http://localhost:8080".into()]
    }

    fn data(flags: u8, count: u32, rest: &[u8]) -> Vec<u8> {
        let mut data = Sha256::digest(HOST.as_bytes()).to_vec();
        data.push(flags);
        data.extend(count.to_be_bytes());
        data.extend(rest);
        data
    }

    fn made(id: &[u8], key: &[u8]) -> Vec<u8> {
        let mut rest = vec![7; AAGUID_BYTES];
        rest.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
        rest.extend(id);
        rest.extend(key);
        rest
    }

    fn key() -> Vec<u8> {
        [&KEY_HEAD[..], &[1; 32], &KEY_MIDDLE, &[2; 32]].concat()
    }

    #[test]
    fn a_browser_answers_what_it_was_asked_on_a_page_of_ours_and_in_no_frame() {
        let said = |ceremony: &str, challenge: &str, origin: &str, more: &str| {
            let text = format!(r#"{{"type":"{ceremony}","challenge":"{challenge}","origin":"{origin}"{more}}}"#);
            check_client(text.as_bytes(), Ceremony::Get, "abc", &origins()).map(str::to_owned)
        };
        let ours = "https://chat.example.org";
        assert_eq!(said("webauthn.get", "abc", ours, r#","crossOrigin":false,"more":1"#), Ok(HOST.to_owned()));
        assert_eq!(said("webauthn.get", "abc", "http://localhost:8080", ""), Ok("localhost".to_owned()));
        assert_eq!(said("webauthn.create", "abc", ours, ""), Err(Fault::Ceremony));
        assert_eq!(said("webauthn.get", "abd", ours, ""), Err(Fault::Challenge));
        assert_eq!(said("webauthn.get", "abc", ours, r#","crossOrigin":true"#), Err(Fault::Origin));
        for origin in
            ["https://chat.example.org.evil.example", "http://chat.example.org", "https://chat.example.org:444", ""]
        {
            assert_eq!(said("webauthn.get", "abc", origin, ""), Err(Fault::Origin), "{origin}");
        }
        assert_eq!(check_client(b"{", Ceremony::Get, "abc", &origins()), Err(Fault::Unreadable));
    }

    #[test]
    fn a_passkey_is_read_if_it_is_for_this_host_and_of_the_one_kind_that_is_taken() {
        let whole = data(USER_PRESENT | MADE, 3, &made(b"an id", &key()));
        let read = read_made(&whole, HOST).unwrap();
        assert_eq!((read.id.as_slice(), read.sign_count), (&b"an id"[..], 3));
        assert_eq!((read.public_key[0], read.public_key[1], read.public_key[33], read.public_key[64]), (4, 1, 2, 2));
        assert_eq!(read_made(&whole, "example.org"), Err(Fault::Host));
        assert_eq!(read_made(&data(MADE, 3, &made(b"an id", &key())), HOST), Err(Fault::NobodyThere));
        assert_eq!(read_made(&data(USER_PRESENT, 3, &[]), HOST), Err(Fault::Unreadable));
        let mut rs256 = key();
        rs256[4] = 0x39;
        assert_eq!(read_made(&data(USER_PRESENT | MADE, 3, &made(b"an id", &rs256)), HOST), Err(Fault::Key));
        assert_eq!(read_made(&data(USER_PRESENT | MADE, 3, &made(b"", &key())), HOST), Err(Fault::Unreadable));
        for more in [&[0_u8][..], b"more"] {
            let longer = [whole.as_slice(), more].concat();
            assert_eq!(read_made(&longer, HOST), Err(Fault::Unreadable), "what is behind it has no name");
        }
        let extended = data(USER_PRESENT | MADE | EXTENDED, 3, &[made(b"an id", &key()), vec![0xa0]].concat());
        assert!(read_made(&extended, HOST).is_ok());
    }

    #[test]
    fn a_device_that_counts_never_goes_back_and_one_that_does_not_is_let_be() {
        let signed = |before: u32, count: u32| read_signed(&data(USER_PRESENT, count, &[]), HOST, before);
        assert_eq!((signed(0, 0), signed(0, 1), signed(5, 6), signed(5, 900)), (Ok(0), Ok(1), Ok(6), Ok(900)));
        for (before, count) in [(5, 5), (5, 4), (5, 0), (u32::MAX, 0)] {
            assert_eq!(signed(before, count), Err(Fault::Copied), "{before} {count}");
        }
        assert_eq!(read_signed(&data(0, 6, &[]), HOST, 5), Err(Fault::NobodyThere));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_readers_panic(bytes: Vec<u8>, cut in 0_usize..200) {
            let _ = read_made(&bytes, HOST);
            let whole = data(USER_PRESENT | MADE, 3, &made(b"an id", &key()));
            let part = &whole[..cut.min(whole.len())];
            prop_assert_eq!(read_made(part, HOST).is_ok(), part.len() == whole.len());
            let _ = read_made(&data(USER_PRESENT | MADE | EXTENDED, 0, &bytes), HOST);
            let _ = check_client(&bytes, Ceremony::Create, "", &origins());
        }
    }
}
