//! What people see, and what the log says of it.

use super::player::{Play, number, quoted};
use crate::client::{Client, text};
use crate::web;
use handrail_domain::event::What;
use serde_json::{Value, json};

/// Frames of an account's feed: what one cannot miss.
fn is_event(frame: &Value) -> bool {
    frame["op"] == "event" && frame["queue"].is_null()
}

/// Whether a finding of an item says so.
fn finding_is(item: &Value, key: &str, says: &str) -> bool {
    item["findings"].as_array().is_some_and(|all| all.iter().any(|one| text(&one[key]).to_lowercase().contains(says)))
}

/// Whether a welcome says the same as this frame of who is there.
fn welcome_says(welcome: &Value, frame: &Value) -> bool {
    let conversations = welcome["conversations"].as_array().into_iter().flatten();
    let mut parties = conversations.flat_map(|one| one["parties"].as_array().into_iter().flatten());
    parties.any(|party| party["account"] == frame["account"] && party["presence"] == frame["state"])
}

impl Play {
    /// Holds what a device is told to what the story tells.
    pub(super) async fn see(&mut self, does: &[&str]) {
        let who = does[0];
        match &does[1..] {
            ["sees", "nothing"] => self.device(who).expect_none("anything", is_event).await,
            ["hears", "nothing"] => {
                let welcome = self.device(who).welcome.clone();
                let ephemeral = |frame: &Value| match frame["op"].as_str() {
                    Some("typing" | "read") => true,
                    // Another node's word may come a moment after the welcome that has it already.
                    Some("presence") => !welcome_says(&welcome, frame),
                    Some(_) | None => false,
                };
                self.device(who).expect_none("anything that may be lost", ephemeral).await;
            }
            ["sees", "live"] => {
                self.device(who).expect("the end of the replay", |frame| frame["op"] == "live").await;
            }
            ["sees", "conversation", state] => {
                let fits = |frame: &Value| frame["type"] == "conversation" && frame["conversation"]["state"] == *state;
                self.device(who).expect("the conversation's change", fits).await;
            }
            ["sees", "report", reason, words, rest @ ..] => {
                let by = self.people[rest[0].strip_prefix("by:").expect("by whom")].clone();
                let report = self.device(who).expect("a report", |frame| frame["type"] == "report").await;
                assert!(report["queue"].is_string() && report["offset"].is_u64(), "{report}");
                let report = &report["report"];
                assert_eq!(
                    (text(&report["reason"]).as_str(), text(&report["text"]).as_str()),
                    (*reason, quoted(words))
                );
                assert_eq!((text(&report["from"]), text(&report["name"])), (by.account.to_string(), by.name));
                assert_eq!(report["pause"], rest.contains(&"pause"), "{report}");
            }
            ["sees", "help", "for", label] => {
                let message = self.message(label).id.clone();
                let help = |frame: &Value| frame["type"] == "help" && frame["message"] == message;
                let help = self.device(who).expect("help", help).await;
                assert_eq!(help["articles"][0]["phone"], "116 123", "{help}");
            }
            ["sees", label, seq, words, rest @ ..] if seq.starts_with('#') => {
                self.see_message(who, label, number(seq), quoted(words), rest).await;
            }
            ["sees", label, state @ ("waiting" | "claimed" | "decided" | "closed"), rest @ ..] => {
                self.see_item(who, label, state, rest).await;
            }
            ["sees", label, status, rest @ ..] => self.see_status(who, label, status, rest).await,
            ["hears", ..] => self.hear(does).await,
            ["never", "hears", what] => self.never_hear(who, what).await,
            ["knows", "that", other, "is", state] if self.people.contains_key(*other) => {
                self.know_presence(who, other, state).await;
            }
            ["knows", rest @ ..] => self.know(who, rest),
            ["reads-back", told @ ..] => self.read_back(who, told).await,
            ["reads-reports", told @ ..] => self.read_reports(who, told).await,
            _ => panic!("nobody can {does:?}"),
        }
    }

    async fn see_message(&mut self, who: &str, label: &str, seq: u64, words: &str, rest: &[&str]) {
        let said = self.message(label).clone();
        let mine = who.split('/').next() == Some(&said.by);
        let from = self.people[&said.by].account.to_string();
        let fits = |frame: &Value| frame["type"] == "message" && frame["message"] == said.id;
        let frame = self.device(who).expect("a message", fits).await;
        assert_eq!((text(&frame["text"]).as_str(), &frame["seq"]), (words, &Value::from(seq)), "{frame}");
        assert_eq!(text(&frame["from"]), from);
        assert_eq!(frame["altered"], rest.contains(&"altered"), "{frame}");
        // A client's own id never crosses to the other party.
        assert_eq!(frame["cid"], if mine { Value::from(label) } else { Value::Null }, "{frame}");
        let (sent, delivered) = (text(&frame["sent_at"]), text(&frame["delivered_at"]));
        assert!(sent <= delivered && sent.ends_with('Z') && sent.len() == 24, "{frame}");
        if let Some(then) = said.sent_at {
            assert_eq!(sent, then, "a released message keeps the time at which it was said");
        }
    }

