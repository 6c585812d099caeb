//! A push service on loopback, and a phone that is registered with it: the service takes what a real one takes and answers as it
//! is told; the phone opens what was sealed for it, as RFC 8291 says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Duration = Duration::from_secs(30);

/// What the service was handed.
#[derive(Debug, Clone)]
pub(crate) struct Handed {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Handed {
    /// The claims of the token that came with it, and the key that it names.
    pub(crate) fn vapid(&self) -> (Value, String) {
        let (token, key) = self.headers["authorization"]
            .strip_prefix("vapid t=")
            .and_then(|rest| rest.split_once(", k="))
            .expect("RFC 8292's form");
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("claims")).expect("base64url");
        (serde_json::from_slice(&claims).expect("JSON"), key.to_owned())
    }
}

/// A push service.
pub(crate) struct Service {
    address: SocketAddr,
    handed: Arc<Mutex<Vec<Handed>>>,
    answers: Arc<Mutex<String>>,
}

impl Service {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let handed = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new("201 Created".to_owned()));
        let (kept, said) = (handed.clone(), answers.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, kept.clone(), said.clone()));
            }
        });
        Self { address, handed, answers }
    }

    /// From now on it answers with this status, and these headers.
    pub(crate) fn answers(&self, status: &str) {
        *self.answers.lock().unwrap() = status.to_owned();
    }

    /// Its origin, as the configuration names it.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that it was handed.
    pub(crate) fn all(&self) -> Vec<Handed> {
        self.handed.lock().unwrap().clone()
    }

    /// What it was handed for that phone, once there are so many.
    pub(crate) async fn takes(&self, phone: &Phone, count: usize) -> Vec<Handed> {
        let patience = Instant::now() + PATIENCE;
        loop {
            let taken: Vec<_> = self.all().into_iter().filter(|handed| handed.path == phone.path).collect();
            if taken.len() >= count {
                return taken;
            }
            assert!(Instant::now() < patience, "{count} for {}: {taken:?}", phone.path);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// One request on a connection, as our server makes it.
async fn take(mut stream: TcpStream, handed: Arc<Mutex<Vec<Handed>>>, answers: Arc<Mutex<String>>) -> Option<()> {
    let mut heard = Vec::new();
    let head = loop {
        if let Some(end) = heard.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        (stream.read_buf(&mut heard).await.ok()? > 0).then_some(())?;
    };
    let text = String::from_utf8_lossy(&heard[..head]).into_owned();
    let mut lines = text.lines();
    let mut words = lines.next()?.split(' ');
    assert_eq!(words.next(), Some("POST"));
    let path = words.next()?.to_owned();
    let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: HashMap<_, _> = lines.filter_map(pair).collect();
    let length = headers.get("content-length")?.parse::<usize>().ok()?;
    let mut body = heard.split_off(head + 4);
    while body.len() < length {
        (stream.read_buf(&mut body).await.ok()? > 0).then_some(())?;
    }
    let answer = answers.lock().unwrap().clone();
    handed.lock().unwrap().push(Handed { path, headers, body });
    stream.write_all(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await.ok()
}

/// A phone that a push service knows.
pub(crate) struct Phone {
    key: EphemeralPrivateKey,
    public: Vec<u8>,
    secret: [u8; 16],
    pub(crate) path: String,
    endpoint: String,
}

impl Phone {
    /// Registers with the service under this name.
    pub(crate) fn registered(service: &Service, name: &str) -> Self {
        let key = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).expect("a key");
        let public = key.compute_public_key().expect("its public part").as_ref().to_vec();
        let path = format!("/device/{name}");
        let endpoint = format!("{}{path}", service.origin());
        Self { key, public, secret: handrail::fresh::bytes(), path, endpoint }
    }

    /// What its page asks the server for.
    pub(crate) fn asks(&self) -> Value {
        let p256dh = URL_SAFE_NO_PAD.encode(&self.public);
        let auth = URL_SAFE_NO_PAD.encode(self.secret);
        json!({ "endpoint": self.endpoint, "p256dh": p256dh, "auth": auth, "language": "en", "quiet": null })
    }

    /// Opens what was sealed for it, once.
    pub(crate) fn opens(self, sealed: &[u8]) -> Value {
        let (salt, rest) = sealed.split_at(16);
        let (record, rest) = rest.split_at(4);
        let (length, rest) = rest.split_at(1);
        let (theirs, text) = rest.split_at(usize::from(length[0]));
        assert_eq!(u32::from_be_bytes(record.try_into().unwrap()) as usize, text.len(), "one record");
        let point = UnparsedPublicKey::new(&ECDH_P256, theirs.to_vec());
        let who = [&b"WebPush: info\0"[..], &self.public, theirs].concat();
        let keying =
            agree_ephemeral(self.key, &point, |shared| derive(&self.secret, shared, &who, 32)).expect("a point");
        let key = derive(salt, &keying, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = derive(salt, &keying, b"Content-Encoding: nonce\0", 12);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).expect("a key"));
        let nonce = Nonce::try_assume_unique_for_key(&nonce).expect("a nonce");
        let mut text = text.to_vec();
        let text = key.open_in_place(nonce, Aad::empty(), &mut text).expect("sealed for this phone");
        let end = text.iter().rposition(|byte| *byte != 0).expect("the mark of the last record");
        assert_eq!(text[end], 2, "the mark of the last record");
        serde_json::from_slice(&text[..end]).expect("JSON")
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(salt: &[u8], from: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let mut key = vec![0; length];
    let extracted = Salt::new(HKDF_SHA256, salt).extract(from);
    extracted.expand(&[info], Length(length)).and_then(|okm| okm.fill(&mut key)).expect("a key");
    key
}
