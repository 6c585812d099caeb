//! Words that go, words that must stay, and a log that can be checked after both.

use super::world::{HELD, World, open};
use crate::chat::HoldSpec;
use crate::fresh;
use crate::records::verify;
use crate::store::Scope;
use handrail_domain::conversation::ConversationState;
use handrail_domain::erasure::Extent;
use handrail_domain::event::{HoldAct, What};
use handrail_domain::ids::MessageId;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{DecisionBody, Reason};
use std::path::Path;

const DAY_MS: i64 = 86_400_000;

/// Whether these words are in any byte of any file there.
fn lies_there(folder: &Path, words: &str) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(words.len()).any(|part| part == words.as_bytes()))
}

async fn is_whole(world: &World) {
    let checked = world.chat.store().read(|record| Ok(verify(record, 1).map(|audit| audit.lines()))).await.unwrap();
    assert!(checked.is_ok(), "{checked:?}");
}

async fn log(world: &World) -> Vec<What> {
    let lines = world.chat.store().read(|record| record.log_page(0, 100_000)).await.unwrap();
    lines.into_iter().map(|line| line.event.what).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn erased_words_are_in_no_byte_of_the_data_folder_and_the_log_is_whole() {
    let world = World::with_past().await;
    let secrets = [
        "how was the week",
        "quiet and wet",
        HELD,
        "a fish two",
        "Softer words.",
        "For us.",
        "Not here.",
        "see you on Friday",
    ];
    // Enough of it that pages are split and rewritten.
    let mentee = world.mentee.clone();
    for n in 0..300 {
        let sent = world.say(&mentee, &format!("{HELD} number {n} and some more words to fill a page with")).await;
        if n % 3 == 0 {
            let note = format!("Softer words. {n}");
            world
                .decide(
                    &sent,
                    DecisionBody::Alter {
                        text: format!("a fish two {n}"),
                        reason: Reason::Other,
                        note: Some(note),
                        log: None,
                    },
                )
                .await;
        } else {
            world
                .decide(
                    &sent,
                    DecisionBody::Reject {
                        reason: Reason::Other,
                        note: format!("Not here. {n}"),
                        log: Some("For us.".into()),
                    },
                )
                .await;
        }
    }
    for secret in secrets {
        assert!(lies_there(world.path(), secret), "{secret} was written");
    }
    let erased = world.chat.admin_erase(Extent::Conversation(world.pair), "coordinator", "They asked.").await.unwrap();
    assert_eq!((erased.messages, erased.items, erased.scrubbed), (307, 304, true));
    for secret in secrets {
        assert!(!lies_there(world.path(), secret), "{secret} still lies there");
    }
    is_whole(&world).await;
    let (page, _) = world
        .chat
        .store()
        .read({
            let pair = world.pair;
            move |record| record.history(pair, None, 1)
        })
        .await
        .unwrap();
    assert_eq!(page[0].text.as_str(), "[erased]");
    let again = world.chat.admin_erase(Extent::Conversation(world.pair), "coordinator", "Again.").await.unwrap();
    assert_eq!((again.messages, again.items), (0, 0), "doing it again finds nothing");
    is_whole(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_or_one_person_is_erased_and_nobody_else() {
    let world = World::with_past().await;
    let message = world.say(&world.mentor.clone(), "only this one").await.message;
    let erased = world.chat.admin_erase(Extent::Message(message), "supervisor1", "Wrong window.").await.unwrap();
    assert_eq!((erased.messages, erased.items), (1, 0));
    assert!(!lies_there(world.path(), "only this one") && lies_there(world.path(), "how was the week"));
    let erased = world.chat.admin_erase(Extent::Account(world.mentee.id), "coordinator", "They asked.").await.unwrap();
    assert_eq!((erased.messages, erased.items, erased.name), (5, 4, false));
    assert!(!lies_there(world.path(), HELD) && lies_there(world.path(), "see you on Friday"));
    world.chat.admin_disable("mentee1", true).await.unwrap();
    let erased =
        world.chat.admin_erase(Extent::Account(world.mentee.id), "coordinator", "The name too.").await.unwrap();
    assert_eq!((erased.messages, erased.name), (0, true));
    assert!(!lies_there(world.path(), "mentee1 Quill") && lies_there(world.path(), "mentor1 Quill"));
    is_whole(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_erased_that_somebody_must_still_decide_on_or_that_nobody_answers_for() {
    let world = World::with_past().await;
    let refused = async |extent, by: &str, reason: &str, words: &str| {
        let said = world.chat.admin_erase(extent, by, reason).await.unwrap_err().0;
        assert!(said.contains(words), "{said}");
    };
    let pair = Extent::Conversation(world.pair);
    refused(pair, "mentor1", "Why not.", "a mentor does not answer for erasures").await;
    refused(pair, "nobody", "Why not.", "there is no account").await;
    refused(pair, "coordinator", "  ", "a reason has").await;
    refused(Extent::Message(MessageId::from_bits(7)), "coordinator", "Why not.", "there is no message").await;
    let open = world.say(&world.mentee.clone(), "zebrafish, still open").await.message;
    for extent in [pair, Extent::Account(world.mentee.id), Extent::Message(open)] {
        refused(extent, "coordinator", "They asked.", "still waits for a decision").await;
    }
    assert!(lies_there(world.path(), "quiet and wet"));
    is_whole(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legal_hold_keeps_words_until_two_people_end_it_and_the_log_says_who_tried() {
    let world = World::with_past().await;
    let spec = |by: &str, agreed: &str| HoldSpec {
        conversation: world.pair,
        reason: "Inquest".into(),
        by: by.into(),
        agreed: agreed.into(),
        until: fresh::now().plus_ms(DAY_MS),
    };
    for (by, agreed, words) in
        [("supervisor1", "supervisor1", "two people"), ("supervisor1", "mentor1", "a mentor does not answer")]
    {
        let said = world.chat.admin_add_hold(spec(by, agreed)).await.unwrap_err().0;
        assert!(said.contains(words), "{said}");
    }
    let hold = world.chat.admin_add_hold(spec("supervisor1", "coordinator")).await.unwrap();
    for extent in [Extent::Conversation(world.pair), Extent::Account(world.mentor.id)] {
        let said = world.chat.admin_erase(extent, "coordinator", "They asked.").await.unwrap_err().0;
        assert!(said.contains("legal hold") && said.contains(&hold.to_string()), "{said}");
    }
    assert!(lies_there(world.path(), "quiet and wet"));
    let refusals =
        log(&world).await.into_iter().filter(|what| matches!(what, What::LegalHold { act: HoldAct::Refuse, .. }));
    assert_eq!(refusals.count(), 2);
    assert!(world.chat.admin_end_hold(hold, "coordinator", "coordinator").await.is_err(), "one person does not end it");
    world.chat.admin_end_hold(hold, "coordinator", "supervisor2").await.unwrap();
    assert!(world.chat.admin_end_hold(hold, "coordinator", "supervisor2").await.is_err(), "it is over");
    let erased = world.chat.admin_erase(Extent::Conversation(world.pair), "coordinator", "They asked.").await.unwrap();
    assert_eq!(erased.messages, 7);
    is_whole(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_go_when_their_sites_time_is_over_once_and_not_under_a_hold() {
    let world = World::with_past().await;
    let chat = &world.chat;
    let now = fresh::now();
    let after = |days: i64| Timestamp(now.0 + days * DAY_MS);
    assert_eq!(chat.erase_due(after(10_000)).await.unwrap(), 0, "a relationship that goes on keeps its words");
    chat.admin_set_relationship(world.pair, ConversationState::Ended).await.unwrap();
    assert_eq!(chat.erase_due(after(364)).await.unwrap(), 0, "twelve months unless a site says otherwise");
    chat.admin_set_retention(world.site, None).await.unwrap();
    assert_eq!(chat.erase_due(after(10_000)).await.unwrap(), 0, "never is never");
    chat.admin_set_retention(world.site, Some(30)).await.unwrap();
    let spec = HoldSpec {
        conversation: world.pair,
        reason: "Inquest".into(),
        by: "supervisor1".into(),
        agreed: "supervisor2".into(),
        until: after(90),
    };
    chat.admin_add_hold(spec).await.unwrap();
    assert_eq!(chat.erase_due(after(60)).await.unwrap(), 0, "a hold comes first");
    assert!(lies_there(world.path(), "quiet and wet"));
    assert_eq!(chat.erase_due(after(91)).await.unwrap(), 1);
    assert!(!lies_there(world.path(), "quiet and wet") && !lies_there(world.path(), HELD));
    assert_eq!(chat.erase_due(after(92)).await.unwrap(), 0, "once is enough");
    is_whole(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_was_cut_off_goes_on_where_it_stopped() {
    let world = World::with_past().await;
    let by = world.coordinator.id;
    // As a crash after the first step leaves it: begun, with one message done and the log's line for it.
    let site = world.site;
    let conversation = world.pair;
    let begun = world.chat.store().write(Scope::Everything, move |tx| {
        use handrail_domain::erasure::{Erasure, Why};
        use handrail_domain::event::Event;
        use handrail_domain::ids::ErasureId;
        let id = ErasureId::from_bits(1);
        let why = Why::Asked { by, reason: "They asked.".into() };
        tx.add_erasure(&Erasure {
            id,
            extent: Extent::Conversation(conversation),
            why,
            asked_at: Timestamp(1),
            done_at: None,
        })?;
        let one = tx.erasable(Extent::Conversation(conversation), 1)?.remove(0);
        tx.erase_message(&one)?;
        let what = What::Erased { erasure: id, messages: 1, items: 0 };
        let (at, message, actor, accounts, queue) = (Timestamp(1), None, Some(by), Vec::new(), false);
        Ok(tx.append(Event { at, site, conversation: Some(conversation), message, actor, accounts, queue, what })?)
    });
    begun.await.unwrap();
    is_whole(&world).await;
    let restarted = open(world.path());
    assert_eq!(restarted.erase_due(fresh::now()).await.unwrap(), 1);
    assert!(!lies_there(world.path(), HELD) && !lies_there(world.path(), "see you on Friday"));
    is_whole(&world).await;
}