    async fn see_status(&mut self, who: &str, label: &str, status: &str, rest: &[&str]) {
        let said = self.message(label).clone();
        let fits =
            |frame: &Value| frame["type"] == "status" && frame["message"] == said.id && frame["status"] == status;
        let frame = self.device(who).expect("a status", fits).await;
        assert_eq!((text(&frame["cid"]).as_str(), text(&frame["conversation"])), (label, said.conversation), "{frame}");
        for word in rest {
            let told = match (word.chars().next(), *word) {
                (Some('#'), seq) => frame["seq"] == number(seq),
                (Some('"'), words) if status == "held" || frame["altered"] == true => frame["text"] == quoted(words),
                (Some('"'), words) if status == "consent" && frame["text"] == quoted(words) => {
                    frame["answer_by"].is_string() && frame["seq"].is_null()
                }
                (Some('"'), note) => frame["note"] == quoted(note),
                (_, "altered") => frame["altered"] == true,
                (_, "unattended") => frame["expected_wait_s"].is_null(),
                (_, "within") => frame["expected_wait_s"].as_u64().is_some_and(|seconds| seconds >= 1),
                (_, reason) => frame["reason"] == reason,
            };
            assert!(told, "the story tells {word}: {frame:#}");
        }
        if status == "held" {
            self.said.get_mut(label).expect("it was said").sent_at = Some(text(&frame["sent_at"]));
        }
    }

    async fn see_item(&mut self, who: &str, label: &str, state: &str, rest: &[&str]) {
        let (id, people, said) = (self.message(label).id.clone(), self.people.clone(), self.said.clone());
        let told = move |item: &Value| {
            item["state"] == state
                && rest.iter().all(|word| match *word {
                    severity @ ("low" | "medium" | "high" | "urgent") => item["severity"] == severity,
                    "ringing" => item["ringing"] == true,
                    "quiet" => item["ringing"] == false,
                    "withdrawn" => item["withdrawn"] == true,
                    "two" => item["second"] == true,
                    word if word.starts_with("proposed:") => item["proposed"]["decision"]["kind"] == word[9..],
                    word if word.starts_with("proposed-by:") => {
                        item["proposed"]["by"]["account"] == people[&word[12..]].account.to_string()
                    }
                    word if word.starts_with("tier:") => item["tier"] == number(&word[5..]),
                    word if word.starts_with("by:") => {
                        let by = people[&word[3..]].account.to_string();
                        item["claimed_by"]["account"] == by || item["decided_by"]["account"] == by
                    }
                    word if word.starts_with("may:") => {
                        let acts = item["acts"].as_array().expect("acts").iter().map(text).collect::<Vec<_>>();
                        acts.join(",") == word[4..]
                    }
                    word if word.starts_with("about:") => finding_is(item, "category", &word[6..]),
                    // A reason of several words is told with dashes.
                    word if word.starts_with("because:") => finding_is(item, "why", &word[8..].replace('-', " ")),
                    word if word.starts_with("part:") => {
                        let part = &said[&word[5..]].id;
                        item["findings"][0]["parts"]
                            .as_array()
                            .is_some_and(|all| all.iter().any(|one| one["message"] == *part))
                    }
                    word if word.starts_with("context:") => {
                        item["context"].as_array().is_some_and(|all| all.len() as u64 == number(&word[8..]))
                    }
                    outcome => item["outcome"] == outcome,
                })
        };
        self.device(who).expect_item(&id, &format!("{state} {rest:?}"), told).await;
    }

    /// What may be lost, and is not on a quiet machine.
    async fn hear(&mut self, does: &[&str]) {
        let account = |play: &Self, name: &str| play.people[name].account.to_string();
        match does {
            [who, "hears", other, "typing", on] => {
                let other = account(self, other);
                let fits = |frame: &Value| {
                    frame["op"] == "typing" && frame["account"] == other && frame["on"] == (*on == "on")
                };
                self.device(who).expect("that they write", fits).await;
            }
            [who, "hears", "read", seq] => {
                let fits = |frame: &Value| frame["op"] == "read" && frame["seq"] == number(seq);
                self.device(who).expect("how far its owner has read", fits).await;
            }
            [who, "hears", other, state] => {
                let other = account(self, other);
                let fits =
                    |frame: &Value| frame["op"] == "presence" && frame["account"] == other && frame["state"] == *state;
                self.device(who).expect("that they came or went", fits).await;
            }
            _ => panic!("nobody can {does:?}"),
        }
    }

