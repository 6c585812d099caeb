//! What a scheme writes down about itself: nobody is brought together without a basis, versions stay, and days on which they are looked at
//! again are reminded of.

use super::{Scheme, word};
use crate::world::{On, site_paper_answers};
use handrail_domain::event::What;
use handrail_domain::people::Role;
use handrail_domain::scheme::paper::PaperKind;
use serde_json::{Value, json};

const PATH: &str = "/api/site/papers";

fn basis(review: &str) -> Value {
    json!({"article_6": "public_task", "condition": "safeguarding_at_risk", "policy": "Shelf 3", "review": review})
}

async fn on_every_record(story: impl AsyncFn(Scheme)) {
    for on in [On::Local, On::Postgres] {
        story(Scheme::on(on).await).await;
    }
}

#[tokio::test]
async fn nobody_is_brought_together_where_the_basis_for_data_about_offences_is_not_written_down() {
    on_every_record(async |scheme| {
        let chat = &scheme.world.chat;
        let site = chat.admin_add_site("Newtown").await.expect("a site");
        let nora = scheme.world.person_at(site, "nora", Role::Coordinator).await;
        for (name, role) in [("mia", Role::Mentor), ("max", Role::Mentee)] {
            scheme.world.person_at(site, name, role).await;
        }
        let names = ["mia".to_owned(), "max".to_owned()];
        let refused = chat.admin_add_relationship(&names).await.expect_err("there is no basis");
        assert!(refused.to_string().contains("handrail site basis"), "{refused}");
        let begin = json!({"parties": [], "plan": {}});
        let answer = scheme.asks(&nora.token, "POST", "/api/relationships", &begin).await;
        assert_eq!((answer.status, answer.problem().as_str()), (409, "not_yet"), "{answer:?}");
        assert!(word(&answer.json()["detail"]).contains("Papers of the scheme"), "{answer:?}");

        let answers = site_paper_answers(PaperKind::Basis);
        chat.admin_write_site_paper(site, PaperKind::Basis, answers).await.expect("a basis");
        chat.admin_add_relationship(&names).await.expect("now they are a pair");
        let home = scheme.reads(&nora.token, "/api/home").await;
        let missing: Vec<_> =
            home["tasks"].as_array().expect("tasks").iter().filter(|task| task["kind"] == "site_paper").collect();
        assert_eq!(missing.len(), 4, "the assessments are still missing: {home}");
    })
    .await;
}

#[tokio::test]
async fn every_version_stays_and_whoever_has_not_read_the_newest_writes_none() {
    on_every_record(async |scheme| {
        let before = scheme.log("paper").await.len();
        let next = json!({"kind": "basis", "version": 1, "answers": basis("2099-06-01")});
        let written = scheme.does("POST", PATH, next.clone()).await;
        assert_eq!((&written["version"], word(&written["by"]["name"])), (&json!(2), "cora".into()));
        assert_eq!(scheme.is_refused("POST", PATH, next).await.0, "stale_version");
        let page = scheme.reads(&scheme.colin.token, PATH).await;
        let versions: Vec<_> =
            page["papers"].as_array().expect("papers").iter().filter(|paper| paper["kind"] == "basis").collect();
        assert_eq!(versions.iter().map(|paper| &paper["version"]).collect::<Vec<_>>(), [&json!(2), &json!(1)]);
        assert_eq!(versions[1]["answers"]["condition"], "counselling", "as it was");
        assert_eq!(page["forms"].as_array().map(Vec::len), Some(5));
        let lines = scheme.log("paper").await;
        assert_eq!(lines.len(), before + 1);
        let What::Paper { of, version, digest, .. } = &lines[before].what else { panic!("a paper") };
        assert_eq!(
            (*of, *version, digest.len(), lines[before].actor),
            (PaperKind::Basis, 2, 64, Some(scheme.cora.account))
        );
    })
    .await;
}

#[tokio::test]
async fn a_paper_is_reminded_of_thirty_days_before_it_must_be_looked_at_again() {
    let scheme = Scheme::on(On::Local).await;
    assert!(!scheme.tasks(&scheme.cora).await.contains(&"site_paper".to_owned()), "all are written, for long");
    let answers = json!({"found": "Likely: most are under 18.", "agreed_by": "The board", "review": "2020-01-01"});
    scheme.does("POST", PATH, json!({"kind": "childrens_access", "version": 1, "answers": answers})).await;
    let home = scheme.reads(&scheme.cora.token, "/api/home").await;
    let task =
        home["tasks"].as_array().expect("tasks").iter().find(|task| task["kind"] == "site_paper").expect("a task");
    assert_eq!(word(&task["about"]), "childrens_access");
    assert!(word(&task["at"]).starts_with("2020-01-01"), "{task}");
    assert!(
        !scheme.tasks(&scheme.sue).await.contains(&"site_paper".to_owned()),
        "a supervisor has no papers of the scheme"
    );
}

#[tokio::test]
async fn what_does_not_fit_a_form_of_the_scheme_is_told_what_to_do() {
    let scheme = Scheme::on(On::Local).await;
    let long = "x".repeat(2_001);
    for (kind, answers, advice) in [
        ("basis", json!({}), "this must be answered"),
        (
            "basis",
            json!({"article_6": "because", "condition": "counselling", "policy": "a", "review": "2099-01-01"}),
            "choose one of",
        ),
        (
            "measures",
            json!({"found": long, "agreed_by": "The board", "review": "2099-01-01"}),
            "at most 2000 characters",
        ),
        ("measures", json!({"found": "a", "agreed_by": "b", "review": "soon"}), "YYYY-MM-DD"),
        ("note", json!({"words": "About somebody"}), "on their page"),
    ] {
        let (problem, told) =
            scheme.is_refused("POST", PATH, json!({"kind": kind, "version": 1, "answers": answers})).await;
        assert!(problem == "bad_frame" && told.contains(advice), "{kind}: {told}");
    }
    let about = json!({"kind": "basis", "answers": basis("2099-01-01")});
    assert_eq!(scheme.is_refused("POST", "/api/papers", about).await.0, "bad_frame", "it is about nobody");
    let answer = scheme.asks(&scheme.sue.token, "GET", PATH, &Value::Null).await;
    assert_eq!(answer.status, 403);
}
