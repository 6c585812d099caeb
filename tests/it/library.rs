//! The library: one writes, another publishes, and the people of the site read what was published and nothing else.

use crate::web::{Answer, ask};
use crate::world::{On, Person, UNDO_MS, World, settings};
use handrail_domain::people::Role;
use serde_json::{Value, json};

struct Library {
    world: World,
    writer: Person,
    second: Person,
    mentee: Person,
}

impl Library {
    async fn on(on: On) -> Self {
        let world = World::with(on, settings(UNDO_MS), |_| ()).await;
        let writer = world.person("writer", Role::Coordinator).await;
        let second = world.person("second", Role::Supervisor).await;
        let mentee = world.person("mentee", Role::Mentee).await;
        Self { world, writer, second, mentee }
    }

    async fn asks(&self, who: &Person, method: &str, path: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", who.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ask(self.world.address, method, path, &headers, &body).await
    }

    async fn reads(&self, who: &Person, path: &str) -> Value {
        let answer = self.asks(who, "GET", path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// The titles that a search finds.
    async fn titles(&self, who: &Person, search: &str) -> Vec<String> {
        let page = self.reads(who, &format!("/api/articles{search}")).await;
        let articles = page["articles"].as_array().expect("articles");
        articles.iter().map(|line| line["title"].as_str().expect("a title").to_owned()).collect()
    }

    /// Begins an article. Gives it as its writer sees it.
    async fn begins(&self, content: &Value) -> Value {
        let begun = self.asks(&self.writer, "POST", "/api/library", content).await;
        assert_eq!(begun.status, 201, "{begun:?}");
        begun.json()
    }

    /// Does something with an article as it was seen.
    async fn does(&self, who: &Person, seen: &Value, act: &str) -> Answer {
        let path = format!("/api/library/{}/{act}", seen["id"].as_str().expect("an id"));
        self.asks(who, "POST", &path, &as_seen(seen)).await
    }

    async fn saves(&self, who: &Person, seen: &Value, content: &Value) -> Answer {
        let path = format!("/api/library/{}", seen["id"].as_str().expect("an id"));
        let mut body = as_seen(seen);
        body["content"] = content.clone();
        self.asks(who, "PUT", &path, &body).await
    }

    async fn publishes(&self, content: &Value) -> Value {
        let begun = self.begins(content).await;
        let handed = self.does(&self.writer, &begun, "submit").await.json();
        let published = self.does(&self.second, &handed, "publish").await;
        assert_eq!(published.status, 200, "{published:?}");
        published.json()
    }
}

fn as_seen(seen: &Value) -> Value {
    json!({"version": seen["version"], "state": seen["state"], "changed_at": seen["changed_at"]})
}

fn article(title: &str, body: &str) -> Value {
    json!({"kind": "article", "topic": "work", "language": "en", "title": title, "body": body, "phone": null, "link": null})
}

async fn one_writes_another_publishes(on: On) {
    let library = Library::on(on).await;
    let begun = library.begins(&article("How to write a CV", "Say what you are good at.")).await;
    let read = format!("/api/articles/{}", begun["id"].as_str().unwrap());
    assert_eq!(library.asks(&library.mentee, "GET", &read, &Value::Null).await.status, 404, "a draft is not there");
    assert_eq!(
        library.does(&library.writer, &begun, "publish").await.problem(),
        "stale_version",
        "nobody has looked at it"
    );
    let handed = library.does(&library.writer, &begun, "submit").await.json();
    assert_eq!(handed["acts"], json!(["save", "send_back"]));
    let own = library.does(&library.writer, &handed, "publish").await;
    assert_eq!((own.status, own.problem().as_str()), (403, "own_work"));
    assert!(own.json()["detail"].as_str().unwrap().contains("a colleague must publish it"));
    let published = library.does(&library.second, &handed, "publish").await.json();
    assert_eq!((&published["state"], &published["published_by"]), (&json!("published"), &json!("second")));
    let late = library.saves(&library.writer, &handed, &article("How to write a CV", "Wait!")).await;
    assert_eq!(late.problem(), "stale_version", "it was published meanwhile");
    let shown = library.reads(&library.mentee, &read).await;
    assert_eq!(shown["blocks"], json!([{"kind": "text", "parts": [{"text": "Say what you are good at."}]}]));
    assert_eq!(shown["minutes"], 1);

    // The next version is written beside it, and is read once it is published.
    let next = library.saves(&library.second, &published, &article("How to write a CV", "Say it twice.")).await.json();
    assert_eq!((&next["version"], &next["state"], &next["read"]), (&json!(2), &json!("draft"), &json!(1)));
    assert_eq!(library.reads(&library.mentee, &read).await, shown);
    let next = library.does(&library.second, &next, "submit").await.json();
    assert_eq!(library.does(&library.second, &next, "publish").await.problem(), "own_work");
    let next = library.does(&library.writer, &next, "publish").await.json();
    let changed = library.reads(&library.mentee, &read).await;
    assert_eq!(changed["blocks"][0]["parts"][0]["text"], "Say it twice.");
    let gone = library.does(&library.writer, &next, "archive").await.json();
    assert_eq!(gone["state"], "archived");
    assert_eq!(library.asks(&library.mentee, "GET", &read, &Value::Null).await.status, 404);
    library.world.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_was_written_by_one_and_published_by_another() {
    one_writes_another_publishes(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_database_server_too() {
    one_writes_another_publishes(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_write_at_once_the_second_is_told() {
    let library = Library::on(On::Local).await;
    let begun = library.begins(&article("Benefits", "Ask early.")).await;
    let first = library.saves(&library.second, &begun, &article("Benefits", "Ask very early.")).await;
    assert_eq!(first.status, 200);
    let late = library.saves(&library.writer, &begun, &article("Benefits", "Ask late.")).await;
    assert_eq!((late.status, late.problem().as_str()), (409, "stale_version"));
    let kept = library.reads(&library.writer, &format!("/api/library/{}", begun["id"].as_str().unwrap())).await;
    assert_eq!(kept["content"]["body"], "Ask very early.");
    assert_eq!(kept["author"], "second");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_has_all_its_words_whatever_their_case_and_services_come_first() {
    let library = Library::on(On::Local).await;
    library.publishes(&article("How to write a CV", "Say what you are good at. 100 % honest.")).await;
    library.publishes(&article("Getting ready for an interview", "Take your CV to the café.")).await;
    let mut service = article("Careers advice", "Free advice about work.");
    service["kind"] = json!("service");
    library.publishes(&service).await;
    library.begins(&article("A CV that nobody looked at", "CV")).await;
    let mentee = &library.mentee;
    assert_eq!(library.titles(mentee, "?q=cv").await, ["Getting ready for an interview", "How to write a CV"]);
    assert_eq!(library.titles(mentee, "?q=WRITE%20good").await, ["How to write a CV"]);
    assert_eq!(library.titles(mentee, "?q=CAFE").await, ["Getting ready for an interview"]);
    assert_eq!(library.titles(mentee, "?q=100%25").await, ["How to write a CV"]);
    assert!(library.titles(mentee, "?q=write%20interview").await.is_empty());
    let work = ["Careers advice", "Getting ready for an interview", "How to write a CV"];
    assert_eq!(library.titles(mentee, "?topic=work").await, work);
    assert_eq!(library.titles(mentee, "?topic=crisis").await, ["Talk to Samaritans"]);
    for bad in ["?topic=gossip", "?page=2", "?q=a&q=b"] {
        let refused = library.asks(mentee, "GET", &format!("/api/articles{bad}"), &Value::Null).await;
        assert_eq!(refused.status, 400, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_belongs_to_its_site_and_is_written_by_its_staff() {
    let library = Library::on(On::Local).await;
    let elsewhere = library.world.other_site().await;
    let stranger = library.world.person_at(elsewhere, "stranger", Role::Coordinator).await;
    let published = library.publishes(&article("How to write a CV", "Say what you are good at.")).await;
    let id = published["id"].as_str().unwrap();
    for path in [format!("/api/articles/{id}"), format!("/api/library/{id}")] {
        assert_eq!(library.asks(&stranger, "GET", &path, &Value::Null).await.problem(), "not_found", "{path}");
    }
    assert_eq!(library.does(&stranger, &published, "archive").await.problem(), "not_found");
    assert!(library.titles(&stranger, "").await.is_empty());
    assert_eq!(library.reads(&stranger, "/api/library").await["articles"], json!([]));
    let mentee = &library.mentee;
    assert_eq!(library.asks(mentee, "POST", "/api/library", &article("Mine", "Words.")).await.problem(), "forbidden");
    assert_eq!(library.asks(mentee, "GET", "/api/library", &Value::Null).await.problem(), "forbidden");
    assert_eq!(library.saves(mentee, &published, &article("Mine", "Words.")).await.problem(), "forbidden");
    assert_eq!(library.does(mentee, &published, "archive").await.problem(), "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_is_told_what_exactly_is_wrong_and_how_it_would_be_read() {
    let library = Library::on(On::Local).await;
    let with = |key: &str, value: Value| {
        let mut content = article("Title", "Words.");
        content[key] = value;
        content
    };
    for (content, says) in [
        (with("title", json!(" ")), "Give it a title."),
        (with("title", json!("x".repeat(121))), "at most 120 characters"),
        (with("body", json!("")), "Write something"),
        (with("body", json!("é".repeat(12_001))), "at most 12000 characters"),
        (with("body", json!("[x](javascript:alert(1))")), "must begin with https:// or tel:"),
        (with("link", json!("ftp://example.org")), "must begin with https:// or tel:"),
        (with("phone", json!("0800 CALL ME")), "only digits and spaces"),
    ] {
        for (method, path) in [("POST", "/api/library"), ("POST", "/api/library/preview")] {
            let refused = library.asks(&library.writer, method, path, &content).await;
            assert_eq!((refused.status, refused.problem().as_str()), (400, "bad_frame"), "{content}");
            assert!(refused.json()["detail"].as_str().unwrap().contains(says), "{says}: {refused:?}");
        }
    }
    for content in [with("topic", json!("gossip")), with("language", json!("fr")), with("more", json!(1)), json!([])] {
        assert_eq!(library.asks(&library.writer, "POST", "/api/library", &content).await.status, 400, "{content}");
    }
    let preview = library
        .asks(&library.writer, "POST", "/api/library/preview", &with("body", json!("## Hi\n- one\n- two")))
        .await;
    let preview = preview.json();
    assert_eq!(preview["blocks"][0], json!({"kind": "heading", "text": "Hi"}));
    assert!(preview["grade"].is_number());
    assert_eq!(
        library.reads(&library.writer, "/api/library").await["articles"].as_array().unwrap().len(),
        1,
        "only the crisis line"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn how_often_an_article_was_read_is_counted_and_by_whom_is_not() {
    let library = Library::on(On::Local).await;
    let published = library.publishes(&article("How to write a CV", "Say what you are good at.")).await;
    let read = format!("/api/articles/{}", published["id"].as_str().unwrap());
    for who in [&library.mentee, &library.mentee, &library.writer] {
        library.reads(who, &read).await;
    }
    library.world.chat.count_reads().await.unwrap();
    library.reads(&library.mentee, &read).await;
    library.world.chat.count_reads().await.unwrap();
    let shelves = library.reads(&library.second, "/api/library").await;
    let one = shelves["articles"].as_array().unwrap().iter().find(|one| one["id"] == published["id"]).unwrap().clone();
    assert_eq!((&one["reads"], &one["state"]), (&json!(3), &json!("published")), "staff's own looks do not count");
    assert!(one["review_by"].is_string());
}
