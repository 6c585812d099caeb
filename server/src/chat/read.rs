//! Reading: who one is, one's conversations, history, and the feed from a cursor.

use super::rota::sharing;
use super::views::{conversation_view, frame_for, history_view};
use super::{Chat, Signed};
use crate::bus::Signal;
use crate::store::{Owner, Scope};
use handrail_domain::ids::{AccountId, ConversationId, Offset, Seq};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::rights::Right;
use handrail_domain::wire::{ConversationView, FromServer, HistoryPage, Me, Resume, Resumed, SharedQueue};

/// Messages on one page of history at most.
const PAGE_MAX: usize = 200;
/// Events on one page of a feed: what a connection reads at once while it catches up.
const FEED_PAGE: usize = 100;
/// The furthest a cursor may be behind the head; beyond it the client reads history instead.
pub const REPLAY_MAX: Offset = 10_000;

/// What a `hello` is answered with.
pub struct Arrival {
    /// Who one is.
    pub me: Me,
    /// One's conversations.
    pub conversations: Vec<ConversationView>,
    /// When the site's team is there, in the site's words.
    pub hours: Option<String>,
    /// The feed's end.
    pub head: Offset,
    /// The mark there.
    pub mark: String,
    /// How the feed goes on.
    pub resumed: Resumed,
    /// After which offset it does.
    pub cursor: Offset,
}

impl Chat {
    /// Who one is.
    pub fn me(&self, who: &Signed) -> Me {
        let account = &who.account;
        Me { id: account.id, name: account.name.clone(), role: account.role, site: account.site, shares: Vec::new() }
    }

    /// Everything that the first frame is answered with, from one state of the record.
    pub async fn arrive(&self, who: &Signed, resume: Option<Resume>) -> Result<Arrival, Refusal> {
        let (mut me, account, site, bus) = (self.me(who), who.account.id, who.account.site, self.bus.clone());
        let epoch = self.store.epoch().to_owned();
        self.read(move |record| {
            let owner = Owner::Account(account);
            let head = record.feed_head(owner)?;
            let mark = record.mark_at(owner, head)?.unwrap_or_default();
            let there = |who| bus.presence(who);
            let conversations = record.conversations_of(account)?;
            let conversations = conversations
                .iter()
                .map(|c| conversation_view(record, &there, c, account))
                .collect::<Result<_, _>>()?;
            let (resumed, cursor) = match resume {
                None => (Resumed::Live, head),
                Some(cursor) => {
                    let known = cursor.epoch == epoch
                        && cursor.offset <= head
                        && head - cursor.offset <= REPLAY_MAX
                        && record.mark_at(owner, cursor.offset)?.as_deref() == Some(&cursor.mark);
                    match (known, cursor.offset == head) {
                        (true, true) => (Resumed::Live, head),
                        (true, false) => (Resumed::Replay, cursor.offset),
                        (false, _) => (Resumed::Reset, head),
                    }
                }
            };
            if me.role.may(Right::Supervise) {
                let shares = sharing(record, site)?.into_iter();
                me.shares = shares.map(|site| SharedQueue { site: site.id, name: site.name }).collect();
            }
            let hours = record.site(site)?.and_then(|site| site.settings.hours);
            Ok(Arrival { me, conversations, hours, head, mark, resumed, cursor })
        })
        .await
    }

    /// A page of one's feed after an offset, as frames, oldest first.
    pub async fn feed(&self, account: AccountId, after: Offset) -> Result<Vec<(Offset, FromServer)>, Refusal> {
        let bus = self.bus.clone();
        self.read(move |record| {
            let there = |who| bus.presence(who);
            let page = record.feed_page(Owner::Account(account), after, FEED_PAGE)?;
            page.iter()
                .map(|entry| {
                    let frame = frame_for(record, &there, account, entry.offset, &entry.mark, &entry.event)?;
                    Ok((entry.offset, frame))
                })
                .collect()
        })
        .await
    }

    /// The end of one's feed, and the mark there.
    pub async fn head(&self, account: AccountId) -> Result<(Offset, String), Refusal> {
        self.read(move |record| {
            let owner = Owner::Account(account);
            let head = record.feed_head(owner)?;
            Ok((head, record.mark_at(owner, head)?.unwrap_or_default()))
        })
        .await
    }

    /// A page of delivered messages, newest first. To an outsider the conversation does not exist.
    pub async fn history(
        &self,
        who: &Signed,
        conversation: ConversationId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<HistoryPage, Refusal> {
        let account = who.account.id;
        let page = self
            .read(move |record| {
                let Some(head) = record.conversation(conversation)? else { return Ok(None) };
                if !head.has(account) {
                    return Ok(None);
                }
                let (messages, more) = record.history(conversation, before, limit.clamp(1, PAGE_MAX))?;
                Ok(Some(HistoryPage { messages: messages.into_iter().filter_map(history_view).collect(), more }))
            })
            .await?;
        page.ok_or_else(|| Code::NotFound.into())
    }

    /// Moves one's reading mark forward, and tells one's other devices.
    pub async fn mark_read(&self, who: &Signed, conversation: ConversationId, seq: Seq) -> Result<(), Refusal> {
        let account = who.account.id;
        let moved = self
            .write(Scope::Conversation(conversation), move |tx| Ok(tx.set_read(conversation, account, seq)?))
            .await?;
        if moved {
            self.bus.signal(Signal::Read { conversation, account, seq });
        }
        Ok(())
    }

    /// Tells the other parties that one writes. To an outsider's conversation nothing is told.
    pub fn typing(&self, who: &Signed, conversation: ConversationId, on: bool) {
        self.bus.signal(Signal::Typing { conversation, account: who.account.id, on });
    }
}
