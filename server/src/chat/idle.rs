//! Sessions in which nobody does anything end. What a person does is noted in memory, and written twice a minute: a touch costs no commit.

use super::sessions::session_event;
use super::{Chat, Signed};
use crate::fresh;
use crate::store::Scope;
use dashmap::DashMap;
use handrail_domain::event::{Hash, SessionAct};
use handrail_domain::idle::{is_over, limit_ms};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::time::Timestamp;
use std::time::Duration;

/// How often touches are written, and idle sessions looked for.
const EVERY: Duration = Duration::from_secs(30);
/// Sessions that are ended in one act; the rest in the next.
const ENDED_MAX: usize = 500;

/// When somebody was last here, by session: those that were not written yet. There are no more than sessions on this node.
#[derive(Default)]
pub(super) struct Touched(DashMap<Hash, Timestamp>);

impl Chat {
    /// Somebody did something.
    pub fn here(&self, who: &Signed) {
        self.touched.0.insert(who.session, fresh::now());
    }

    /// After how long without doing anything this session ends, in milliseconds; never, if nothing.
    pub async fn idle_limit(&self, who: &Signed) -> Result<Option<i64>, Refusal> {
        let key = who.session;
        let found = self.read(move |record| record.idle_session(&key)).await?.ok_or(Code::Unauthenticated)?;
        Ok(limit_ms(found, self.idle_ms(&found)))
    }

    fn idle_ms(&self, session: &handrail_domain::idle::Session) -> i64 {
        i64::try_from(self.lengths.of(session.role).idle.as_millis()).unwrap_or(i64::MAX)
    }

    /// Writes who was here, and ends the sessions in which nobody was for too long. Gives how many.
    pub async fn end_idle(&self) -> Result<usize, Refusal> {
        let touched: Vec<(Hash, Timestamp)> = self.touched.0.iter().map(|one| (*one.key(), *one.value())).collect();
        for (session, at) in &touched {
            // A touch that came meanwhile stays for the next time.
            self.touched.0.remove_if(session, |_, newest| newest == at);
        }
        if !touched.is_empty() {
            self.write(Scope::Own, move |tx| {
                touched.iter().try_for_each(|(session, at)| tx.seen(session, *at)).map_err(Into::into)
            })
            .await?;
        }
        let (now, lengths) = (fresh::now(), self.lengths.clone());
        let shortest = lengths.staff.idle.min(lengths.parties.idle);
        let before = now.plus_ms(-i64::try_from(shortest.as_millis()).unwrap_or(i64::MAX));
        let over = self.read(move |record| record.idle_sessions(before, ENDED_MAX)).await?;
        let over: Vec<_> = over.into_iter().filter(|(_, _, one)| is_over(*one, self.idle_ms(one), now)).collect();
        let many = over.len();
        if many > 0 {
            self.write(Scope::Devices, move |tx| {
                for (session, account, _) in over {
                    if tx.end_session(&session)? {
                        tx.append(session_event(&account, SessionAct::Expire, &session, now))?;
                    }
                }
                Ok(())
            })
            .await?;
        }
        Ok(many)
    }

    /// Does so for as long as the product runs.
    pub async fn keep_idle(&self) {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(refusal) = self.end_idle().await {
                tracing::warn!(code = refusal.code.as_str(), "idle sessions could not be ended; they are tried again");
            }
        }
    }
}
