//! What a story says of the filter: rules of its own, restricted terms, what a site chose, and what nobody is ever told.

use super::player::{Play, number, quoted};
use handrail::chat::RestrictionSpec;
use handrail::fresh;
use handrail_domain::filter::{Action, Rules, Source};
use handrail_domain::finding::{Category, Severity};
use handrail_domain::people::Role;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// Words that would tell a party why a message is held, as keys of a frame.
const WHY: &[&str] =
    &["findings", "rule", "rules", "category", "severity", "why", "excerpt", "evasion", "term", "restriction"];
/// Until when a restriction holds that a story does not end by itself.
const A_DAY_MS: i64 = 24 * 3_600 * 1_000;

/// The pack of `tests/rules` of that name, as the only rules.
pub(super) fn rules(name: &str) -> Arc<Rules> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(format!("{name}.toml"));
    let toml = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Arc::new(Rules::compile(&[Source { name: format!("{name}.toml"), toml }]).expect("rules of a story"))
}

/// What tells why in a frame: a key, or a word that names a rule or a category.
fn tells_why(frame: &Value) -> Option<String> {
    match frame {
        Value::Object(fields) => fields
            .iter()
            .find_map(|(key, value)| if WHY.contains(&key.as_str()) { Some(key.clone()) } else { tells_why(value) }),
        Value::Array(all) => all.iter().find_map(tells_why),
        Value::String(word) => {
            let named = word.starts_with("restricted") || word.starts_with("drift") || word.starts_with("signs.");
            named.then(|| word.clone())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

impl Play {
    /// What staff choose: restricted terms, and what the site does about findings.
    pub(super) async fn choose(&mut self, does: &[&str]) {
        match does {
            ["restrict", party, term] => self.restrict(party, quoted(term), A_DAY_MS).await,
            ["restrict", party, term, "for", ms, "ms"] => {
                self.restrict(party, quoted(term), number(ms) as i64).await;
            }
            ["unrestrict", _, term] => {
                let id = self.restricted[quoted(term)];
                self.world.chat.admin_end_restriction(id).await.expect("the restriction ends");
            }
            ["site", does, category, "from", severity] => {
                let severity = Severity::parse(severity).unwrap_or_else(|| panic!("{severity} is to be a severity"));
                let category = Category::parse(category).unwrap_or_else(|| panic!("{category} is to be a category"));
                let change: fn(Action, Severity) -> Action = match *does {
                    "holds" => |before, hold_from| Action { hold_from, ..before },
                    "rings" => |before, ring_from| Action { ring_from, ..before },
                    "helps" => |before, from| Action { help_from: Some(from), ..before },
                    "seconds" => |before, from| Action { second_from: Some(from), ..before },
                    _ => panic!("a site cannot {does:?}"),
                };
                let chosen = move |before| change(before, severity);
                let set = self.world.chat.admin_set_action(self.world.site, category, chosen).await;
                set.expect("the site chooses");
            }
            _ => panic!("nobody can {does:?}"),
        }
    }

    async fn restrict(&mut self, party: &str, term: &str, for_ms: i64) {
        let owner = self.meet("the office", Role::Coordinator).await;
        let spec = RestrictionSpec {
            conversation: self.pairs[party],
            term: term.to_owned(),
            reason: "The story restricts it".into(),
            owner: owner.name,
            until: fresh::now().plus_ms(for_ms),
        };
        let id = self.world.chat.admin_add_restriction(spec).await.expect("a restriction");
        self.restricted.insert(term.to_owned(), id);
    }

    /// Nothing that a device was ever told says why a message was held, or has those words in it.
    pub(super) async fn never_hear(&mut self, who: &str, what: &str) {
        let device = self.device(who);
        device.take_in().await;
        assert!(!device.heard.is_empty(), "{who} has heard nothing at all");
        for frame in &device.heard {
            match what {
                "why" => assert_eq!(tells_why(frame), None, "{who} heard why: {frame:#}"),
                words => {
                    let words = quoted(words).to_lowercase();
                    assert!(!frame.to_string().to_lowercase().contains(&words), "{who} heard {words:?}: {frame:#}");
                }
            }
        }
    }
}
