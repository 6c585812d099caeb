//! Who there is: three who converse, one who talks with a supervisor, two supervisors, and what their site has chosen.

use crate::random::Random;
use handrail_domain::conversation::{Conversation, ConversationState, Kind, Party};
use handrail_domain::filter::{Action, Actions, Rules, Source};
use handrail_domain::finding::{Category, Severity};
use handrail_domain::ids::{AccountId, ConversationId, SiteId};
use handrail_domain::people::{Account, Role, Site, SiteSettings, Targets};

/// What may be said, and how it is judged by [`rules`]: clear, clear, medium, high, urgent.
pub(crate) const WORDS: [&str; 5] = ["hello there", "see you at six", "some liquorice", "some sherbet", "some toffee"];

pub(crate) const ANA: u128 = 10;
/// A supervisor who is a party to one of the conversations.
pub(crate) const EVE: u128 = 11;
/// Who speaks in which conversation.
const PARTIES: [&[u128]; 3] = [&[1, 2], &[1, 3], &[4, EVE]];

pub(crate) fn rules() -> Rules {
    let toml = include_str!("../../../../tests/rules/sweets.toml").to_owned();
    Rules::compile(&[Source { name: "sweets.toml".into(), toml }]).unwrap()
}

pub(crate) fn who(bits: u128) -> AccountId {
    AccountId::from_bits(bits)
}

fn role(bits: u128) -> Role {
    match bits {
        ANA | EVE => Role::Supervisor,
        1 => Role::Mentor,
        _ => Role::Mentee,
    }
}

pub(crate) fn account(id: AccountId) -> Account {
    Account { id, site: site_id(), role: role(id.bits()), name: String::new(), disabled: false }
}

fn site_id() -> SiteId {
    SiteId::from_bits(1)
}

/// A site with what its people may have chosen.
pub(crate) fn site(random: &mut Random) -> Site {
    const MINUTE: i64 = 60_000;
    let two = Action { second_from: Some(Severity::Medium), ..Actions::usual(Category::Drugs) };
    let filter = if random.one_in(2) { Actions::default().with(Category::Drugs, two) } else { Actions::default() };
    let target = random.pick(&[MINUTE, 10 * MINUTE]);
    let settings = SiteSettings {
        undo_ms: random.pick(&[0, 5_000, 30_000]),
        consent: random.one_in(2),
        answer_ms: random.pick(&[MINUTE, 24 * 60 * MINUTE]),
        target_ms: Targets { low: target, medium: target, high: target, urgent: target / 2 },
        expire_after_ms: random.pick(&[None, None, Some(5 * MINUTE)]),
        filter,
        ..SiteSettings::default()
    };
    Site { id: site_id(), name: String::new(), settings }
}

pub(crate) fn conversations() -> impl Iterator<Item = Conversation> {
    (1..).zip(PARTIES).map(|(bits, parties)| {
        let party = |bits: &u128| Party {
            account: who(*bits),
            name: String::new(),
            role: role(*bits),
            read_seq: 0,
            to_read: false,
        };
        Conversation {
            id: ConversationId::from_bits(bits),
            site: site_id(),
            kind: Kind::Pair,
            state: ConversationState::Open,
            parties: parties.iter().map(party).collect(),
            last_seq: 0,
            sealed: None,
        }
    })
}

/// A conversation, and one of its parties.
pub(crate) fn speaker(random: &mut Random) -> (ConversationId, AccountId) {
    // Who knows no better speaks anywhere.
    let at = random.below(PARTIES.len());
    let from = if random.one_in(20) { random.pick(&[1, 2, 3, 4, ANA, EVE]) } else { random.pick(PARTIES[at]) };
    (ConversationId::from_bits(at as u128 + 1), who(from))
}
