//! What a funder is told of a scheme, of one period.

use super::Denied;
use crate::chat::{Chat, Signed};
use handrail_domain::policy::may_run;
use handrail_domain::refusal::Code;
use handrail_domain::scheme::numbers::{Told, sums, told};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{SchemeLine, SchemeNumber, SchemePage};

/// The longest period, in milliseconds: two years.
const PERIOD_MS_MAX: i64 = 732 * 24 * 3_600 * 1_000;
/// Papers that are added up.
const PAPERS: usize = 200_000;

impl Chat {
    /// The numbers of one's site from a day to a day.
    pub async fn scheme_numbers(&self, who: &Signed, from: &str, until: &str) -> Result<SchemePage, Denied> {
        may_run(&who.account)?;
        let advice = "Give two days as YYYY-MM-DD, the first before the second, at most two years apart.";
        let bad = || Denied::saying(Code::BadFrame, advice);
        let begin =
            Timestamp::parse(&format!("{from}T00:00:00.000Z")).filter(|at| at.date() == from).ok_or_else(bad)?;
        let end = Timestamp::end_of_day(until).ok_or_else(bad)?;
        if !(1..=PERIOD_MS_MAX).contains(&end.since_ms(begin)) {
            return Err(bad());
        }
        let site = who.account.site;
        let found = self.read(move |record| {
            let name = record.site(site)?.map(|site| site.name).unwrap_or_default();
            let papers = record.papers_between(site, begin, end, PAPERS)?;
            Ok((name, record.activity(site, begin, end)?, record.engaged(site, begin, end)?, sums(&papers)))
        });
        let (name, activity, engaged, sums) = found.await?;
        // Few people are not told; of messages, hours and meetings nobody is told by their number.
        let all = |number: u64| Told { number: Some(number) };
        let tenths = sums.pulse_tenths().and_then(|tenths| u64::try_from(tenths).ok());
        let lines = [
            (SchemeNumber::PeopleEngaged, told(engaged)),
            (SchemeNumber::PeopleSupported, told(activity.mentees)),
            (SchemeNumber::Volunteers, told(activity.mentors)),
            (SchemeNumber::RelationshipsBegun, told(activity.begun)),
            (SchemeNumber::RelationshipsEnded, told(activity.ended)),
            (SchemeNumber::Messages, all(activity.messages)),
            (SchemeNumber::Held, told(activity.held)),
            (SchemeNumber::HoursGiven, all(u64::try_from(sums.minutes.max(0) / 60).unwrap_or(0))),
            (SchemeNumber::Meetings, all(sums.met)),
            (SchemeNumber::MeetingsMissed, told(sums.missed)),
            (SchemeNumber::Concerns, told(sums.concerns.0)),
            (SchemeNumber::ConcernsClosed, told(sums.concerns.1)),
            (SchemeNumber::Feedback, all(sums.feedback)),
            (SchemeNumber::Answers, told(sums.pulses.0)),
            (SchemeNumber::HelpingTenths, Told { number: tenths }),
            (SchemeNumber::Appeals, told(activity.appeals)),
        ];
        Ok(SchemePage {
            site: name,
            from: from.to_owned(),
            until: until.to_owned(),
            lines: lines.into_iter().map(|(what, told)| SchemeLine { what, told }).collect(),
            areas: sums.areas(),
        })
    }
}
