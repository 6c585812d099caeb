//! `handrail filter` as people and pipes use it: a verdict for every line, in order, and the same judgement as the product's.

use crate::process::{command, run};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Output, Stdio};
use tempfile::TempDir;

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// What a test that plays the binary says before the first line.
const NAMED: &str = "test process::the_command_line_in_its_own_process ... ";

/// A line of an output if it is a JSON object. A test that plays the binary says things of its own before and between.
fn object(line: &str) -> Option<Value> {
    let line = line.strip_prefix(NAMED).unwrap_or(line);
    line.starts_with('{').then(|| serde_json::from_str(line).expect("JSON"))
}

fn objects(output: &Output) -> Vec<Value> {
    said(output).lines().filter_map(object).collect()
}

/// What `judge` answers to these lines.
fn judged(input: impl AsRef<[u8]>) -> Vec<Value> {
    let output = run(&["filter", "judge"], input);
    assert!(output.status.success(), "{}", complaint(&output));
    objects(&output)
}

/// What `judge` answers to one line.
fn judged_one(line: &Value) -> Value {
    let mut answers = judged(format!("{line}\n"));
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.remove(0)
}

fn stretch(text: &str, span: &Value) -> String {
    let at = |end: usize| span[end].as_u64().expect("a number") as usize;
    text.chars().skip(at(0)).take(at(1) - at(0)).collect()
}

fn arguments<'a>(before: &[&'a str], path: &'a Path) -> Vec<&'a str> {
    before.iter().copied().chain([path.to_str().expect("UTF-8")]).collect()
}

#[test]
fn every_line_gets_one_verdict_in_order_and_bad_ones_do_not_end_the_run() {
    let long = format!("{{\"id\":9,\"text\":\"{}\"}}\n", "x".repeat(1024 * 1024));
    let input = [
        b"{\"id\":1,\"text\":\"see you on Tuesday then\"}\n".to_vec(),
        b"{\"id\":\"two\",\"text\":\"my number is 07700 900123\",\"unknown\":{\"a\":[1]}}\r\n".to_vec(),
        b"not json at all\n".to_vec(),
        b"{\"id\":[4],\"text\":7}\n".to_vec(),
        b"{\"id\":5}\n".to_vec(),
        b"{\"id\":6,\"text\":\" \\u202e\\u0000 \"}\n".to_vec(),
        b"{\"id\":7,\"text\":\"caf\xE9\"}\n".to_vec(),
        b"\n".to_vec(),
        long.into_bytes(),
        b"[\"a list\"]\n".to_vec(),
        b"{\"id\":11,\"text\":\"half \\ud83d\"}\n".to_vec(),
        b"{\"text\":\"hello\",\"id\":null,\"ctx\":null,\"restricted\":null,\"role\":null}".to_vec(),
    ]
    .concat();
    let answers = judged(input);
    let short: Vec<_> =
        answers.iter().map(|answer| (answer["id"].clone(), answer["verdict"].as_str().unwrap())).collect();
    let error = "error";
    assert_eq!(
        short,
        [
            (json!(1), "deliver"),
            (json!("two"), "hold"),
            (json!(null), error),
            (json!([4]), error),
            (json!(5), error),
            (json!(6), error),
            (json!(7), error),
            (json!(null), error),
            (json!(null), error),
            (json!(null), error),
            (json!(11), error),
            (json!(null), "deliver"),
        ]
    );
    for answer in answers.iter().filter(|answer| answer["verdict"] == error) {
        assert!(answer["error"].as_str().unwrap().contains(": "), "what is wrong and what to do: {answer}");
    }
}

#[test]
fn a_verdict_names_severity_rule_category_place_and_time() {
    let text = "my number is 07700 900123";
    let answer = judged_one(&json!({ "text": text }));
    assert_eq!((&answer["verdict"], &answer["severity"]), (&json!("hold"), &answer["findings"][0]["severity"]));
    let phone = answer["findings"].as_array().unwrap().iter().find(|found| found["rule"] == "contact.phone").unwrap();
    assert_eq!((&phone["category"], &phone["span"]), (&json!("contact_phone"), &json!([13, 25])));
    assert!(answer["took_us"].is_u64(), "{answer}");
    let calm = judged_one(&json!({ "text": "see you on Tuesday then" }));
    assert_eq!((&calm["severity"], &calm["findings"]), (&json!(null), &json!([])));
}

