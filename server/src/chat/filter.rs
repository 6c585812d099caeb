//! What staff do about the filter: restricted terms, what a site does by category, and how rules have done.

use super::{AdminError, Chat};
use crate::fresh;
use crate::store::{Disagreement, Said, ShadowRun};
use handrail_domain::event::{Event, RestrictionAct, What};
use handrail_domain::filter::{Action, Source};
use handrail_domain::finding::Category;
use handrail_domain::ids::{AccountId, ConversationId, MessageId, RestrictionId, SiteId};
use handrail_domain::people::{Role, Site, SiteSettings};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::restriction::{Restriction, may_own};
use handrail_domain::score::{Score, score};
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;

/// How many disagreements of a set in shadow are listed.
const DISAGREEMENTS_LISTED_MAX: usize = 200;

/// A restricted term that is to hold in a relationship.
#[derive(Debug, Clone)]
pub struct RestrictionSpec {
    /// Where.
    pub conversation: ConversationId,
    /// The name, place or thing.
    pub term: String,
    /// Why.
    pub reason: String,
    /// The sign-in name of who answers for it.
    pub owner: String,
    /// Until when.
    pub until: Timestamp,
}

impl Chat {
    /// Windows of a conversation, or all, are read from the record again: what holds there has changed.
    pub fn forget_windows(&self, conversation: Option<ConversationId>) {
        self.windows.forget(conversation);
    }

    /// Makes a restricted term.
    pub async fn admin_add_restriction(&self, spec: RestrictionSpec) -> Result<RestrictionId, AdminError> {
        let owner = self.admin_account(&spec.owner).await?;
        may_own(&owner).map_err(|_| {
            let role = owner.role.as_str();
            AdminError(format!("a {role} does not answer for restrictions; name a coordinator, supervisor or officer"))
        })?;
        let restriction = Restriction {
            id: RestrictionId::from_bits(fresh::bits()),
            conversation: spec.conversation,
            term: spec.term.trim().to_owned(),
            reason: spec.reason.trim().to_owned(),
            owner: owner.id,
            created_at: fresh::now(),
            until: spec.until,
            ended_at: None,
        };
        let restriction = restriction.check().map_err(|error| AdminError(error.0))?;
        let id = restriction.id;
        self.write(move |tx| {
            let conversation = tx.conversation(restriction.conversation)?.ok_or(Code::NotFound)?;
            if conversation.site != owner.site {
                return Err(Code::NotFound.into());
            }
            tx.add_restriction(&restriction)?;
            Ok(tx.append(noted(conversation.site, &restriction, RestrictionAct::Begin, Some(owner.id)))?)
        })
        .await?;
        self.windows.forget(Some(spec.conversation));
        Ok(id)
    }

    /// Ends a restricted term before its time.
    pub async fn admin_end_restriction(&self, id: RestrictionId) -> Result<(), AdminError> {
        let restriction = self.read(move |record| record.restriction(id)).await?;
        let restriction = restriction.ok_or_else(|| AdminError(format!("there is no restriction {id}; list them")))?;
        if restriction.ended_at.is_some() {
            return Err(AdminError("this restriction has ended already".into()));
        }
        let conversation = restriction.conversation;
        self.write(move |tx| {
            let site = tx.conversation(restriction.conversation)?.ok_or(Code::NotFound)?.site;
            tx.end_restriction(id, fresh::now())?;
            Ok(tx.append(noted(site, &restriction, RestrictionAct::End, None))?)
        })
        .await?;
        self.windows.forget(Some(conversation));
        Ok(())
    }

    /// Every restricted term of a relationship, over or not.
    pub async fn admin_restrictions(&self, conversation: ConversationId) -> Result<Vec<Restriction>, AdminError> {
        let found = self
            .read(move |record| match record.conversation(conversation)? {
                Some(_) => record.restrictions(conversation).map(Some),
                None => Ok(None),
            })
            .await?;
        found.ok_or_else(|| AdminError(format!("there is no relationship {conversation}")))
    }

    /// Chooses what a site does about one category.
    pub async fn admin_set_action(&self, site: SiteId, category: Category, action: Action) -> Result<(), AdminError> {
        if category == Category::Filter {
            return Err(AdminError("a message that the filter could not judge is always held".into()));
        }
        self.write(move |tx| {
            let Site { id, name, settings } = tx.site(site)?.ok_or(Code::NotFound)?;
            let settings = SiteSettings { filter: settings.filter.clone().with(category, action), ..settings };
            tx.put_site(&Site { id, name: name.clone(), settings })?;
            Ok(tx.append(super::admin::event(id, What::Site { name }))?)
        })
        .await?;
        self.windows.forget(None);
        Ok(())
    }

    /// How the rules have done on what was held since a moment, in one site or in all.
    pub async fn score_rules(&self, site: Option<SiteId>, since: Timestamp) -> Result<Vec<Score>, Refusal> {
        let items = self.read(move |record| record.judged_items(site, since)).await?;
        Ok(score(&items))
    }

    /// A page of all that was said since a moment, after a row.
    pub async fn said_since(&self, since: Timestamp, after: i64, limit: usize) -> Result<Vec<Said>, Refusal> {
        self.read(move |record| record.said_since(since, after, limit)).await
    }

    /// The restricted terms of a relationship as the filter looked for them at a moment, and the site's actions now.
    pub async fn window_setting(
        &self,
        conversation: ConversationId,
    ) -> Result<(Vec<Restriction>, SiteSettings), Refusal> {
        self.read(move |record| {
            let site = record.conversation(conversation)?.map(|conversation| conversation.site);
            let site = site.map(|id| record.site(id)).transpose()?.flatten();
            Ok((record.restrictions(conversation)?, site.map(|site| site.settings).unwrap_or_default()))
        })
        .await
    }

    /// The sets that judged in shadow, and what the newest of them would have done otherwise.
    pub async fn shadow_report(&self) -> Result<(Vec<ShadowRun>, Vec<Disagreement>), Refusal> {
        self.read(|record| {
            let runs = record.shadow_runs()?;
            let newest = runs.first().map(|run| run.candidate.clone());
            let disagreements = newest.map(|version| record.disagreements(&version, DISAGREEMENTS_LISTED_MAX));
            Ok((runs, disagreements.transpose()?.unwrap_or_default()))
        })
        .await
    }

    /// The packs of a set of rules that judged at some time.
    pub async fn rule_set(&self, version: &str) -> Result<Option<Vec<Source>>, Refusal> {
        let version = version.to_owned();
        self.read(move |record| record.rule_set(&version)).await
    }

    /// The text of a message, for a report that staff ask for.
    pub async fn message_text(&self, message: MessageId) -> Result<Option<Text>, Refusal> {
        self.read(move |record| record.message_text(message)).await
    }

    /// How the rules have done in the site of somebody who may know: its supervisors and coordinators.
    pub async fn score_card(&self, who: &super::Signed, since: Timestamp) -> Result<Vec<Score>, Refusal> {
        match who.account.role {
            Role::Supervisor | Role::Coordinator => self.score_rules(Some(who.account.site), since).await,
            Role::Mentee | Role::Mentor | Role::GuestOfficer | Role::Operator => Err(Code::Forbidden.into()),
        }
    }
}

fn noted(site: SiteId, restriction: &Restriction, act: RestrictionAct, actor: Option<AccountId>) -> Event {
    let what = What::Restriction { restriction: restriction.id, act };
    Event { conversation: Some(restriction.conversation), actor, ..super::admin::event(site, what) }
}
