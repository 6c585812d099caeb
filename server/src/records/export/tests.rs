//! What is written out, and what is not.

use super::*;
use crate::chat::RestrictionSpec;
use crate::records::tests::world::World;
use crate::records::verify;
use std::os::unix::fs::PermissionsExt;

/// What was written: the JSON, and both files' text.
async fn written(world: &World, what: Export) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    export(&world.chat, what, "coordinator", &to).await.unwrap();
    let json = std::fs::read_to_string(to.join("export.json")).unwrap();
    let html = std::fs::read_to_string(to.join("export.html")).unwrap();
    let mode = std::fs::metadata(to.join("export.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(export(&world.chat, what, "coordinator", &to).await.unwrap_err().to_string().contains("is not empty"));
    (serde_json::from_str(&json).unwrap(), json + &html)
}

async fn world() -> World {
    let world = World::with_past().await;
    let spec = RestrictionSpec {
        conversation: world.pair,
        term: "Keisha Brannigan".into(),
        reason: "No contact with her.".into(),
        owner: "coordinator".into(),
        until: fresh::now().plus_ms(86_400_000),
    };
    world.chat.admin_add_restriction(spec).await.unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_their_own_words_and_nobody_elses() {
    let world = world().await;
    let (all, text) = written(&world, Export::Account(world.mentee.id)).await;
    for own in [
        "quiet and wet",
        "a zebrafish three",
        "Not here.",
        "Softer words.",
        "mentee1 Quill",
        "mentor 1",
        "supervisor 1",
    ] {
        assert!(text.contains(own), "{own} is theirs");
    }
    for other in ["how was the week", "mentor1 Quill", "supervisor1 Quill", "For us.", "Keisha", "No contact"] {
        assert!(!text.contains(other), "{other} is not theirs");
    }
    let messages = all["relationships"][0]["messages"].as_array().unwrap();
    let of = |from: &str| messages.iter().filter(|message| message["from"] == from).count();
    assert_eq!((of("you"), of("mentor 1")), (5, 2));
    let others: Vec<_> = messages.iter().filter(|message| message["from"] == "mentor 1").collect();
    assert!(others.iter().all(|message| message["text"] == account::OTHERS_WORDS));
    let rejected = messages.iter().find(|message| message["text"] == "a zebrafish three").unwrap();
    assert_eq!(rejected["check"]["decided"]["decision"]["reason"], "other");
    assert_eq!(rejected["check"]["findings"][0]["words"], "zebrafish");
    // The other side: what was held and never delivered is not theirs to know of.
    let (all, text) = written(&world, Export::Account(world.mentor.id)).await;
    let messages = all["relationships"][0]["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 5, "{messages:#?}");
    assert!(!text.contains("fish") && !text.contains("quiet"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_file_has_all_of_a_relationship_with_the_lines_of_the_log() {
    let world = world().await;
    let (all, text) = written(&world, Export::Conversation(world.pair)).await;
    for part in
        ["how was the week", "quiet and wet", "a fish two", "For us.", "Keisha Brannigan", "mentor1 Quill (mentor)"]
    {
        assert!(text.contains(part), "{part}");
    }
    assert_eq!(all["messages"].as_array().map(Vec::len), Some(7));
    assert_eq!(all["items"].as_array().map(Vec::len), Some(4));
    let lines = all["lines_of_the_log"].as_array().unwrap();
    let last = lines.last().unwrap();
    assert_eq!(last["kind"], "exported", "this export is in it");
    assert_eq!((&last["n"], &last["hash"]), (&all["log"]["ends_at"], &all["log"]["hash"]));
    let whole = world.chat.store().read(|record| Ok(verify(record, 1).is_ok())).await.unwrap();
    assert!(whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_out_who_does_not_answer_for_it() {
    let world = World::new().await;
    let to = tempfile::tempdir().unwrap();
    for (what, by, words) in [
        (Export::Account(world.mentee.id), "mentor1", "a mentor does not answer for exports"),
        (Export::Account(world.mentee.id), "nobody", "there is no account"),
        (Export::Conversation(ConversationId::from_bits(9)), "coordinator", "there is no such account or relationship"),
    ] {
        let said = export(&world.chat, what, by, to.path()).await.unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0);
}
