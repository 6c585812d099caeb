//! Devices that are told when something waits, on either kind of record.

use super::{NOW, mentee, mentor, pair, people, say};
use crate::store::{Scope, Store};
use handrail_domain::event::Hash;
use handrail_domain::ids::AccountId;
use handrail_domain::push::{Device, Language, Quiet};
use handrail_domain::time::Timestamp;

fn device(number: u8, account: AccountId) -> Device {
    Device {
        session: [number; 32],
        account,
        endpoint: format!("https://push.example.org/{number}"),
        public_key: [number; 65],
        secret: [number; 16],
        origin: "https://chat.example.org".into(),
        language: if number.is_multiple_of(2) { Language::En } else { Language::Cy },
        quiet: (number % 2 == 1).then_some(Quiet { from: 1_320, to: 420, ahead: -60 }),
        told_at: (number % 2 == 1).then_some(NOW),
        tries: 0,
        urgent: false,
    }
}

async fn put(store: &Store, device: &Device) {
    let device = device.clone();
    store.write(Scope::Devices, move |tx| Ok(tx.put_device(&device, NOW)?)).await.unwrap();
}

async fn sessions(store: &Store, account: AccountId) -> Vec<Hash> {
    let devices = store.read(move |record| record.devices(account)).await.unwrap();
    devices.into_iter().map(|device| device.session).collect()
}

pub(super) async fn a_device_is_told_by_one_address_when_something_is_due_and_until_its_session_ends(store: Store) {
    people(&store).await;
    let all = [device(1, mentee()), device(2, mentee()), device(3, mentor())];
    for device in &all {
        put(&store, device).await;
    }
    let kept = store.read(|record| Ok([1, 2, 3].map(|number| record.device(&[number; 32]).unwrap().unwrap()))).await;
    assert_eq!(kept.unwrap(), all);

    // The first time that is set stays, until it is told.
    let later = NOW.plus_ms(100);
    let due = store.write(Scope::Devices, move |tx| {
        tx.set_device_due(&[1; 32], later)?;
        tx.set_device_due(&[1; 32], later.plus_ms(50))?;
        tx.set_device_due(&[3; 32], later.plus_ms(10))?;
        Ok((
            tx.devices_due(NOW, 9)?,
            tx.devices_due(later, 9)?,
            tx.devices_due(later.plus_ms(10), 1)?,
            tx.next_device_due()?,
        ))
    });
    let (none, one, bounded, next) = due.await.unwrap();
    assert_eq!((none.len(), one.len(), bounded.len(), next), (0, 1, 1, Some(later)));
    let tried = store.write(Scope::Devices, move |tx| {
        tx.set_device_tried(&one[0], Some(later), None, 2)?;
        Ok((tx.device(&[1; 32])?, tx.next_device_due()?))
    });
    let (tried, next) = tried.await.unwrap();
    assert_eq!(tried.map(|device| (device.told_at, device.tries)), Some((Some(later), 2)));
    assert_eq!(next, Some(later.plus_ms(10)));
    let came = store.write(Scope::Devices, |tx| {
        tx.nothing_due(mentor())?;
        tx.next_device_due().map_err(Into::into)
    });
    assert_eq!(came.await.unwrap(), None);

    // An address belongs to one session, and a session has one address.
    let moved = Device { session: [4; 32], ..device(2, mentor()) };
    put(&store, &moved).await;
    assert_eq!(sessions(&store, mentee()).await, [[1; 32]]);
    put(&store, &Device { endpoint: "https://push.example.org/new".into(), ..moved }).await;
    assert_eq!(sessions(&store, mentor()).await, [[3; 32], [4; 32]]);
    let ended = store.write(Scope::Devices, |tx| {
        tx.end_session(&[3; 32])?;
        tx.end_sessions(mentee())?;
        Ok(())
    });
    ended.await.unwrap();
    assert_eq!((sessions(&store, mentee()).await, sessions(&store, mentor()).await), (vec![], vec![[4; 32]]));
}

pub(super) async fn the_key_for_push_services_is_made_once(store: Store) {
    let keep = |key: &'static str| store.write(Scope::Devices, move |tx| Ok(tx.keep_push_key(key)?));
    assert_eq!(store.read(|record| record.push_key()).await.unwrap(), None);
    assert_eq!(keep("first").await.unwrap(), "first");
    assert_eq!(keep("second").await.unwrap(), "first");
    assert_eq!(store.read(|record| record.push_key()).await.unwrap().as_deref(), Some("first"));
}

pub(super) async fn what_is_unread_is_what_another_said_lately_and_nobody_has_read(store: Store) {
    people(&store).await;
    let unread =
        async |who: AccountId, since: Timestamp| store.read(move |record| record.has_unread(who, since)).await.unwrap();
    assert!(!unread(mentee(), Timestamp(0)).await);
    store.write(Scope::Conversation(pair()), |tx| say(tx, mentor(), "c1", false)).await.unwrap();
    assert!(unread(mentee(), Timestamp(0)).await);
    assert!(!unread(mentor(), Timestamp(0)).await, "one's own words are no news");
    assert!(!unread(mentee(), NOW.plus_ms(60_000)).await, "it came before that");
    store.write(Scope::Own, |tx| Ok(tx.set_read(pair(), mentee(), 1)?)).await.unwrap();
    assert!(!unread(mentee(), Timestamp(0)).await);
}
