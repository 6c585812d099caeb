//! Seals: one command pauses a relationship, keeps its words and names the two of staff who read it from then on. To break it takes two again.

use super::admin::{AdminError, event, set_state};
use super::hold::noted;
use super::{Chat, HoldSpec};
use crate::fresh;
use crate::store::{Failure, Scope, Tx};
use handrail_domain::conversation::{Conversation, ConversationState};
use handrail_domain::erasure::{Hold, may_answer};
use handrail_domain::event::{ConversationAct, Event, HoldAct, What};
use handrail_domain::ids::{AccountId, ConversationId};
use handrail_domain::refusal::Code;
use handrail_domain::rights::Right;
use handrail_domain::seal::{Seal, Sealed, reference};

const NOT_SEALED: &str = "there is no seal on this relationship; `handrail seal list` names those that are sealed";

impl Chat {
    /// Seals a relationship: nobody writes there, its words are kept until the day that `spec` names, and the two alone read it.
    pub async fn admin_seal(&self, spec: HoldSpec) -> Result<Seal, AdminError> {
        let two = [self.admin_account(&spec.by).await?, self.admin_account(&spec.agreed).await?];
        if !two.iter().any(|one| one.role.may(Right::Supervise)) {
            let advice = "one of the two must be a supervisor, who can still decide on what waits there; name one";
            return Err(AdminError(advice.into()));
        }
        let (hold, _site) = self.hold_of(spec).await?;
        let seal = Seal {
            conversation: hold.conversation,
            at: hold.created_at,
            sealed: Sealed { by: hold.by, agreed: hold.agreed },
            reason: hold.reason.clone(),
            hold: hold.id,
            sent: None,
            ended_at: None,
        };
        let begun = seal.clone();
        match self.write(Scope::Everything, move |tx| begin(tx, &hold, &begun)).await? {
            true => Ok(seal),
            false => Err(AdminError("this relationship is sealed already; `handrail seal list` says by whom".into())),
        }
    }

    /// Every seal, with the sign-in names of the two who read it.
    pub async fn admin_seals(&self) -> Result<Vec<(Seal, [String; 2])>, AdminError> {
        let all = self.read(|record| {
            let name = |id: AccountId| record.username(id).map(Option::unwrap_or_default);
            let seals = record.seals()?.into_iter();
            seals.map(|seal| Ok((seal.clone(), [name(seal.sealed.by)?, name(seal.sealed.agreed)?]))).collect()
        });
        Ok(all.await?)
    }

    /// Writes down that a report of it went to an authority, by one of the two who read it.
    pub async fn admin_seal_sent(&self, on: ConversationId, by: &str, called: &str) -> Result<(), AdminError> {
        let by = self.admin_account(by).await?;
        let called = reference(called)
            .ok_or_else(|| AdminError("a reference is one line of up to 120 characters; copy it again".into()))?;
        self.sealed_for(on, by.id).await?;
        self.write(Scope::Everything, move |tx| {
            let conversation = tx.conversation(on)?.ok_or(Code::NotFound)?;
            tx.sent_seal(on, &called, fresh::now())?;
            Ok(tx.append(line(&conversation, ConversationAct::Report, by.id))?)
        })
        .await?;
        Ok(())
    }

    /// Breaks a seal, which takes two people again. The relationship stays paused, and its words are kept as long as was said.
    pub async fn admin_unseal(&self, on: ConversationId, by: &str, agreed: &str) -> Result<(), AdminError> {
        let (by, agreed) = self.two(by, agreed).await?;
        self.site_for(on, &by, &agreed).await?;
        if self.read(move |record| record.seal(on)).await?.is_none() {
            return Err(AdminError(NOT_SEALED.into()));
        }
        self.write(Scope::Everything, move |tx| {
            let conversation = tx.conversation(on)?.ok_or(Code::NotFound)?;
            tx.end_seal(on, fresh::now())?;
            Ok(tx.append(line(&conversation, ConversationAct::Unseal, by.id))?)
        })
        .await?;
        Ok(())
    }

    /// The seal on a relationship, for one of the two who read it.
    pub async fn sealed_for(&self, on: ConversationId, who: AccountId) -> Result<Seal, AdminError> {
        let seal = self.read(move |record| record.seal(on)).await?.ok_or_else(|| AdminError(NOT_SEALED.into()))?;
        let account = self.read(move |record| record.account(who)).await?;
        let may = seal.sealed.is_read_by(who) && account.is_some_and(|account| may_answer(&account).is_ok());
        if may {
            Ok(seal)
        } else {
            Err(AdminError("this relationship is sealed, and they are not one of the two who read it".into()))
        }
    }
}

/// Whether a conversation is among those that are sealed, and not for this member of staff.
pub(super) fn is_sealed_from(all: &[(ConversationId, Sealed)], of: ConversationId, who: AccountId) -> bool {
    all.iter().any(|(sealed, by)| *sealed == of && !by.is_read_by(who))
}

/// Pauses, holds and seals; nothing of it, where there is a seal already.
fn begin(tx: &mut Tx<'_>, hold: &Hold, seal: &Seal) -> Result<bool, Failure> {
    let conversation = tx.conversation(seal.conversation)?.ok_or(Code::NotFound)?;
    if conversation.sealed.is_some() {
        return Ok(false);
    }
    if conversation.state == ConversationState::Open {
        set_state(tx, &conversation, ConversationState::Paused, Some(seal.sealed.by))?;
    }
    tx.add_hold(hold)?;
    tx.append(noted(conversation.site, hold, HoldAct::Begin, hold.by))?;
    tx.add_seal(seal)?;
    tx.append(line(&conversation, ConversationAct::Seal, seal.sealed.by))?;
    Ok(true)
}

fn line(conversation: &Conversation, act: ConversationAct, by: AccountId) -> Event {
    let event = event(conversation.site, What::Conversation { act });
    // Its parties are told as of any change: they read that it is paused.
    Event { conversation: Some(conversation.id), accounts: conversation.accounts(), actor: Some(by), ..event }
}
