//! The routes that run a scheme, each as everybody: who lacks the right is told so, who has it in another site finds nothing there.

use super::{Sites, absent};
use crate::process::http;
use handrail_domain::people::Role;
use handrail_domain::rights::Right;

/// Who may ask.
#[derive(Clone, Copy)]
enum Who {
    /// Everybody who is signed in.
    Everybody,
    /// Those who have a right.
    Have(Right),
    /// The parties of a relationship; to others it is not there.
    Parties,
}

/// What of: nothing in particular, a mentee of the site, a relationship of the site, or something that nobody has.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Nothing,
    Mentee,
    Relationship,
    Absent(&'static str),
}

use Of::{Absent, Mentee, Nothing, Relationship};
use Who::{Everybody, Have, Parties};

const RUN: Who = Have(Right::RunScheme);
const GLASS: Who = Have(Right::BreakGlass);
const PAPER: Of = Absent("p_AAAAAAAAAAAAAAAAAAAAAA");

/// Every route: method, address, who may ask, what of, what is sent, and the answer to those who may. What is sent changes nothing.
const TABLE: &[(&str, &str, Who, Of, &str, u16)] = &[
    ("GET", "/api/roles", Everybody, Nothing, "", 200),
    ("GET", "/api/forms", Everybody, Nothing, "", 200),
    ("GET", "/api/home", Have(Right::Oversee), Nothing, "", 200),
    ("GET", "/api/site", RUN, Nothing, "", 200),
    ("PUT", "/api/site", RUN, Nothing, "{}", 400),
    ("GET", "/api/site/papers", RUN, Nothing, "", 200),
    ("POST", "/api/site/papers", RUN, Nothing, "{}", 400),
    ("GET", "/api/people", RUN, Nothing, "", 200),
    ("POST", "/api/people", RUN, Nothing, "{}", 400),
    ("GET", "/api/people.csv", RUN, Nothing, "", 200),
    ("POST", "/api/people/import", RUN, Nothing, "{}", 400),
    ("GET", "/api/people/{id}", RUN, Mentee, "", 200),
    ("POST", "/api/people/{id}/invite", RUN, Mentee, r#"{"checked": "in person"}"#, 200),
    ("POST", "/api/people/{id}/suspend", RUN, Mentee, r#"{"reason": ""}"#, 400),
    ("POST", "/api/people/{id}/restore", RUN, Mentee, "", 204),
    ("POST", "/api/people/{id}/second-step", RUN, Mentee, r#"{"reason": "in person"}"#, 409),
    ("POST", "/api/people/{id}/glass", GLASS, Mentee, r#"{"reason": "to see who may"}"#, 204),
    ("POST", "/api/people/{id}/identity", GLASS, Mentee, "", 404),
    ("POST", "/api/glass/{id}/seen", GLASS, Absent("g_AAAAAAAAAAAAAAAAAAAAAA"), "", 404),
    ("POST", "/api/papers", Everybody, Nothing, "{}", 400),
    ("GET", "/api/papers/{id}", Everybody, PAPER, "", 404),
    ("PUT", "/api/papers/{id}", Everybody, PAPER, r#"{"version": 1, "answers": {}}"#, 404),
    ("POST", "/api/papers/{id}/{act}", Everybody, PAPER, r#"{"version": 1}"#, 404),
    ("GET", "/api/conversations/{id}/papers", Parties, Relationship, "", 200),
    ("POST", "/api/conversations/{id}/briefing", Parties, Relationship, r#"{"read": []}"#, 204),
    ("POST", "/api/messages/{id}/appeal", Everybody, Absent("m_AAAAAAAAAAAAAAAAAAAAAA"), "", 404),
    ("GET", "/api/feedback", Have(Right::ReadFeedback), Nothing, "", 200),
    ("GET", "/api/papers.csv", RUN, Nothing, "", 200),
    ("GET", "/api/relationships.csv", RUN, Nothing, "", 200),
    ("GET", "/api/relationships", RUN, Nothing, "", 200),
    ("POST", "/api/relationships", RUN, Nothing, "{}", 400),
    ("GET", "/api/relationships/{id}", RUN, Relationship, "", 200),
    ("POST", "/api/relationships/{id}/{act}", RUN, Relationship, r#"{"words": ""}"#, 204),
    ("GET", "/api/matches/{id}", RUN, Mentee, "", 200),
    ("GET", "/api/scheme", RUN, Nothing, "", 400),
    ("GET", "/api/scheme.csv", RUN, Nothing, "", 400),
];

/// The addresses of the table.
pub(super) fn routes() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(_, path, ..)| *path)
}

/// The role of a part in the play, and whether they are of the site that is asked about.
fn role(part: &str) -> (Role, bool) {
    let role = Role::ALL.into_iter().find(|role| part.ends_with(&role.as_str().replace('_', " ")));
    let elsewhere = matches!(part, "another supervisor" | "another coordinator");
    (role.unwrap_or_else(|| panic!("a role: {part}")), !elsewhere)
}

pub(super) async fn each_right_is_kept_to(sites: &Sites) {
    for (method, path, who, of, body, may) in TABLE {
        let own = match of {
            Nothing => String::new(),
            Mentee => sites.mentee.account.clone(),
            Relationship => sites.mentee.conversation.clone(),
            Absent(id) => (*id).to_owned(),
        };
        let act = if path.starts_with("/api/papers") { "sign" } else { "resume" };
        let address = |id: &str| path.replace("{id}", id).replace("{act}", act);
        for (part, token) in &sites.everybody {
            let want = match (*part, who) {
                ("nobody" | "a stranger", _) => 401,
                (_, Everybody) => *may,
                ("its mentee" | "its mentor", Parties) => *may,
                (_, Parties) => 404,
                (part, Have(right)) => match role(part) {
                    (role, _) if !role.may(*right) => 403,
                    (_, false) if matches!(of, Mentee | Relationship) => 404,
                    _ => *may,
                },
            };
            let (status, said) = http(sites.server.address, method, &address(&own), token, body).await;
            assert_eq!(status, want, "{method} {} as {part}: {said}", address(&own));
            if want == 404 && matches!(of, Mentee | Relationship) {
                let none = http(sites.server.address, method, &address(&absent(&own)), token, body).await;
                assert_eq!((status, said), none, "{method} {path} as {part}: what is foreign is absent");
            }
        }
    }
}
