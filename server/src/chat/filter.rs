//! What staff do about the filter: restricted terms, what a site does by category, and how rules have done.

use super::{AdminError, Chat};
use crate::fresh;
use crate::store::{DisagreementCount, Failure, Said, Scope, ShadowRun, Tx};
use handrail_domain::event::{Event, RestrictionAct, What};
use handrail_domain::filter::{Action, Restricted, Source};
use handrail_domain::finding::Category;
use handrail_domain::ids::{AccountId, ConversationId, RestrictionId, SiteId};
use handrail_domain::people::{Site, SiteSettings};
use handrail_domain::policy::may_oversee;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::restriction::{Restriction, may_own};
use handrail_domain::score::{Judged, Score, score};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::RulesPage;

/// How many versions of rules are named to who asks for one that is not there.
const VERSIONS_NAMED_MAX: usize = 10;

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

/// What is known of the sets that judged in shadow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowReport {
    /// The sets, the newest first.
    pub runs: Vec<ShadowRun>,
    /// What the newest would have done otherwise.
    pub otherwise: Vec<DisagreementCount>,
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
        self.write(Scope::Everything, move |tx| {
            let Some(conversation) = tx.conversation(restriction.conversation)? else {
                return Ok(Err(AdminError(format!("there is no relationship {}", restriction.conversation))));
            };
            if conversation.site != owner.site {
                let advice = "its owner belongs to another site; name somebody of the relationship's own site";
                return Ok(Err(AdminError(advice.into())));
            }
            Ok(begin_restriction(tx, conversation.site, &restriction, owner.id)?.map_err(AdminError))
        })
        .await??;
        self.windows.forget(Some(spec.conversation));
        Ok(id)
    }

    /// Ends a restricted term before its time.
    pub async fn admin_end_restriction(&self, id: RestrictionId) -> Result<(), AdminError> {
        let restriction = self.read(move |record| record.restriction(id)).await?;
        let advice = || AdminError(format!("there is no restriction {id}; `handrail restriction list` names them"));
        let restriction = restriction.ok_or_else(advice)?;
        if restriction.ended_at.is_some() {
            return Err(AdminError("this restriction has ended already".into()));
        }
        let conversation = restriction.conversation;
        self.write(Scope::Everything, move |tx| {
            let site = tx.conversation(restriction.conversation)?.ok_or(Code::NotFound)?.site;
            end_restriction(tx, site, &restriction, None)
        })
        .await?;
        self.windows.forget(Some(conversation));
        Ok(())
    }

    /// Every restricted term of a relationship, over or not, with the sign-in name of who answers for it.
    pub async fn admin_restrictions(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<(Restriction, String)>, AdminError> {
        let found = self
            .read(move |record| {
                if record.conversation(conversation)?.is_none() {
                    return Ok(None);
                }
                let all = record.restrictions(conversation)?.into_iter().map(|one| {
                    let owner = record.username(one.owner)?.unwrap_or_default();
                    Ok((one, owner))
                });
                all.collect::<Result<Vec<_>, _>>().map(Some)
            })
            .await?;
        found.ok_or_else(|| AdminError(format!("there is no relationship {conversation}")))
    }

    /// A site with all that it has chosen, by its name or id.
    pub async fn admin_site_settings(&self, name_or_id: &str) -> Result<Site, AdminError> {
        let id = self.admin_site(name_or_id).await?;
        let site = self.read(move |record| record.site(id)).await?;
        site.ok_or_else(|| Refusal::from(Code::NotFound).into())
    }

    /// Changes what a site does about one category, and gives what it does from now on.
    pub async fn admin_set_action(
        &self,
        site: SiteId,
        category: Category,
        change: impl FnOnce(Action) -> Action + Send + 'static,
    ) -> Result<Action, AdminError> {
        if category == Category::Filter {
            return Err(AdminError("a message that the filter could not judge is always held".into()));
        }
        let action = self
            .write(Scope::Everything, move |tx| {
                let Site { id, name, settings } = tx.site(site)?.ok_or(Code::NotFound)?;
                let action = change(settings.filter.of(category));
                let settings = SiteSettings { filter: settings.filter.clone().with(category, action), ..settings };
                tx.put_site(&Site { id, name: name.clone(), settings })?;
                tx.append(super::admin::event(id, What::Site { name }))?;
                Ok(action)
            })
            .await?;
        self.windows.forget(None);
        Ok(action)
    }

    /// How the rules have done on what was held since a moment, in one site or in all.
    pub async fn score_rules(&self, site: Option<SiteId>, since: Timestamp) -> Result<Vec<Score>, Refusal> {
        Ok(score(&self.judged_items(site, since).await?))
    }

    /// What was held since a moment and how it ended, in one site or in all.
    pub async fn judged_items(&self, site: Option<SiteId>, since: Timestamp) -> Result<Vec<Judged>, Refusal> {
        self.read(move |record| record.judged_items(site, since)).await
    }

    /// A page of all that was said since a moment, after a row.
    pub async fn said_since(&self, since: Timestamp, after: i64, limit: usize) -> Result<Vec<Said>, Refusal> {
        self.read(move |record| record.said_since(since, after, limit)).await
    }

    /// Every restricted term of a relationship, over or not, and what its site has chosen.
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

    /// The sets that judged in shadow, and how often the newest of them would have done otherwise.
    pub async fn shadow_report(&self) -> Result<ShadowReport, Refusal> {
        self.read(|record| {
            let runs = record.shadow_runs()?;
            let newest = runs.first().map(|run| record.disagreement_counts(&run.candidate));
            Ok(ShadowReport { otherwise: newest.transpose()?.unwrap_or_default(), runs })
        })
        .await
    }

    /// The packs of a set of rules that judged at some time.
    pub async fn rule_set(&self, version: &str) -> Result<Vec<Source>, AdminError> {
        let wanted = version.to_owned();
        let (found, known) =
            self.read(move |record| Ok((record.rule_set(&wanted)?, record.rule_versions(VERSIONS_NAMED_MAX)?))).await?;
        let named: Vec<_> = known.iter().map(|(version, at)| format!("{version} (since {})", at.date())).collect();
        found.ok_or_else(|| {
            let there = if named.is_empty() { "none yet".into() } else { named.join(", ") };
            AdminError(format!("no rules of version {version:?} ever judged here; those that did: {there}"))
        })
    }

    /// The rules that judge and how they have done in the site of somebody who may know: its supervisors and coordinators.
    pub async fn rules_page(&self, who: &super::Signed, since: Timestamp) -> Result<RulesPage, Refusal> {
        may_oversee(&who.account)?;
        let rules = self.rules.load_full().ok_or(Code::Unavailable)?;
        Ok(RulesPage {
            version: rules.version().to_owned(),
            rules: rules.len(),
            shadow: self.shadow_version(),
            scores: self.score_rules(Some(who.account.site), since).await?,
        })
    }
}

