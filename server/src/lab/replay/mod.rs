//! What another set of rules would have done with what was said: every message since a moment is judged again, as the live product
//! judges, and compared with what happened to it. It is handed what the record has and asks for nothing itself.

use super::report::one_line;
use super::table::{Table, columns};
use crate::store::Said;
use anyhow::anyhow;
use handrail_domain::filter::{
    Actions, DRIFT_MS_MAX, Restricted, Rules, Source, Verdict, WINDOW_MS_MAX, Window, judge,
};
use handrail_domain::finding::Category;
use handrail_domain::ids::{AccountId, ConversationId, MessageId, RestrictionId};
use handrail_domain::quarantine::OutcomeName;
use handrail_domain::restriction::Restriction;
use handrail_domain::score::{Judged, median_wait_ms};
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How many messages of each kind are listed.
const LISTED_MAX: usize = 20;

/// A set of rules that judges again. It keeps one window for each sender in each conversation.
pub struct Replay {
    rules: Rules,
    show_text: bool,
    places: HashMap<ConversationId, Place>,
    windows: HashMap<(ConversationId, AccountId), Spoken>,
    report: ReplayReport,
}

/// What holds in a conversation.
struct Place {
    restrictions: Vec<Restriction>,
    actions: Arc<Actions>,
    /// Which restrictions were in force last, ready to be looked for.
    last: (Vec<RestrictionId>, Arc<Restricted>),
}

/// A window, and what was restricted when it was used last.
struct Spoken {
    window: Window,
    restricted: Arc<Restricted>,
}

/// What the set would have done otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplayReport {
    /// Since when messages count.
    pub since: Timestamp,
    /// The version of the set.
    pub version: String,
    /// How many rules it has.
    pub rules: usize,
    /// How many messages were judged again.
    pub messages: usize,
    /// How many could not be: their text was erased.
    pub erased: usize,
    /// How many of those judged the filter had let pass.
    pub passed: usize,
    /// How many of them it had held.
    pub held: usize,
    /// What passed and would be held.
    pub newly_held: NewlyHeld,
    /// What was held and would pass.
    pub newly_passed: NewlyPassed,
    /// How many of the messages held since then a person decided on.
    pub decided: usize,
    /// The median time from hold to close of those; nothing if there are none.
    pub median_wait_ms: Option<i64>,
    /// What is newly held times that median.
    pub extra_minutes: Option<f64>,
}

/// What passed and would be held.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NewlyHeld {
    /// How many messages.
    pub messages: usize,
    /// How many of them each rule would hold.
    pub by_rule: BTreeMap<String, usize>,
    /// The first of them.
    pub listed: Vec<Listed>,
}

/// What was held and would pass.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NewlyPassed {
    /// How many messages.
    pub messages: usize,
    /// How many of them a person had released as they were.
    pub released: usize,
    /// How many a person had altered.
    pub altered: usize,
    /// How many a person had rejected.
    pub rejected: usize,
    /// How many a person had sent back to be said differently.
    pub rephrased: usize,
    /// How many still wait, were taken back, or expired.
    pub unsaid: usize,
    /// The first of them.
    pub listed: Vec<Listed>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    /// Its id.
    pub message: MessageId,
    /// When it was said.
    pub at: Timestamp,
    /// The rules that would hold it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// How it ended, if it was held and is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeName>,
    /// What was said, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Place {
    /// The restricted terms that the filter looked for at a moment.
    fn restricted(&mut self, at: Timestamp) -> anyhow::Result<Arc<Restricted>> {
        let in_force: Vec<&Restriction> =
            self.restrictions.iter().filter(|one| one.created_at <= at && one.in_force(at)).collect();
        let ids: Vec<RestrictionId> = in_force.iter().map(|one| one.id).collect();
        if self.last.0 != ids {
            let terms: Vec<_> = in_force.into_iter().map(Restriction::term).collect();
            let restricted = Restricted::new(&terms).map_err(|why| anyhow!("the restricted terms: {why}"))?;
            self.last = (ids, Arc::new(restricted));
        }
        Ok(self.last.1.clone())
    }
}

