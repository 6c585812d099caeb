use super::*;
use proptest::prelude::*;
use std::sync::Arc;

fn event(offset: Offset) -> Frame {
    format!("event {offset}").into()
}

fn live_from(cursor: Offset) -> Outbox {
    let outbox = Outbox::new();
    outbox.start(cursor);
    assert!(outbox.rejoin(None));
    outbox
}

fn written(outbox: &Outbox) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(Next::Frames(batch)) = outbox.try_next() {
        all.extend(batch.frames.iter().map(|frame| frame.to_string()));
    }
    all
}

fn site(bits: u128) -> SiteId {
    SiteId::from_bits(bits)
}

#[test]
fn an_outbox_sends_no_event_before_it_has_started() {
    let outbox = Outbox::new();
    outbox.push_event(1, event(1));
    assert_eq!(outbox.try_next(), None);
    outbox.push_control("err".into());
    assert_eq!(written(&outbox), ["err"]);
}

#[test]
fn a_welcome_goes_before_the_presence_that_was_told_while_it_was_made() {
    let outbox = Outbox::new();
    outbox.push_ephemeral("presence 1".into());
    outbox.push_ephemeral("presence 2".into());
    assert_eq!(outbox.try_next(), None);
    outbox.push_control("welcome".into());
    outbox.start(0);
    assert_eq!(written(&outbox), ["welcome", "presence 1", "presence 2"]);
}

#[test]
fn an_outbox_starts_by_reading_the_log_and_goes_live_only_when_nothing_is_missing() {
    let outbox = Outbox::new();
    outbox.start(4);
    assert_eq!(outbox.try_next(), Some(Next::CatchUp { after: 4 }));
    outbox.push_event(6, event(6));
    assert!(!outbox.rejoin(None), "5 and 6 are missing");
    outbox.caught_up_page(vec![(5, event(5)), (6, event(6))]).unwrap();
    assert!(outbox.rejoin(Some("live".into())));
    outbox.push_event(6, event(6));
    outbox.push_event(7, event(7));
    assert_eq!(written(&outbox), ["event 5", "event 6", "live", "event 7"]);
    assert_eq!(outbox.try_next(), None);
}

#[test]
fn an_event_after_a_gap_makes_it_lag_instead_of_being_sent() {
    let outbox = live_from(0);
    outbox.push_event(1, event(1));
    outbox.push_event(3, event(3));
    assert_eq!(written(&outbox), ["event 1"]);
    assert_eq!(outbox.lag(), Some(1));
    assert_eq!(outbox.caught_up_page(vec![(3, event(3))]), Err(Gap));
    outbox.caught_up_page(vec![(1, event(1)), (2, event(2)), (3, event(3))]).unwrap();
    assert!(outbox.rejoin(None));
    assert_eq!(written(&outbox), ["event 2", "event 3"]);
}

#[test]
fn too_many_events_make_it_lag_and_keep_its_memory() {
    let outbox = live_from(0);
    for offset in 1..=1_000 {
        outbox.push_event(offset, event(offset));
    }
    assert_eq!(outbox.lock().events.len(), EVENTS_MAX);
    assert_eq!(written(&outbox).len(), EVENTS_MAX);
    assert_eq!(outbox.try_next(), Some(Next::CatchUp { after: EVENTS_MAX as u64 }));
}

#[test]
fn too_many_bytes_make_it_lag() {
    let outbox = live_from(0);
    let large = "x".repeat(100 * 1024);
    for offset in 1..=3 {
        outbox.push_event(offset, large.as_str().into());
    }
    assert_eq!(outbox.cursor(), 2);
    assert!(!outbox.is_live());
}

#[test]
fn a_batch_is_bounded_and_has_answers_first() {
    let outbox = live_from(0);
    for offset in 1..=EVENTS_MAX as u64 {
        outbox.push_event(offset, event(offset));
    }
    outbox.push_control("pong".into());
    let Some(Next::Frames(batch)) = outbox.try_next() else { panic!("frames") };
    assert_eq!(batch.frames.len(), BATCH_FRAMES_MAX);
    assert_eq!(batch.frames[0], "pong");

    assert_eq!(written(&outbox), [format!("event {EVENTS_MAX}")]);
    let large = "x".repeat(40 * 1024);
    outbox.push_control(large.as_str().into());
    outbox.push_control(large.as_str().into());
    let Some(Next::Frames(batch)) = outbox.try_next() else { panic!("frames") };
    assert_eq!(batch.frames.len(), 1);
}

#[test]
fn presence_goes_first_when_there_is_no_room_and_a_client_that_never_reads_is_closed() {
    let outbox = Outbox::new();
    outbox.push_ephemeral("typing".into());
    for _ in 0..CONTROL_FRAMES_MAX {
        outbox.push_control("ok".into());
    }
    outbox.push_ephemeral("presence".into());
    assert_eq!(outbox.closed(), None);
    assert!(outbox.lock().control.iter().all(|waiting| waiting.frame == "ok"));
    outbox.push_control("one more".into());
    assert_eq!(outbox.closed(), Some(Close::Slow));
}