/// A restricted term holds from now on, inside an act; or why it cannot.
pub(super) fn begin_restriction(
    tx: &mut Tx<'_>,
    site: SiteId,
    restriction: &Restriction,
    by: AccountId,
) -> Result<Result<(), String>, Failure> {
    // All that hold there must be found together, or nothing could be judged there any more.
    let before = tx.restrictions(restriction.conversation)?;
    let now = before.iter().filter(|one| one.in_force(restriction.created_at));
    let terms: Vec<_> = now.chain([restriction]).map(Restriction::term).collect();
    if let Err(advice) = Restricted::new(&terms) {
        return Ok(Err(advice));
    }
    tx.add_restriction(restriction)?;
    tx.append(noted(site, restriction, RestrictionAct::Begin, Some(by)))?;
    Ok(Ok(()))
}

/// A restricted term holds no more, inside an act.
pub(super) fn end_restriction(
    tx: &mut Tx<'_>,
    site: SiteId,
    restriction: &Restriction,
    by: Option<AccountId>,
) -> Result<(), Failure> {
    tx.end_restriction(restriction.id, fresh::now())?;
    Ok(tx.append(noted(site, restriction, RestrictionAct::End, by))?)
}

fn noted(site: SiteId, restriction: &Restriction, act: RestrictionAct, actor: Option<AccountId>) -> Event {
    let what = What::Restriction { restriction: restriction.id, act };
    Event { conversation: Some(restriction.conversation), actor, ..super::admin::event(site, what) }
}
