//! The library, on either kind of record.

use super::{NOW, mentor, people, site, supervisor};
use crate::store::{Scope, Store};
use handrail_domain::article::{ArticleState, Content, Kind, Topic, Version};
use handrail_domain::ids::{AccountId, ArticleId};
use handrail_domain::push::Language;
use std::collections::BTreeMap;

fn version(article: u128, number: u64, state: ArticleState, title: &str, author: AccountId) -> Version {
    let read = state == ArticleState::Published;
    Version {
        article: ArticleId::from_bits(article),
        site: site(),
        version: number,
        state,
        content: Content {
            kind: if article == 2 { Kind::Service } else { Kind::Article },
            topic: Topic::Work,
            language: Language::Cy,
            title: title.into(),
            body: "Geiriau â tô.".into(),
            phone: Some("116 123".into()),
            link: Some("https://example.org/".into()),
        },
        author: Some(author),
        changed_at: NOW,
        published_by: read.then_some(supervisor()),
        published_at: read.then_some(NOW),
        review_by: read.then_some(NOW.plus_ms(9)),
    }
}

pub(super) async fn an_article_is_read_in_one_version_and_written_in_one_and_the_others_stay(store: Store) {
    people(&store).await;
    let one = |number, state, title: &str| version(1, number, state, title, mentor());
    let (first, draft) = (one(1, ArticleState::Published, "First"), one(2, ArticleState::Draft, "Second"));
    let service = version(2, 1, ArticleState::Published, "A service", mentor());
    let put = [first.clone(), draft.clone(), service.clone()];
    let written = store.write(Scope::Everything, move |tx| {
        tx.add_article(ArticleId::from_bits(1), site(), true)?;
        tx.add_article(ArticleId::from_bits(2), site(), false)?;
        put.iter().try_for_each(|version| tx.put_version(version))?;
        Ok(tx.articles(site())?)
    });
    assert_eq!(written.await.unwrap(), 2);
    let id = ArticleId::from_bits(1);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let (to, none) = (words(&["to", "first"]), words(&["nothing"]));
    let found = store.read(move |record| {
        let library = record.library(site(), Some(Topic::Work), &[], 9)?;
        let searched = record.library(site(), None, &to, 9)?;
        let empty = record.library(site(), None, &none, 9)?;
        Ok((library, searched, empty, record.versions(id)?, record.shelves(site())?, record.crisis_articles(site())?))
    });
    let (library, searched, empty, versions, shelves, crisis) = found.await.unwrap();
    assert_eq!(library, [service.clone(), first.clone()], "services first");
    assert_eq!((searched, empty.len()), (vec![first.clone()], 0));
    assert_eq!(versions, [draft.clone(), first.clone()]);
    assert_eq!(shelves, [service, draft], "the newest of each");
    assert_eq!(crisis, std::slice::from_ref(&first));

    // The second is published: the first is archived. Nobody publishes their own, whatever the program says.
    let second = one(2, ArticleState::Published, "Second");
    let put = second.clone();
    store.write(Scope::Everything, move |tx| Ok(tx.put_version(&put)?)).await.unwrap();
    let versions = store.read(move |record| record.versions(id)).await.unwrap();
    assert_eq!(
        versions.iter().map(|version| version.state).collect::<Vec<_>>(),
        [ArticleState::Published, ArticleState::Archived]
    );
    assert_eq!(store.read(move |record| record.published(id)).await.unwrap(), Some(second));
    let own = version(1, 3, ArticleState::Published, "Third", supervisor());
    assert!(store.write(Scope::Everything, move |tx| Ok(tx.put_version(&own)?)).await.is_err());
    let twice = one(3, ArticleState::Draft, "Third");
    let and_again = one(4, ArticleState::InReview, "Fourth");
    let both = store.write(Scope::Everything, move |tx| {
        tx.put_version(&twice)?;
        Ok(tx.put_version(&and_again)?)
    });
    assert!(both.await.is_err(), "two are never written at once");
}

pub(super) async fn reads_of_articles_are_counted_by_day(store: Store) {
    people(&store).await;
    let id = ArticleId::from_bits(1);
    let counted = store.write(Scope::Everything, move |tx| {
        tx.add_article(id, site(), false)?;
        let reads = BTreeMap::from([(id, 2)]);
        tx.add_reads("2026-11-01", &reads)?;
        tx.add_reads("2026-11-02", &reads)?;
        tx.add_reads("2026-11-02", &reads)?;
        Ok((tx.reads(site(), "2026-11-02")?, tx.reads(site(), "2026-01-01")?, tx.reads(site(), "2026-11-03")?))
    });
    let (one, both, none) = counted.await.unwrap();
    assert_eq!((one.get(&id), both.get(&id), none.get(&id)), (Some(&4), Some(&6), None));
}
