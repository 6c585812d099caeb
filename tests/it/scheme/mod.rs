//! The scheme around the chat: people come in by a code, are matched, briefed, written about and reported on.

mod briefing;
mod import;
mod papers;
mod people;
mod relationships;
mod rota;
mod site_papers;

use crate::client::Client;
use crate::web::{Answer, ask};
use crate::world::{On, Person, UNDO_MS, World, settings};
use handrail_domain::event::Event;
use handrail_domain::people::Role;
use serde_json::{Value, json};

const PASSWORD: &str = "three words in a row";

/// An empty site with a coordinator, a colleague, and a supervisor.
struct Scheme {
    world: World,
    cora: Person,
    colin: Person,
    sue: Person,
}

impl Scheme {
    async fn on(on: On) -> Self {
        let world = World::with(on, settings(UNDO_MS), |_| ()).await;
        let cora = world.person("cora", Role::Coordinator).await;
        let colin = world.person("colin", Role::Coordinator).await;
        let sue = world.person("sue", Role::Supervisor).await;
        Self { world, cora, colin, sue }
    }

    async fn asks(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/json")];
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ask(self.world.address, method, path, &headers, &body).await
    }

    async fn reads(&self, token: &str, path: &str) -> Value {
        let answer = self.asks(token, "GET", path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// The coordinator does something, and it is done.
    async fn does(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.asks(&self.cora.token, method, path, &body).await;
        assert!((200..300).contains(&answer.status), "{path} {body}: {answer:?}");
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// The coordinator asks for something, and is told what to do instead.
    async fn is_refused(&self, method: &str, path: &str, body: Value) -> (String, String) {
        let answer = self.asks(&self.cora.token, method, path, &body).await;
        assert!(answer.status >= 400, "{path} {body}: {answer:?}");
        (answer.problem(), word(&answer.json()["detail"]))
    }

    /// Somebody new, invited.
    async fn invites(&self, name: &str, role: &str) -> (String, String) {
        let invited = self.does("POST", "/api/people", json!({"name": name, "role": role})).await;
        (word(&invited["account"]), word(&invited["code"]))
    }

    /// They come in by their code.
    async fn joins(&self, username: &str, code: &str) -> String {
        let join = json!({"code": code, "username": username, "password": PASSWORD});
        let joined = self.asks("", "POST", "/api/join", &join).await;
        assert_eq!(joined.status, 200, "{joined:?}");
        self.signs_in(username, PASSWORD).await.expect("they chose that password")
    }

    async fn signs_in(&self, username: &str, password: &str) -> Option<String> {
        let body = json!({"username": username, "password": password, "token": true});
        let answer = self.asks("", "POST", "/api/session", &body).await;
        (answer.status == 200).then(|| word(&answer.json()["token"]))
    }

    async fn writes_about(&self, account: &str, kind: &str, answers: Value) -> Value {
        self.does("POST", "/api/papers", json!({"kind": kind, "account": account, "answers": answers})).await
    }

    /// A mentee whom a referrer has spoken of, and a mentor who is vetted, both come in.
    async fn two(&self) -> [(String, String); 2] {
        let (mentee, code) = self.invites("Robin", "mentee").await;
        let mentee_token = self.joins("robin", &code).await;
        self.writes_about(&mentee, "referral", referral()).await;
        let (mentor, code) = self.invites("Alex", "mentor").await;
        let mentor_token = self.joins("alex", &code).await;
        self.writes_about(&mentor, "check", json!({"what": "vetting", "until": "2099-01-01"})).await;
        [(mentee, mentee_token), (mentor, mentor_token)]
    }

    async fn pairs(&self, mentee: &str, mentor: &str) -> String {
        let plan = json!({"form": "one_to_one", "purpose": "Find work"});
        let begun = self.does("POST", "/api/relationships", json!({"parties": [mentee, mentor], "plan": plan})).await;
        word(&begun["id"])
    }

    /// What is to be done, by kind.
    async fn tasks(&self, who: &Person) -> Vec<String> {
        let home = self.reads(&who.token, "/api/home").await;
        home["tasks"].as_array().expect("tasks").iter().map(|task| word(&task["kind"])).collect()
    }

    async fn log(&self, kind: &str) -> Vec<Event> {
        let lines = self.world.chat.store().read(|record| record.log_page(0, 10_000)).await.expect("a log");
        lines.into_iter().map(|line| line.event).filter(|event| event.what.kind() == kind).collect()
    }

    async fn connects(&self, token: &str) -> Client {
        World::connect_at(self.world.address, &Person { token: token.to_owned(), ..self.sue.clone() }).await
    }
}

fn referral() -> Value {
    json!({"referrer": "Youth offending team", "why": "Leaves school soon", "risks": "None known", "restrictions": "None"})
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a word: {value}")).to_owned()
}