impl Replay {
    /// A set of rules about what was said since a moment.
    pub fn new(rules: Rules, since: Timestamp, show_text: bool) -> Self {
        let report = ReplayReport {
            since,
            version: rules.version().to_owned(),
            rules: rules.len(),
            messages: 0,
            erased: 0,
            passed: 0,
            held: 0,
            newly_held: NewlyHeld::default(),
            newly_passed: NewlyPassed::default(),
            decided: 0,
            median_wait_ms: None,
            extra_minutes: None,
        };
        Self { rules, show_text, places: HashMap::new(), windows: HashMap::new(), report }
    }

    /// From when on it must be handed messages, so that the windows are full when those that count come: a window's time, or as
    /// long as a sign of drift counts if the set gives any.
    pub fn begins(&self) -> Timestamp {
        let before = if self.rules.packs().iter().any(gives_signs) { DRIFT_MS_MAX } else { WINDOW_MS_MAX };
        self.report.since.plus_ms(-before)
    }

    /// Whether it knows what holds in a conversation.
    pub fn knows(&self, conversation: ConversationId) -> bool {
        self.places.contains_key(&conversation)
    }

    /// Learns what holds in a conversation: all its restrictions, over or not, and what its site does.
    pub fn learn(&mut self, conversation: ConversationId, restrictions: Vec<Restriction>, actions: Actions) {
        let place = Place { restrictions, actions: Arc::new(actions), last: Default::default() };
        self.places.insert(conversation, place);
    }

    /// Judges a message again. Messages come in the order of the record, each from a conversation that it knows.
    pub fn judge(&mut self, said: &Said) -> anyhow::Result<()> {
        let counts = said.at >= self.report.since;
        let Some(text) = &said.text else {
            self.report.erased += usize::from(counts);
            return Ok(());
        };
        let place = self.places.get_mut(&said.conversation);
        let place = place.ok_or_else(|| anyhow!("nothing is known of the relationship {}", said.conversation))?;
        let restricted = place.restricted(said.at)?;
        let actions = place.actions.clone();
        let spoken = self.windows.entry((said.conversation, said.from)).or_insert_with(|| Spoken {
            window: Window::new(said.role).with_actions(actions.clone()),
            restricted: Arc::default(),
        });
        if !Arc::ptr_eq(&spoken.restricted, &restricted) {
            spoken.window = spoken.window.clone().with_restricted(restricted.clone());
            spoken.restricted = restricted;
        }
        let verdict = judge_again(&self.rules, &mut spoken.window, said, text);
        if counts {
            self.report.count(said, &verdict, &actions, self.show_text);
        }
        Ok(())
    }

    /// What came of it, with what was held since then and how it ended.
    pub fn report(self, items: &[Judged]) -> ReplayReport {
        let median = median_wait_ms(items);
        let minutes = |ms: i64| ms as f64 * self.report.newly_held.messages as f64 / 60_000.0;
        ReplayReport {
            decided: items.iter().filter(|item| item.waited_ms().is_some()).count(),
            median_wait_ms: median,
            extra_minutes: median.map(minutes),
            ..self.report
        }
    }
}

/// Whether a rule of a pack gives signs of drift. The pack compiled, so that nothing here needs to be strict.
fn gives_signs(pack: &Source) -> bool {
    let pack: toml::Table = toml::from_str(&pack.toml).unwrap_or_default();
    let rules = pack.get("rule").and_then(toml::Value::as_array);
    rules.is_some_and(|rules| rules.iter().any(|rule| rule.get("drift").is_some()))
}

/// The judgement of the live product, window and signs included. A filter that fails holds.
fn judge_again(rules: &Rules, window: &mut Window, said: &Said, text: &Text) -> Verdict {
    window.expire(said.at);
    let verdict = catch_unwind(AssertUnwindSafe(|| judge(rules, window, text.clone())));
    let verdict = verdict.unwrap_or_else(|_| Verdict::failed(text.clone()));
    let signs = rules.signs(verdict.findings(), said.at);
    let told = verdict.findings().iter().any(|finding| finding.category == Category::Drift);
    window.push(said.message, text, said.at);
    window.note(&signs, told);
    verdict
}

