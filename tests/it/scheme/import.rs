//! People and relationships out of a table.

use super::Scheme;
use crate::world::On;
use serde_json::{Value, json};

const TABLE: &str = "role,name,with,purpose,referrer,why,risks,restrictions,vetted_until\n\
    mentor,Alex,,,,,,,2099-01-01\n\
    mentee,Robin,Alex,\"Find work, and keep it\",YOT,Leaves school,None,None,\n\
    mentee,Remy,,,YOT,Leaves care,None,None,\n";

async fn a_table(on: On) {
    let scheme = Scheme::on(on).await;
    let import = |csv: &str, dry: bool| json!({"csv": csv, "dry": dry});
    let dry = scheme.does("POST", "/api/people/import", import(TABLE, true)).await;
    assert_eq!((&dry["people"], &dry["relationships"], &dry["problems"]), (&json!(3), &json!(1), &json!([])));
    assert_eq!(dry["invited"], json!([]));
    assert_eq!(names(&scheme).await, ["colin", "cora", "sue"], "a dry run does nothing");

    let done = scheme.does("POST", "/api/people/import", import(TABLE, false)).await;
    assert_eq!(done["invited"].as_array().unwrap().len(), 3);
    assert_eq!(names(&scheme).await, ["Alex", "colin", "cora", "Remy", "Robin", "sue"]);
    let code = done["invited"][1]["code"].as_str().unwrap();
    scheme.joins("robin", code).await;
    let again = scheme.does("POST", "/api/people/import", import(TABLE, false)).await;
    assert_eq!(again["problems"].as_array().unwrap().len(), 3, "they are there already");
    assert_eq!((names(&scheme).await.len(), &again["invited"]), (6, &json!([])), "with one bad line nothing is done");
    let csv = scheme.asks(&scheme.cora.token, "GET", "/api/people.csv", &Value::Null).await;
    assert!(csv.body.contains(",mentee,Robin,active,1,"), "{csv:?}");
    scheme.world.is_whole().await;
}

async fn names(scheme: &Scheme) -> Vec<String> {
    let page = scheme.reads(&scheme.cora.token, "/api/people").await;
    page["people"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_people_is_tried_first_and_taken_whole_or_not_at_all() {
    a_table(On::Local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_people_is_taken_on_a_database_server() {
    a_table(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_line_is_named_with_what_to_do() {
    let scheme = Scheme::on(On::Local).await;
    let table = "role,name,with,vetted_until\n\
        operator,Op,,\n\
        mentor,,,\n\
        mentor,Alex,,soon\n\
        mentee,Robin,Nobody,\n\
        mentor,Cora,,\n\
        mentor,\"two\nlines\",,\n\
        mentor,Fine,,2099-01-01\n";
    let done = scheme.does("POST", "/api/people/import", json!({"csv": table, "dry": true})).await;
    let problems: Vec<(u64, String)> = done["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["line"].as_u64().unwrap(), one["advice"].as_str().unwrap().to_owned()))
        .collect();
    let lines: Vec<u64> = problems.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7], "{problems:?}");
    for (at, part) in
        [(0, "one of mentee"), (1, "1 to 80"), (2, "YYYY-MM-DD"), (3, "nobody called"), (4, "already"), (5, "one line")]
    {
        assert!(problems[at].1.contains(part), "{part}: {problems:?}");
    }
    for bad in ["", "name\nAlex\n", "role,name,shoe\nmentor,Alex,9\n"] {
        let (problem, advice) = scheme.is_refused("POST", "/api/people/import", json!({"csv": bad, "dry": true})).await;
        assert!(problem == "bad_frame" && advice.contains("column"), "{bad:?}: {advice}");
    }
}