#[test]
fn spans_count_code_points_of_the_text_as_it_was_sent() {
    let number = "07700\u{0} 900123";
    for before in ["", "  \r\n", "\u{202E}\u{2066}", "cafe\u{301} ", "a\r\nb\u{202A} e\u{301}\u{323} 👩\u{200D}🚀 "]
    {
        let text = format!("{before}{number}\u{2069} ok ");
        let answer = judged_one(&json!({ "text": text }));
        let spans = answer["findings"].as_array().unwrap().iter().map(|found| stretch(&text, &found["span"]));
        assert!(spans.clone().any(|at| at == number), "{text:?}: {:?}", spans.collect::<Vec<_>>());
    }
}

#[test]
fn earlier_messages_restricted_terms_and_the_role_are_those_of_the_line_alone() {
    let terms = ["Keisha Brannigan", "Hollins Park"];
    let lines = [
        json!({ "id": 1, "text": "900123", "ctx": ["my number is 07700"] }),
        json!({ "id": 2, "text": "900123" }),
        json!({ "id": 3, "text": "see you by hollins park", "restricted": terms }),
        json!({ "id": 4, "text": "see you by hollins park" }),
        json!({ "id": 5, "text": "hello", "restricted": ["Keisha Brannigan", "x"] }),
        json!({ "id": 6, "text": "hello", "ctx": "before" }),
        json!({ "id": 7, "text": "hello", "role": "guest_officer" }),
        json!({ "id": 8, "text": "hello", "role": "supervisor" }),
    ];
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let answers = judged(input);
    let verdicts: Vec<_> = answers.iter().map(|answer| answer["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["hold", "deliver", "hold", "deliver", "error", "error", "deliver", "error"]);
    assert_eq!(answers[2]["findings"][0]["rule"], "restricted.2");
    assert!(answers[4]["error"].as_str().unwrap().contains("term 2"), "{}", answers[4]);
}

#[test]
fn a_text_too_long_for_one_message_is_judged_to_its_end() {
    let text = format!("{}07700 900123", "we walked by the river. ".repeat(200));
    let answer = judged_one(&json!({ "text": text }));
    assert_eq!(answer["verdict"], "hold");
    assert_eq!(stretch(&text, &answer["findings"][0]["span"]), "07700 900123");
}

#[test]
fn whoever_waits_for_a_verdict_before_the_next_line_gets_it() {
    let mut child =
        command(&["filter", "judge"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut to = child.stdin.take().expect("its input");
    let mut from = BufReader::new(child.stdout.take().expect("its output")).lines();
    for id in 1..=3 {
        writeln!(to, "{}", json!({ "id": id, "text": "hello" })).expect("it reads");
        let answer = from.by_ref().find_map(|line| object(&line.expect("a line"))).expect("a verdict");
        assert_eq!(answer["id"], id);
    }
    drop(to);
    assert!(child.wait().expect("its end").success());
}

#[test]
fn test_says_why_a_text_is_held() {
    let output = run(&["filter", "test", "hmm 07700 900123"], "");
    let text = said(&output);
    assert!(output.status.success() && text.contains("HELD"), "{text}");
    assert!(text.contains("hmm 07700 900123\n    ^^^^^^^^^^^^\n"), "{text}");
    for word in ["contact.phone", "contact_phone", "code points 4 to 16", "\"07700 900123\"", "why", "median of 50"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let calm = said(&run(&["filter", "test", "see you on Tuesday then"], ""));
    assert!(calm.contains("DELIVERED") && calm.contains("No rule sees anything"), "{calm}");
}

#[test]
fn test_knows_what_was_said_before_and_answers_in_json() {
    let asked = ["filter", "test", "900123", "--before", "my number is 07700", "--as", "mentor", "--json"];
    let text = said(&run(&asked, ""));
    let json = &text[text.find("{\n").expect("JSON")..];
    let answer = serde_json::Deserializer::from_str(json).into_iter::<Value>().next().unwrap().expect("JSON");
    assert_eq!((&answer["verdict"], &answer["as"]), (&json!("hold"), &json!("mentor")));
    let found = &answer["findings"][0];
    let part = &found["parts"][0];
    assert!(
        part["message"] == 1 && stretch(part["text"].as_str().unwrap(), &part["span"]).ends_with("07700"),
        "{part}"
    );
    assert!(found["hidden"].as_array().unwrap().contains(&json!("split")), "{found}");
    assert!(answer["version"].as_str().unwrap().len() == 12 && answer["took_us"].is_f64(), "{answer}");
    let restricted = said(&run(&["filter", "test", "by hollins park", "--restricted", "Hollins Park"], ""));
    assert!(restricted.contains("restricted.1"), "{restricted}");
    let refused = run(&["filter", "test", "hello", "--as", "supervisor"], "");
    assert!(!refused.status.success() && complaint(&refused).contains("writes no messages"));
}

const PACK: &str = r#"[pack]
id = "money"
version = "1"
about = "A test."

[[rule]]
id = "money.tenner"
category = "money"
severity = "medium"
why = "Asks for money."
terms = ["tenner"]
hold = ["lend me a tenner"]
"#;

fn pack(toml: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("money.toml"), toml).expect("a pack");
    folder
}

#[test]
fn check_counts_packs_that_can_be_used() {
    let defaults = said(&run(&["filter", "check"], ""));
    assert!(defaults.contains("abuse.toml") && defaults.contains("Version "), "{defaults}");
    let folder = pack(PACK);
    let own = said(&run(&arguments(&["filter", "check", "--rules"], folder.path()), ""));
    assert!(own.contains("money.toml") && own.contains("1 examples kept") && !own.contains("abuse.toml"), "{own}");
}

#[test]
fn check_names_file_line_rule_and_reason_of_a_broken_pack() {
    for (broken, wanted) in [
        (PACK.replace("a tenner", "a fiver"), "money.toml:6: rule `money.tenner`: does not hold its example"),
        (PACK.replace("why = \"Asks for money.\"", "why = \"\""), "money.toml:6: rule `money.tenner`: `why` is empty"),
        (PACK.replace("terms", "words"), "money.toml:11: unknown field `words`"),
    ] {
        let folder = pack(&broken);
        for verb in ["check", "judge"] {
            let output = run(&arguments(&["filter", verb, "--rules"], folder.path()), "{\"text\":\"hello\"}\n");
            assert_eq!(output.status.code(), Some(1), "{verb}");
            assert!(complaint(&output).contains(wanted), "{verb}: {}", complaint(&output));
            assert!(objects(&output).is_empty(), "nothing is judged by broken rules");
        }
    }
    let absent = run(&["filter", "check", "--rules", "no-such-folder"], "");
    assert!(absent.status.code() == Some(1) && complaint(&absent).contains("no-such-folder"), "{}", complaint(&absent));
}

/// Rows whose verdicts under [`PACK`] are plain to see.
const ROWS: &str = r#"{"text":"a tenner please","hold":1,"cat":"money","tech":"none","span":[2,8],"kind":"pos"}
{"text":"a t3nner please","hold":1,"cat":"money","tech":"leet","span":[0,8],"kind":"pos"}
{"text":"nner please","ctx":["a te"],"hold":1,"cat":"money","tech":"split2","span":null}
{"text":"a pound please","hold":1,"cat":"money","tech":"mask"}
{"text":"a tenner is a singer","hold":0,"cat":"money","kind":"hard-neg","sub":"ident_nh"}
{"text":"hello","hold":0,"cat":"benign","kind":"hard-neg"}
{"text":"no more of this, tenner","hold":null,"cat":"selfharm","conv":"u1","sub":"Ideation"}
{"text":"hello","hold":null,"cat":"selfharm","conv":"u1","sub":"Ideation"}
{"text":"hello","hold":null,"cat":"selfharm","conv":"u2","sub":"Ideation"}
{"text":"","hold":0,"cat":"benign"}
not json
"#;

fn packed(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text.as_bytes()).and_then(|()| packer.finish()).expect("gzip")
}

/// A folder with the pack and the rows, and the arguments that evaluate them.
fn evaluated(rows: &[u8], more: &[&str]) -> Output {
    let folder = pack(PACK);
    // Its name says nothing of what it is.
    let file = folder.path().join("rows.dat");
    std::fs::write(&file, rows).expect("rows");
    let rules = folder.path().to_str().expect("UTF-8");
    run(&[&arguments(&["filter", "eval", "--rules", rules], &file)[..], more].concat(), "")
}

#[test]
fn eval_counts_the_rows_of_plain_and_packed_files_alike() {
    for rows in [ROWS.as_bytes().to_vec(), packed(ROWS), [packed(ROWS), packed("")].concat()] {
        let output = evaluated(&rows, &["--json"]);
        assert!(output.status.success(), "{}", complaint(&output));
        let all = objects(&output).remove(0);
        let file = &all["files"][0];
        assert_eq!((&file["file"], &file["all"]["rows"]), (&json!("rows.dat"), &json!(9)));
        let money = &file["categories"]["money"];
        let counts = ["rows", "held", "true_holds", "misses", "false_holds"].map(|key| money[key].as_u64().unwrap());
        assert_eq!(counts, [5, 4, 3, 1, 1]);
        assert_eq!((&money["recall"]["value"], &money["precision"]["value"]), (&json!(0.75), &json!(0.75)));
        assert_eq!(file["all"]["false_holds_per_1000"]["value"], 500.0);
        assert_eq!((&file["disguise"]["plain"]["held"], &file["disguise"]["evaded"]["rows"]), (&json!(1), &json!(3)));
        assert_eq!((&file["split"]["held"], &file["kinds"]["hard-neg"]["rows"]), (&json!(1), &json!(2)));
        assert_eq!((&file["subs"]["ident_nh"]["held"], &file["all"]["unlabelled"]["held"]), (&json!(1), &json!(1)));
        assert_eq!((&file["pointing"]["rows"], &file["pointing"]["mean"]), (&json!(2), &json!(0.875)));
        assert_eq!(file["categories"]["self_harm"]["rows"], 3, "the word of the sets is ours");
        assert_eq!(file["bad_lines"]["count"], 2);
        assert_eq!(
            (&file["bad_lines"]["first"][0]["line"], &file["bad_lines"]["first"][1]["line"]),
            (&json!(10), &json!(11))
        );
    }
}

#[test]
fn eval_tells_the_same_in_tables_and_lists_the_rows_that_were_asked_for() {
    let text = said(&evaluated(ROWS.as_bytes(), &["--misses", "--false-holds"]));
    for wanted in [
        "rows.dat: 9 rows",
        "2 lines could not be read",
        "line 11: the line is no JSON object",
        "75.0 (30.1-95.4)",
        "500.0 (94.5-905.5)",
        "span overlap (mean IoU) 0.875 over 2 held rows",
        "MISS line 4 money mask: a pound please",
        "FALSE HOLD line 5 money ident_nh: a tenner is a singer  <- money.tenner \"tenner\"",
    ] {
        assert!(text.contains(wanted), "{wanted}:\n{text}");
    }
    let quiet = said(&evaluated(ROWS.as_bytes(), &[]));
    assert!(!quiet.contains("pound"), "nobody's words unless they are asked for");
}

#[test]
fn eval_counts_people_where_it_is_asked_to() {
    let output = evaluated(ROWS.as_bytes(), &["--by", "conv", "--json"]);
    let all = objects(&output).remove(0);
    let people = &all["files"][0]["conversations"]["Ideation"];
    assert_eq!((&people["any_hold"]["held"], &people["any_hold"]["rows"]), (&json!(1), &json!(2)));
    assert_eq!(people["self_harm"]["held"], 0);
    let text = said(&evaluated(ROWS.as_bytes(), &["--by", "conv"]));
    assert!(text.contains("Ideation") && text.contains("50.0 (9.5-90.5)"), "{text}");
}

#[test]
fn eval_says_which_file_is_not_there_before_it_measures_any() {
    let output = run(&["filter", "eval", "no-such-file.jsonl"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint(&output).contains("no-such-file.jsonl"), "{}", complaint(&output));
    let broken = evaluated(&packed(&ROWS.repeat(50))[..100], &[]);
    assert!(broken.status.code() == Some(1) && complaint(&broken).contains("rows.dat"), "{}", complaint(&broken));
}
