//! Who takes part: the list that `handrail demo` writes as `demo-accounts.json`, read and checked. A token in it opens an
//! account, so nothing here is ever printed.

use crate::args::Part;
use crate::plan::Place;
use anyhow::{Context as _, bail, ensure};
use handrail_domain::ids::{AccountId, ConversationId, SiteId};
use handrail_domain::people::Role;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// One account of the file. Fields that a load test does not need are skipped.
#[derive(Deserialize)]
struct Entry {
    token: String,
    role: Role,
    account: AccountId,
    site: SiteId,
    #[serde(default)]
    conversations: Vec<Relationship>,
}

#[derive(Deserialize)]
struct Relationship {
    id: ConversationId,
}

/// Somebody who signs in with a token.
#[derive(Clone)]
pub(crate) struct Member {
    /// The account.
    pub(crate) account: AccountId,
    /// Its site.
    pub(crate) site: SiteId,
    /// What opens it.
    pub(crate) token: Arc<str>,
}

/// Everybody of a run.
#[derive(Clone)]
pub(crate) struct Cast {
    /// Mentors and mentees.
    pub(crate) people: Vec<Member>,
    /// The conversations between them.
    pub(crate) places: Vec<Place>,
    /// Supervisors of the sites of these conversations.
    pub(crate) supervisors: Vec<Member>,
    /// People of the file who take no part in these.
    pub(crate) spare: Vec<Member>,
}

/// The most parties of a conversation that the oracle can watch.
const PARTIES_MAX: usize = 8;

/// Reads the file, and picks the first `relationships` conversations, of these the generator's own `part`, and at each of their sites the
/// first `supervisors`.
pub(crate) fn cast(
    file: &Path,
    relationships: Option<usize>,
    supervisors: usize,
    part: Option<Part>,
) -> anyhow::Result<Cast> {
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("cannot read {}: give the demo-accounts.json of the server's data folder", file.display())
    })?;
    let entries: Vec<Entry> = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a list of accounts as `handrail demo` writes it", file.display()))?;
    pick(&entries, relationships, supervisors, part)
}

fn pick(
    entries: &[Entry],
    relationships: Option<usize>,
    supervisors: usize,
    part: Option<Part>,
) -> anyhow::Result<Cast> {
    let mut order: Vec<ConversationId> = Vec::new();
    let mut parties: HashMap<ConversationId, Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.role.converses()) {
        for relationship in &entry.conversations {
            let known = parties.entry(relationship.id).or_insert_with(|| {
                order.push(relationship.id);
                Vec::new()
            });
            known.push(at);
        }
    }
    order.retain(|id| (2..=PARTIES_MAX).contains(&parties[id].len()));
    let wanted = relationships.unwrap_or(order.len());
    ensure!(!order.is_empty(), "no account of the file has a conversation with another account of the file");
    if order.len() < wanted {
        bail!(
            "the accounts have {} relationships and {wanted} were asked for: lower --relationships, or start the server's demo with more",
            order.len()
        );
    }
    order.truncate(wanted);
    if let Some(Part { which, of }) = part {
        order = order.into_iter().skip(which as usize - 1).step_by(of as usize).collect();
        ensure!(!order.is_empty(), "there are fewer relationships than generators: share them among fewer");
    }
    let (mut people, mut places, mut person_of) = (Vec::new(), Vec::new(), HashMap::new());
    for id in order {
        let parties = parties[&id].iter().map(|at| {
            *person_of.entry(*at).or_insert_with(|| {
                people.push(member(&entries[*at]));
                people.len() - 1
            })
        });
        places.push(Place { id, parties: parties.collect() });
    }
    let staff = staff(entries, &people, supervisors)?;
    let spare = entries.iter().enumerate().filter(|(at, entry)| entry.role.converses() && !person_of.contains_key(at));
    let spare = spare.map(|(_, entry)| member(entry)).collect();
    Ok(Cast { people, places, supervisors: staff, spare })
}

fn staff(entries: &[Entry], people: &[Member], supervisors: usize) -> anyhow::Result<Vec<Member>> {
    let mut sites: Vec<SiteId> = people.iter().map(|member| member.site).collect();
    sites.sort_unstable();
    sites.dedup();
    let mut staff = Vec::new();
    for site in sites {
        let of_site = entries.iter().filter(|entry| entry.role == Role::Supervisor && entry.site == site);
        let picked: Vec<Member> = of_site.take(supervisors).map(member).collect();
        ensure!(
            picked.len() == supervisors,
            "a site has {} supervisors in the file and {supervisors} were asked for: lower --supervisors",
            picked.len()
        );
        staff.extend(picked);
    }
    Ok(staff)
}

fn member(entry: &Entry) -> Member {
    Member { account: entry.account, site: entry.site, token: entry.token.as_str().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(bits: u128, role: Role, conversations: &[u128]) -> Entry {
        Entry {
            token: format!("token-{bits}"),
            role,
            account: AccountId::from_bits(bits),
            site: SiteId::from_bits(1),
            conversations: conversations.iter().map(|id| Relationship { id: ConversationId::from_bits(*id) }).collect(),
        }
    }

    fn town() -> Vec<Entry> {
        vec![
            entry(1, Role::Mentor, &[10, 11]),
            entry(2, Role::Mentee, &[10]),
            entry(3, Role::Mentee, &[11]),
            entry(4, Role::Mentee, &[12]),
            entry(5, Role::Supervisor, &[]),
            entry(6, Role::Supervisor, &[]),
            entry(7, Role::Coordinator, &[]),
        ]
    }

    #[test]
    fn a_mentor_of_two_is_one_person_in_two_conversations() {
        let cast = pick(&town(), None, 2, None).unwrap();
        assert_eq!(cast.people.len(), 3);
        let parties: Vec<_> = cast.places.iter().map(|place| place.parties.clone()).collect();
        assert_eq!(parties, [vec![0, 1], vec![0, 2]], "a conversation with one known party takes no part");
        assert_eq!(cast.supervisors.len(), 2);
    }

    #[test]
    fn generators_that_share_a_run_have_every_relationship_once() {
        let part = |which| pick(&town(), None, 0, Some(Part { which, of: 2 })).unwrap();
        let ids: Vec<_> = [1, 2].into_iter().flat_map(|which| part(which).places).map(|place| place.id).collect();
        assert_eq!(ids, [ConversationId::from_bits(10), ConversationId::from_bits(11)]);
        assert!(pick(&town(), None, 0, Some(Part { which: 3, of: 3 })).is_err());
    }

    #[test]
    fn too_few_of_anything_is_said() {
        let few = pick(&town(), Some(3), 2, None).err().unwrap().to_string();
        assert!(few.contains("have 2 relationships and 3 were asked for"), "{few}");
        let few = pick(&town(), Some(1), 3, None).err().unwrap().to_string();
        assert!(few.contains("lower --supervisors"), "{few}");
        assert!(pick(&town()[4..], None, 0, None).is_err());
    }

    #[test]
    fn the_file_is_read_with_fields_that_are_not_needed() {
        let text = r#"[{"username":"u","password":"p","token":"t","role":"mentee","account":"a_AAAAAAAAAAAAAAAAAAAAAA",
            "site":"s_AAAAAAAAAAAAAAAAAAAAAA","conversations":[{"id":"c_AAAAAAAAAAAAAAAAAAAAAA","with":"x"}]}]"#;
        let entries: Vec<Entry> = serde_json::from_str(text).unwrap();
        assert_eq!(entries[0].conversations.len(), 1);
    }
}