impl ReplayReport {
    fn count(&mut self, said: &Said, verdict: &Verdict, actions: &Actions, show_text: bool) {
        self.messages += 1;
        if said.passed {
            self.passed += 1;
        } else {
            self.held += 1;
        }
        let holds = matches!(verdict, Verdict::Hold { .. });
        let text = || said.text.as_ref().filter(|_| show_text).map(|text| text.as_str().to_owned());
        let listed = |rules| Listed { message: said.message, at: said.at, rules, outcome: said.outcome, text: text() };
        if said.passed && holds {
            let findings = verdict.findings().iter();
            let holding = findings.filter(|finding| finding.severity >= actions.of(finding.category).hold_from);
            let mut rules: Vec<String> = holding.map(|finding| finding.rule.clone()).collect();
            rules.sort();
            rules.dedup();
            let newly = &mut self.newly_held;
            newly.messages += 1;
            rules.iter().for_each(|rule| *newly.by_rule.entry(rule.clone()).or_default() += 1);
            if newly.listed.len() < LISTED_MAX {
                newly.listed.push(listed(rules));
            }
        } else if !said.passed && !holds {
            let newly = &mut self.newly_passed;
            newly.messages += 1;
            *newly.of(said.outcome) += 1;
            if newly.listed.len() < LISTED_MAX {
                newly.listed.push(listed(Vec::new()));
            }
        }
    }

    /// The report for a person at a terminal.
    pub fn write(&self, out: &mut impl Write) -> anyhow::Result<()> {
        writeln!(
            out,
            "Rules {} ({} rules) over {} messages since {}.",
            self.version, self.rules, self.messages, self.since
        )?;
        if self.erased > 0 {
            writeln!(out, "{} more were erased and cannot be judged again.", self.erased)?;
        }
        writeln!(out, "What happened: {} passed, {} were held.\n", self.passed, self.held)?;
        let passed = &self.newly_passed;
        writeln!(out, "Newly held: {}", self.newly_held.messages)?;
        writeln!(
            out,
            "Newly passed: {}; of these a person had released {}, altered {}, rejected {}, sent back {}; nobody decided on {}",
            passed.messages, passed.released, passed.altered, passed.rejected, passed.rephrased, passed.unsaid
        )?;
        if !self.newly_held.by_rule.is_empty() {
            let mut table = Table::new(&columns("rule", &["newly held"]));
            let mut rules: Vec<_> = self.newly_held.by_rule.iter().collect();
            rules.sort_by_key(|(rule, count)| (std::cmp::Reverse(**count), *rule));
            rules.into_iter().for_each(|(rule, count)| table.row(vec![rule.clone(), count.to_string()]));
            write!(out, "\n{}", table.text())?;
        }
        writeln!(out, "\n{}", self.cost())?;
        list(out, "Newly held", self.newly_held.messages, &self.newly_held.listed)?;
        list(out, "Newly passed", passed.messages, &passed.listed)
    }

    /// What it asks of supervisors, in a sentence.
    fn cost(&self) -> String {
        let (newly, decided) = (self.newly_held.messages, self.decided);
        match (self.median_wait_ms, self.extra_minutes) {
            (Some(median), Some(minutes)) => format!(
                "Extra supervisor minutes: {minutes:.1} ({newly} newly held x a median of {:.1} minutes from hold to close, of {decided} decided since then).",
                median as f64 / 60_000.0
            ),
            (None, _) | (_, None) => format!(
                "Extra supervisor minutes: nothing was decided since then, so what {newly} newly held would take cannot be said."
            ),
        }
    }
}

impl NewlyPassed {
    fn of(&mut self, outcome: Option<OutcomeName>) -> &mut usize {
        match outcome {
            Some(OutcomeName::Released) => &mut self.released,
            Some(OutcomeName::Altered) => &mut self.altered,
            Some(OutcomeName::Rejected) => &mut self.rejected,
            Some(OutcomeName::Rephrase) => &mut self.rephrased,
            Some(OutcomeName::Withdrawn | OutcomeName::Expired) | None => &mut self.unsaid,
        }
    }
}

fn list(out: &mut impl Write, what: &str, all: usize, listed: &[Listed]) -> anyhow::Result<()> {
    if listed.is_empty() {
        return Ok(());
    }
    let shown = if all > listed.len() { format!(" (the first {} of {all})", listed.len()) } else { String::new() };
    writeln!(out, "\n{what}{shown}:")?;
    for one in listed {
        let outcome = one.outcome.map(|outcome| format!(", {}", outcome.as_str())).unwrap_or_default();
        let rules = if one.rules.is_empty() { String::new() } else { format!("  {}", one.rules.join(", ")) };
        writeln!(out, "  {}  {}{outcome}{rules}", one.message, one.at)?;
        if let Some(text) = &one.text {
            writeln!(out, "      {}", one_line(text))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