    /// What the welcome said of somebody; or what came after it, where another node's word took a moment.
    async fn know_presence(&mut self, who: &str, other: &str, state: &str) {
        let frame = json!({ "account": self.people[other].account, "state": state });
        if !welcome_says(&self.device(who).welcome, &frame) {
            self.hear(&[who, "hears", other, state]).await;
        }
    }

    /// What the welcome said.
    fn know(&mut self, who: &str, told: &[&str]) {
        let pending = |client: &Client| client.welcome["conversations"][0]["pending"].clone();
        match told {
            ["that", label, "is", "pending"] => {
                let id = self.message(label).id.clone();
                let pending = pending(self.device(who));
                assert!(
                    pending[0]["message"] == id && pending[0]["cid"] == *label && pending[0]["status"] == "held",
                    "{pending}"
                );
            }
            ["that", label, "asks", words, reason] => {
                let id = self.message(label).id.clone();
                let pending = pending(self.device(who))[0].clone();
                assert!(pending["message"] == id && pending["status"] == "consent", "{pending}");
                let asked = &pending["consent"];
                assert!(asked["text"] == quoted(words) && asked["reason"] == *reason, "{pending}");
                assert!(asked["answer_by"].is_string(), "{pending}");
            }
            ["that", "somebody", "reads", label] => {
                let id = self.message(label).id.clone();
                let pending = pending(self.device(who));
                let held = pending.as_array().expect("a list").iter().find(|held| held["message"] == id);
                assert!(held.is_some_and(|held| held["expected_wait_s"].is_u64()), "{pending}");
            }
            ["of", "nothing", "pending"] => {
                let pending = pending(self.device(who));
                assert_eq!(pending.as_array().map(Vec::len), Some(0), "{pending}");
            }
            ["that", "it", "read", seq] => {
                assert_eq!(self.device(who).welcome["conversations"][0]["read_seq"], number(seq));
            }
            _ => panic!("nobody can know {told:?}"),
        }
    }

    /// History over HTTP, oldest first as a story tells it.
    async fn read_back(&mut self, who: &str, told: &[&str]) {
        let (token, conversation) = (&self.people[who].token, self.pairs[who]);
        let page = web::get(self.world.address, &format!("/api/conversations/{conversation}/messages"), token).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let messages = page.json()["messages"].as_array().expect("messages").clone();
        let lines: Vec<_> =
            messages.iter().rev().map(|one| (one["seq"].as_u64().expect("a seq"), text(&one["text"]))).collect();
        let told: Vec<_> = told.chunks(2).map(|pair| (number(pair[0]), quoted(pair[1]).to_owned())).collect();
        assert_eq!(lines, told);
    }

    /// The site's reports over HTTP, newest first, in pages of two.
    async fn read_reports(&mut self, who: &str, told: &[&str]) {
        let token = self.people[who].token.clone();
        let (mut words, mut after) = (Vec::new(), String::new());
        loop {
            let page = web::get(self.world.address, &format!("/api/reports?limit=2{after}"), &token).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let page = page.json();
            words.extend(page["reports"].as_array().expect("reports").iter().map(|report| text(&report["text"])));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(words, told.iter().map(|word| quoted(word)).collect::<Vec<_>>());
    }

    /// The log's lines of one message, in a word each.
    pub(super) async fn audit(&mut self, does: &[&str]) {
        let [_, label, told @ ..] = does else { panic!("an audit is of a message") };
        let id = self.message(label.trim_end_matches(':')).id.clone();
        let names: Vec<_> = self.people.iter().map(|(name, person)| (person.account, name.clone())).collect();
        let log = self.world.chat.store().read(|record| record.log_page(0, 10_000)).await.expect("the log");
        let about = log.iter().filter(|logged| logged.event.message.is_some_and(|message| message.to_string() == id));
        let lines: Vec<_> = about
            .map(|logged| match &logged.event.what {
                What::Item { act, .. } => {
                    let act = text(&serde_json::to_value(act).expect("a word"));
                    let by = names.iter().find(|(account, _)| Some(*account) == logged.event.actor);
                    by.map_or(act.clone(), |(_, name)| format!("{act}:{name}"))
                }
                What::Settled { status, .. } => format!("settled:{}", status.as_str()),
                what @ (What::Delivered { .. }
                | What::Held { .. }
                | What::Help {}
                | What::Report { .. }
                | What::Conversation { .. }
                | What::Account { .. }
                | What::Site { .. }
                | What::Session { .. }
                | What::Rules { .. }
                | What::Restriction { .. }
                | What::Erased { .. }
                | What::ErasedName { .. }
                | What::LegalHold { .. }
                | What::Article { .. }
                | What::Shift { .. }
                | What::Look { .. }
                | What::Read { .. }
                | What::Paper { .. }
                | What::Invite { .. }
                | What::Glass { .. }
                | What::Briefed { .. }
                | What::Exported { .. }
                | What::Epoch { .. }) => what.kind().trim_start_matches("message.").to_owned(),
            })
            .collect();
        assert_eq!(lines, told);
    }
}
