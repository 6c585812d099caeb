//! Sealing a notification for one device: RFC 8291 (the keys) over RFC 8188 (the coding `aes128gcm`), with one record and always
//! of one length, so that its push service learns nothing from it.

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::SystemRandom;

/// Length of a public key: an uncompressed point of P-256.
pub(super) const POINT: usize = 65;
/// The room for what a notification says, in bytes; the rest of it is padding.
pub(super) const SAID_BYTES_MAX: usize = 1_024;
const TAG: usize = 16;
/// The length of a record (RFC 8188, section 2.1): what is said, the mark of the last record, and the cipher's tag.
const RECORD: u32 = (SAID_BYTES_MAX + 1 + TAG) as u32;
/// Ends the text of the last record (RFC 8188, section 2).
const LAST: u8 = 2;

/// Seals these bytes for a device, with a fresh key. Fails if its public key is no point of the curve, or if it is too much.
pub(super) fn seal(said: &[u8], device: &[u8; POINT], secret: &[u8; 16]) -> Result<Vec<u8>, Unspecified> {
    let random = SystemRandom::new();
    let ours = EphemeralPrivateKey::generate(&ECDH_P256, &random)?;
    let public: [u8; POINT] = ours.compute_public_key()?.as_ref().try_into().map_err(|_| Unspecified)?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, device);
    let shared = agree_ephemeral(ours, &theirs, |point| <[u8; 32]>::try_from(point))?.map_err(|_| Unspecified)?;
    let salt = crate::fresh::bytes::<16>();
    let mut padded = said.to_vec();
    padded.push(LAST);
    if padded.len() > SAID_BYTES_MAX + 1 {
        return Err(Unspecified);
    }
    padded.resize(SAID_BYTES_MAX + 1, 0);
    seal_with(padded, RECORD, &shared, &public, device, secret, &salt)
}

/// The same with everything given: what is padded, and the point that both have agreed on.
fn seal_with(
    mut text: Vec<u8>,
    record: u32,
    shared: &[u8; 32],
    ours: &[u8; POINT],
    device: &[u8; POINT],
    secret: &[u8; 16],
    salt: &[u8; 16],
) -> Result<Vec<u8>, Unspecified> {
    // RFC 8291, section 3.4.
    let who = [&b"WebPush: info\0"[..], device, ours].concat();
    let keying: [u8; 32] = derive(secret, shared, &who)?;
    let key: [u8; 16] = derive(salt, &keying, b"Content-Encoding: aes128gcm\0")?;
    let nonce: [u8; 12] = derive(salt, &keying, b"Content-Encoding: nonce\0")?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text)?;
    // RFC 8188, section 2.1: salt, length of a record, and our public key as the key's id.
    Ok([&salt[..], &record.to_be_bytes(), &[POINT as u8], ours, &text].concat())
}

/// HKDF with SHA-256 (RFC 5869).
fn derive<const N: usize>(salt: &[u8], from: &[u8], info: &[u8]) -> Result<[u8; N], Unspecified> {
    struct Length(usize);
    impl ring::hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut key = [0; N];
    Salt::new(HKDF_SHA256, salt).extract(from).expand(&[info], Length(N))?.fill(&mut key)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    /// The example of RFC 8291, appendix A.
    #[test]
    fn the_standards_own_example_comes_out_as_printed_there() {
        let sealed = seal_with(
            [&b"When I grow up, I want to be a watermelon"[..], &[LAST]].concat(),
            4_096,
            &bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"),
            &bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"),
            &bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            &bytes("BTBZMqHH6r4Tts7J_aSIgg"),
            &bytes("DGv6ra1nlYgDCS1FRnbzlw"),
        );
        let printed = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed.unwrap()), printed);
    }

    #[test]
    fn every_notification_has_one_length_and_none_is_like_another() {
        let device = bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
        let one = seal(b"short", &device, &[7; 16]).unwrap();
        let other = seal(&[b'x'; SAID_BYTES_MAX], &device, &[7; 16]).unwrap();
        assert_eq!(one.len(), other.len());
        assert_ne!(one, seal(b"short", &device, &[7; 16]).unwrap());
        assert!(seal(&[b'x'; SAID_BYTES_MAX + 1], &device, &[7; 16]).is_err(), "too much is refused, never cut");
    }

    #[test]
    fn what_is_no_point_of_the_curve_is_refused() {
        assert!(seal(b"x", &[4; POINT], &[0; 16]).is_err());
        assert!(seal(b"x", &[0; POINT], &[0; 16]).is_err());
    }
}