#[test]
fn a_full_queue_drops_frames_and_says_that_there_is_a_gap() {
    let outbox = live_from(0);
    outbox.watch(site(1), 10);
    outbox.push_queue(site(1), 10, "seen in the list".into());
    for offset in 11..=10 + QUEUE_FRAMES_MAX as u64 + 5 {
        outbox.push_queue(site(1), offset, format!("item {offset}").into());
    }
    let Some(Next::Frames(batch)) = outbox.try_next() else { panic!("frames") };
    assert_eq!(batch.frames[0], "item 11");
    assert_eq!(batch.frames.len(), QUEUE_FRAMES_MAX);
    assert!(batch.queue_gap);
    assert_eq!(outbox.queue_heads()[&site(1)], 10 + QUEUE_FRAMES_MAX as u64 + 5);
    outbox.push_control("ping".into());
    assert_eq!(outbox.try_next(), Some(Next::Frames(Batch { frames: vec!["ping".into()], queue_gap: false })));
}

#[test]
fn a_line_of_a_queue_that_could_not_be_read_is_a_gap_that_is_shown_at_once() {
    let outbox = live_from(0);
    outbox.watch(site(1), 10);
    outbox.miss_queue(site(1), 11);
    assert_eq!(outbox.try_next(), Some(Next::Frames(Batch { frames: Vec::new(), queue_gap: true })));
    assert_eq!(outbox.queue_heads()[&site(1)], 11);
}

#[test]
fn after_the_close_only_answers_go_out_and_the_first_reason_stays() {
    let outbox = live_from(0);
    outbox.push_event(1, event(1));
    outbox.push_queue(site(1), 1, "item".into());
    outbox.push_ephemeral("typing".into());
    outbox.push_control("ok".into());
    outbox.close(Close::SignedOut);
    outbox.close(Close::Normal);
    outbox.push_event(2, event(2));
    outbox.push_control("too late".into());
    assert_eq!(written(&outbox), ["ok"]);
    assert_eq!(outbox.try_next(), Some(Next::Closed(Close::SignedOut)));
}

#[derive(Debug, Clone)]
enum Step {
    /// The hub tells of the next events of the log.
    Deliver(u8),
    /// Events are in the log, and nobody told us: a hint was lost.
    Miss(u8),
    /// An event comes a second time.
    Again(u8),
    Ephemeral,
    /// The heartbeat reads the head of the log.
    Heed,
    /// The writer takes one batch, or reads one page of at most so many.
    Write(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_u8..90).prop_map(Step::Deliver),
        1 => (1_u8..5).prop_map(Step::Miss),
        1 => (0_u8..100).prop_map(Step::Again),
        1 => Just(Step::Ephemeral),
        1 => Just(Step::Heed),
        4 => (1_u8..100).prop_map(Step::Write),
    ];
    prop::collection::vec(step, 0..60)
}

/// One turn of a writer over a log that holds 1..=`log`. Returns whether there was anything to do.
fn write(outbox: &Outbox, log: Offset, page: u64, got: &mut Vec<String>) -> bool {
    match outbox.try_next() {
        Some(Next::Frames(batch)) => got.extend(batch.frames.iter().map(|frame| frame.to_string())),
        Some(Next::CatchUp { after }) => {
            let page = (after + 1..=log.min(after + page)).map(|offset| (offset, event(offset))).collect();
            outbox.caught_up_page(page).unwrap();
            outbox.rejoin(None);
        }
        Some(Next::Closed(why)) => panic!("closed: {why:?}"),
        None => return false,
    }
    true
}

proptest! {
    #[test]
    fn every_event_is_written_once_and_in_order(start in 0_u64..20, steps in steps()) {
        let outbox = Outbox::new();
        let (mut log, mut got) = (20_u64, Vec::new());
        outbox.start(start);
        for step in steps {
            match step {
                Step::Deliver(many) => for _ in 0..many {
                    log += 1;
                    outbox.push_event(log, event(log));
                },
                Step::Miss(many) => log += u64::from(many),
                Step::Again(back) => {
                    let offset = log.saturating_sub(u64::from(back)).max(1);
                    outbox.push_event(offset, event(offset));
                }
                Step::Ephemeral => outbox.push_ephemeral("typing".into()),
                Step::Heed => outbox.heed_head(log),
                Step::Write(page) => { write(&outbox, log, u64::from(page), &mut got); }
            }
            prop_assert!(outbox.lock().events.len() <= 100 + EVENTS_MAX);
        }
        outbox.heed_head(log);
        while write(&outbox, log, 100, &mut got) {}
        got.retain(|frame| frame != "typing");
        prop_assert_eq!(got, (start + 1..=log).map(|offset| format!("event {offset}")).collect::<Vec<_>>());
        prop_assert!(outbox.is_live());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_on_another_thread_misses_nothing() {
    const LAST: Offset = 20_000;
    let outbox = Arc::new(Outbox::new());
    let log = Arc::new(std::sync::atomic::AtomicU64::new(0));
    outbox.start(0);
    let (pusher, committed) = (outbox.clone(), log.clone());
    let hub = tokio::task::spawn_blocking(move || {
        for offset in 1..=LAST {
            committed.store(offset, std::sync::atomic::Ordering::SeqCst);
            pusher.push_event(offset, event(offset));
        }
    });
    let mut expected = 0;
    while expected < LAST {
        match outbox.next().await {
            Next::Frames(batch) => {
                for frame in batch.frames {
                    expected += 1;
                    assert_eq!(frame, event(expected));
                }
            }
            Next::CatchUp { after } => {
                let to = log.load(std::sync::atomic::Ordering::SeqCst).min(after + 100);
                outbox.caught_up_page((after + 1..=to).map(|n| (n, event(n))).collect()).unwrap();
                outbox.rejoin(None);
            }
            Next::Closed(why) => panic!("closed: {why:?}"),
        }
    }
    hub.await.unwrap();
}
