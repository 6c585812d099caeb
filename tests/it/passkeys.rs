//! Passkeys, played by a device of our own: keys and signatures by a library of cryptography, the rest as the standard says.

use crate::second_step::{coordinator, get, post, set_up, sign_in, world};
use crate::web::{Answer, ask};
use crate::world::{On, Person};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as TEXT;
use handrail_domain::people::Role;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::net::SocketAddr;

const PASSWORD: &str = "lamp otter gravel spoon";

/// A device that has made a passkey.
struct Device {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    count: u32,
    origin: String,
}

impl Device {
    fn at(address: SocketAddr) -> Self {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).expect("a key");
        let id = key.public_key().as_ref()[1..17].to_vec();
        Self { key, id, count: 1, origin: format!("http://localhost:{}", address.port()) }
    }

    fn client(&self, ceremony: &str, asked: &Value) -> Vec<u8> {
        json!({ "type": ceremony, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn head(&self, flags: u8) -> Vec<u8> {
        let host = digest(&SHA256, b"localhost");
        [host.as_ref(), &[flags], &self.count.to_be_bytes()].concat()
    }

    /// What it answers to who asks for a passkey.
    fn makes(&self, name: &str, asked: &Value) -> Value {
        let point = self.key.public_key().as_ref();
        let length = u16::try_from(self.id.len()).expect("a short id").to_be_bytes();
        let (x, y) = (&point[1..33], &point[33..]);
        let key = [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", x, b"\x22\x58\x20", y].concat();
        let made = [self.head(0x45), vec![0; 16], length.to_vec(), self.id.clone(), key].concat();
        let client = self.client("webauthn.create", asked);
        json!({ "name": name, "client_data": TEXT.encode(client), "authenticator_data": TEXT.encode(made) })
    }

    /// What it answers to who asks it to sign.
    fn signs(&mut self, asked: &Value) -> Value {
        self.count += 1;
        let (head, client) = (self.head(0x05), self.client("webauthn.get", asked));
        let signed = [head.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "id": TEXT.encode(&self.id), "client_data": TEXT.encode(client),
            "authenticator_data": TEXT.encode(head), "signature": TEXT.encode(signature.as_ref()),
        })
    }
}

async fn public(address: SocketAddr, path: &str, body: Value) -> Answer {
    let origin = format!("http://localhost:{}", address.port());
    let headers = [("content-type", "application/json"), ("origin", origin.as_str())];
    ask(address, "POST", path, &headers, &body.to_string()).await
}

async fn asked_to_sign_in(address: SocketAddr, username: &str) -> Value {
    let asked = public(address, "/api/session/passkey", json!({ "username": username, "password": PASSWORD })).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    asked.json()
}

async fn sign_in_by(address: SocketAddr, username: &str, passkey: &Value) -> Answer {
    let body = json!({ "username": username, "password": PASSWORD, "token": true, "passkey": passkey });
    public(address, "/api/session", body).await
}

/// Somebody's device makes a passkey; the spare codes that came with it.
async fn make(address: SocketAddr, who: &Person, proof: &str, name: &str) -> (Device, Vec<Value>) {
    let device = Device::at(address);
    let asked = post(address, "/api/passkeys/begin", who, proof, json!({})).await.json();
    assert_eq!((&asked["username"], asked["host"].as_str().is_some()), (&json!(who.name), true), "{asked}");
    let made = post(address, "/api/passkeys", who, proof, device.makes(name, &asked)).await;
    assert_eq!(made.status, 200, "{made:?}");
    (device, made.json()["spare_codes"].as_array().expect("spare codes").clone())
}

#[tokio::test]
async fn a_passkey_is_a_second_step_by_itself_and_what_it_signed_counts_once_also_on_another_node() {
    let world = world(On::Nodes).await;
    let who = coordinator(&world, "cora").await;
    assert_eq!(get(world.at(0), "/api/home", &who, "").await.problem(), "code_needed");
    let (mut device, spare) = make(world.at(0), &who, "", "My laptop").await;
    assert_eq!(spare.len(), 10, "who has lost it comes in by these");
    assert_eq!(get(world.at(0), "/api/home", &who, "").await.status, 200);
    assert_eq!(sign_in(world.at(0), "cora", None).await.problem(), "code_needed");

    let asked = asked_to_sign_in(world.at(0), "cora").await;
    assert_eq!(asked["passkeys"], json!([TEXT.encode(&device.id)]));
    let shown = device.signs(&asked);
    let begun = sign_in_by(world.at(0), "cora", &shown).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    assert!(begun.json()["proof"].is_string());
    for node in [0, 1] {
        assert_eq!(sign_in_by(world.at(node), "cora", &shown).await.problem(), "code_needed", "it was used");
    }
    // Asked on one node, shown on the other.
    device.origin = format!("http://localhost:{}", world.at(1).port());
    let asked = asked_to_sign_in(world.at(0), "cora").await;
    assert_eq!(sign_in_by(world.at(1), "cora", &device.signs(&asked)).await.status, 200);
    assert_eq!(sign_in(world.at(1), "cora", spare[0].as_str()).await.status, 200);
    let state = get(world.at(0), "/api/second-step", &who, "").await.json();
    let passkey = &state["passkeys"][0];
    assert_eq!((&state["state"], &state["app"], &passkey["name"]), (&json!("set"), &json!(false), &json!("My laptop")));
    assert!(passkey["used_at"].is_string() && state["spare_codes"] == 9, "{state}");
}

#[tokio::test]
async fn what_another_page_another_account_or_a_copy_of_the_device_signed_lets_nobody_in() {
    let world = world(On::Postgres).await;
    let (who, other) = (coordinator(&world, "cora").await, coordinator(&world, "otto").await);
    let address = world.address;
    let (mut device, _) = make(address, &who, "", "Laptop").await;
    let (mut theirs, _) = make(address, &other, "", "Laptop").await;
    let refused = async |shown: &Value, why: &str| {
        assert_eq!(sign_in_by(address, "cora", shown).await.problem(), "code_needed", "{why}");
    };
    let asked = asked_to_sign_in(address, "cora").await;
    refused(&theirs.signs(&asked), "another account's").await;
    let own = device.origin.clone();
    device.origin = "http://localhost.example.org".into();
    refused(&device.signs(&asked), "signed on another page").await;
    device.origin = own;
    refused(&device.signs(&json!({ "challenge": TEXT.encode([1; 32]) })), "another challenge").await;
    let mut shown = device.signs(&asked);
    shown["signature"] = theirs.signs(&asked)["signature"].clone();
    refused(&shown, "another key").await;
    for field in ["id", "client_data", "authenticator_data", "signature"] {
        for bad in ["", "!", "AAAA", &"A".repeat(8_000)] {
            let mut shown = device.signs(&asked);
            shown[field] = bad.into();
            refused(&shown, field).await;
        }
    }
}

#[tokio::test]
async fn a_device_that_counts_backwards_is_taken_for_a_copy() {
    let world = world(On::Local).await;
    let who = coordinator(&world, "cora").await;
    let (mut device, _) = make(world.address, &who, "", "Laptop").await;
    device.count = 40;
    let asked = asked_to_sign_in(world.address, "cora").await;
    assert_eq!(sign_in_by(world.address, "cora", &device.signs(&asked)).await.status, 200);
    device.count = 20;
    let asked = asked_to_sign_in(world.address, "cora").await;
    assert_eq!(sign_in_by(world.address, "cora", &device.signs(&asked)).await.problem(), "code_needed");
}

#[tokio::test]
async fn nobody_is_told_of_passkeys_without_the_password_and_who_has_none_is_asked_for_a_code() {
    let world = world(On::Local).await;
    let who = coordinator(&world, "cora").await;
    make(world.address, &who, "", "Laptop").await;
    for (username, password) in [("cora", "not the password"), ("nobody", PASSWORD)] {
        let body = json!({ "username": username, "password": password });
        assert_eq!(public(world.address, "/api/session/passkey", body).await.problem(), "unauthenticated");
    }
    let coded = coordinator(&world, "coded").await;
    set_up(world.address, &coded).await;
    let body = json!({ "username": "coded", "password": PASSWORD });
    assert_eq!(public(world.address, "/api/session/passkey", body).await.problem(), "code_needed");
}

#[tokio::test]
async fn who_has_the_password_alone_gets_no_more_tries_at_the_codes_by_asking_for_passkeys() {
    let world = world(On::Local).await;
    let who = coordinator(&world, "cora").await;
    make(world.address, &who, "", "Laptop").await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        let body = json!({ "username": "cora", "password": PASSWORD });
        answers.push(public(world.address, "/api/session/passkey", body).await.status);
        answers.push(sign_in(world.address, "cora", Some("000000")).await.status);
    }
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 5, "{answers:?}");
    assert!(answers[10..].iter().all(|status| *status == 429), "{answers:?}");
}

