//! People and relationships out of a table, all of it or nothing; and first a dry run, which names each line that is not as it must be.

use super::people::{add, invite};
use super::relationships::begin;
use super::{Denied, Stopped};
use crate::chat::{Chat, Signed, admin};
use crate::store::Tx;
use handrail_domain::ids::AccountId;
use handrail_domain::people::{Account, Role};
use handrail_domain::policy::may_run;
use handrail_domain::refusal::Code;
use handrail_domain::scheme::paper::PaperKind;
use handrail_domain::wire::{BadLine, Import, Imported};
use std::collections::BTreeMap;

/// The most lines of one table.
const LINES_MAX: usize = 500;
/// The columns that a table may have; the first two must be there.
const COLUMNS: [&str; 9] =
    ["role", "name", "with", "purpose", "referrer", "why", "risks", "restrictions", "vetted_until"];

/// A line of the table.
struct Line {
    number: usize,
    cells: BTreeMap<&'static str, String>,
}

impl Line {
    fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

impl Chat {
    /// Takes people and relationships out of a table. With one bad line, and in a dry run, nothing is done.
    pub async fn import(&self, who: &Signed, import: Import) -> Result<Imported, Denied> {
        may_run(&who.account)?;
        let lines = lines(&import.csv)?;
        let by = who.account.clone();
        let dry = import.dry;
        let (tell, told) = std::sync::mpsc::channel();
        let done = self.scheme_act(move |tx| {
            let done = take(tx, &lines, &by)?;
            if dry || !done.problems.is_empty() {
                // Whoever asked may be gone; then nobody is told. What was tried is undone.
                let _ = tell.send(Imported { invited: Vec::new(), ..done });
                return Err(Denied::from(Code::NotYet).into());
            }
            Ok(done)
        });
        match done.await {
            Ok(done) => Ok(done),
            Err(denied) => told.try_recv().map_err(|_| denied),
        }
    }
}

fn lines(csv: &str) -> Result<Vec<Line>, Denied> {
    let bad = |advice: String| Denied::saying(Code::BadFrame, advice);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(csv.as_bytes());
    let heads = reader.headers().map_err(|_| bad("This is not a table with commas between its cells.".into()))?;
    let mut columns = Vec::new();
    for head in heads.iter() {
        let plain = head.trim_start_matches('\u{feff}').to_lowercase();
        let known = COLUMNS.into_iter().find(|column| *column == plain);
        columns.push(
            known.ok_or_else(|| bad(format!("There is no column \"{head}\"; there are: {}.", COLUMNS.join(", "))))?,
        );
    }
    if !columns.contains(&"role") || !columns.contains(&"name") {
        return Err(bad(format!(
            "The first line names the columns: role and name, and if you like {}.",
            COLUMNS[2..].join(", ")
        )));
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| bad(format!("Line {} is not as a table's line must be.", lines.len() + 2)))?;
        if lines.len() == LINES_MAX {
            return Err(bad(format!("A table has at most {LINES_MAX} lines. Cut it into several.")));
        }
        let number = record.position().map_or(lines.len() + 2, |at| usize::try_from(at.line()).unwrap_or(0));
        let cells = columns.iter().zip(record.iter()).map(|(column, cell)| (*column, cell.to_owned())).collect();
        lines.push(Line { number, cells });
    }
    Ok(lines)
}

/// Takes each line in turn, so that a line may name somebody of a line before it.
fn take(tx: &mut Tx<'_>, lines: &[Line], by: &Account) -> Result<Imported, Stopped> {
    let mut known: BTreeMap<String, AccountId> = BTreeMap::new();
    for row in tx.everybody(by.site)? {
        known.insert(row.account.name.to_lowercase(), row.account.id);
    }
    let mut done = Imported { people: 0, relationships: 0, problems: Vec::new(), invited: Vec::new() };
    for line in lines {
        match take_one(tx, line, &mut known, &mut done, by) {
            Ok(()) => (),
            Err(Stopped::Denied(denied)) => {
                let advice = denied.advice.unwrap_or_else(|| denied.refusal.code.advice().to_owned());
                done.problems.push(BadLine { line: line.number, advice });
            }
            Err(failed @ Stopped::Failed(_)) => return Err(failed),
        }
    }
    Ok(done)
}

fn take_one(
    tx: &mut Tx<'_>,
    line: &Line,
    known: &mut BTreeMap<String, AccountId>,
    done: &mut Imported,
    by: &Account,
) -> Result<(), Stopped> {
    let bad = |advice: String| Stopped::from(Denied::saying(Code::BadFrame, advice));
    let (name, role) = (line.cell("name"), Role::parse(line.cell("role")));
    let role = role.filter(|role| *role != Role::Operator);
    let role =
        role.ok_or_else(|| bad("The role is one of mentee, mentor, guest_officer, supervisor, coordinator.".into()))?;
    admin::good_name(name).map_err(Denied::from)?;
    if known.contains_key(&name.to_lowercase()) {
        return Err(bad(format!("There is somebody called \"{name}\" already. Give them another name.")));
    }
    let with = match line.cell("with") {
        "" => None,
        other => Some(known.get(&other.to_lowercase()).copied().ok_or_else(|| {
            bad(format!("There is nobody called \"{other}\" here or on a line above. Put them first."))
        })?),
    };
    let id = add(tx, by.site, role, name, Some(by.id))?;
    known.insert(name.to_lowercase(), id);
    write(tx, line, PaperKind::Referral, id, &["referrer", "why", "risks", "restrictions"], by)?;
    if !line.cell("vetted_until").is_empty() {
        let answers = [("what", "vetting"), ("until", line.cell("vetted_until"))];
        let answers = answers.map(|(field, word)| (field.to_owned(), word.to_owned().into()));
        super::papers::paper_about(tx, PaperKind::Check, id, answers.into(), by)?;
    }
    done.people += 1;
    if let Some(with) = with {
        let purpose = Some(line.cell("purpose")).filter(|words| !words.is_empty()).unwrap_or("Mentoring");
        let plan = [("form", "one_to_one"), ("purpose", purpose)];
        let plan = plan.map(|(field, word)| (field.to_owned(), word.to_owned().into()));
        begin(tx, &[id, with], plan.into(), by)?;
        done.relationships += 1;
    }
    let invited = invite(tx, id, by)?;
    done.invited.push(invited);
    Ok(())
}

/// Writes a paper of the columns that a line fills in, if it fills in any.
fn write(
    tx: &mut Tx<'_>,
    line: &Line,
    kind: PaperKind,
    id: AccountId,
    columns: &[&'static str],
    by: &Account,
) -> Result<(), Stopped> {
    let filled = columns.iter().filter(|column| !line.cell(column).is_empty());
    let answers: BTreeMap<_, _> =
        filled.map(|column| ((*column).to_owned(), line.cell(column).to_owned().into())).collect();
    if !answers.is_empty() {
        super::papers::paper_about(tx, kind, id, answers, by)?;
    }
    Ok(())
}