#[tokio::test]
async fn a_passkey_is_given_again_for_what_matters_and_the_last_second_step_cannot_be_removed() {
    let world = world(On::Local).await;
    let who = coordinator(&world, "cora").await;
    let address = world.address;
    let (mut device, _) = make(address, &who, "", "Laptop").await;
    let begin = post(address, "/api/passkeys/begin", &who, "", json!({})).await;
    assert_eq!(begin.problem(), "code_needed", "another one matters");
    let asked = post(address, "/api/session/proof/passkey", &who, "", json!({})).await.json();
    let both = json!({ "code": "123456", "passkey": device.signs(&asked) });
    assert_eq!(post(address, "/api/session/proof", &who, "", both).await.problem(), "code_needed", "one or the other");
    let given = json!({ "passkey": device.signs(&asked) });
    let proved = post(address, "/api/session/proof", &who, "", given).await.json();
    let proof = proved["proof"].as_str().expect("a proof").to_owned();
    let (second, spare) = make(address, &who, &proof, "Phone").await;
    assert!(spare.is_empty(), "the spare codes of before are still good");
    let again = post(address, "/api/passkeys/begin", &who, "", json!({})).await;
    assert_eq!(again.problem(), "code_needed", "the proof that came with the second passkey is another");

    let asked = post(address, "/api/session/proof/passkey", &who, "", json!({})).await.json();
    let proved = post(address, "/api/session/proof", &who, "", json!({ "passkey": device.signs(&asked) })).await.json();
    let proof = proved["proof"].as_str().expect("a proof").to_owned();
    let remove = async |id: &[u8], proof: &str| {
        let bearer = format!("Bearer {}", who.token);
        let headers = [("authorization", bearer.as_str()), ("handrail-proof", proof)];
        ask(address, "DELETE", &format!("/api/passkeys/{}", TEXT.encode(id)), &headers, "").await
    };
    assert_eq!(remove(&second.id, "").await.problem(), "code_needed");
    assert_eq!(remove(&second.id, &proof).await.status, 204);
    assert_eq!(remove(&second.id, &proof).await.problem(), "not_found");
    assert_eq!(remove(&device.id, &proof).await.problem(), "not_yet", "it is the last");
    assert_eq!(get(address, "/api/second-step", &who, "").await.json()["passkeys"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn two_colleagues_take_passkeys_away_too() {
    let world = world(On::Local).await;
    let (lost, one, two) =
        (coordinator(&world, "lost").await, coordinator(&world, "one").await, coordinator(&world, "two").await);
    let address = world.address;
    make(address, &lost, "", "Laptop").await;
    for colleague in [&one, &two] {
        let (mut device, _) = make(address, colleague, "", "Laptop").await;
        let asked = post(address, "/api/session/proof/passkey", colleague, "", json!({})).await.json();
        let given = json!({ "passkey": device.signs(&asked) });
        let proved = post(address, "/api/session/proof", colleague, "", given).await.json();
        let proof = proved["proof"].as_str().expect("a proof");
        let path = format!("/api/people/{}/second-step", lost.account);
        let away = post(address, &path, colleague, proof, json!({ "reason": "seen in person" })).await;
        assert_eq!(away.status, 204, "{away:?}");
    }
    let begun = sign_in(address, "lost", None).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let again =
        Person { token: begun.json()["token"].as_str().expect("a token").to_owned(), role: Role::Coordinator, ..lost };
    let state = get(address, "/api/second-step", &again, "").await.json();
    assert_eq!((&state["state"], &state["passkeys"]), (&json!("missing"), &json!([])));
}

#[tokio::test]
async fn what_no_device_could_have_made_is_no_passkey() {
    let world = world(On::Local).await;
    let who = coordinator(&world, "cora").await;
    let address = world.address;
    let device = Device::at(address);
    let asked = post(address, "/api/passkeys/begin", &who, "", json!({})).await.json();
    let good = device.makes("Laptop", &asked);
    for (field, bad, problem) in [
        ("name", "", "bad_frame"),
        ("name", "two\nlines", "bad_frame"),
        ("client_data", "", "bad_frame"),
        ("client_data", "AAAA", "code_needed"),
        ("authenticator_data", "AAAA", "code_needed"),
    ] {
        let mut made = good.clone();
        made[field] = bad.into();
        assert_eq!(post(address, "/api/passkeys", &who, "", made).await.problem(), problem, "{field} {bad:?}");
    }
    let stale = device.makes("Laptop", &json!({ "challenge": TEXT.encode([2; 32]) }));
    assert_eq!(post(address, "/api/passkeys", &who, "", stale).await.problem(), "code_needed");
    assert_eq!(
        post(address, "/api/passkeys", &who, "", good.clone()).await.status,
        200,
        "what was refused changed nothing"
    );
    let state = get(address, "/api/second-step", &who, "").await.json();
    assert_eq!(state["passkeys"].as_array().map(Vec::len), Some(1));
    assert_eq!(post(address, "/api/passkeys", &who, "", good).await.problem(), "code_needed");
}
