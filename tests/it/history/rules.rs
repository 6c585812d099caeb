//! The nine things that hold whatever happens to a server. Each is one pass over what was written down and what was read back.

use super::{Afterwards, Came, History, Line, Sent, Shown};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Refusals that only mean "not now": whoever asks again may be told something else.
const NOT_NOW: [&str; 4] = ["rate_limited", "unavailable", "busy", "internal"];

/// What one party reads, if anybody asked.
fn page<'a>(after: &'a Afterwards, conversation: &str, who: &str) -> &'a [Shown] {
    after.pages.get(&(conversation.to_owned(), who.to_owned())).map_or(&[], Vec::as_slice)
}

fn asks(history: &History) -> BTreeMap<(&str, &str), Vec<&Sent>> {
    let mut asks: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for sent in &history.sent {
        asks.entry((sent.by.as_str(), sent.cid.as_str())).or_default().push(sent);
    }
    asks.values_mut().for_each(|asks| asks.sort_by_key(|sent| sent.span.asked));
    asks
}

/// 1. What was acknowledged as delivered is in everybody's history, once, at its number; what was acknowledged as held has an item.
pub(super) fn what_was_acknowledged_is_there(history: &History, after: &Afterwards) -> Vec<String> {
    let held: BTreeSet<&str> = after.items.iter().map(|item| item.message.as_str()).collect();
    let mut found = Vec::new();
    for sent in &history.sent {
        let Came::Ok(taken) = &sent.came else { continue };
        let message = &taken.message;
        let Some(seq) = taken.seq else {
            if !held.contains(message.as_str()) {
                found.push(format!("{message} was acknowledged as held, and has no item"));
            }
            continue;
        };
        for who in after.parties.get(&sent.conversation).into_iter().flatten() {
            let times: Vec<_> =
                page(after, &sent.conversation, who).iter().filter(|shown| shown.message == *message).collect();
            let right = matches!(times[..], [one] if one.seq == seq && one.text == sent.text);
            if !right {
                let seqs: Vec<_> = times.iter().map(|shown| shown.seq).collect();
                found.push(format!("{message} was acknowledged as number {seq}; {who} has it at {seqs:?}"));
            }
        }
    }
    found
}

/// 2. However often it was said, a message is there once, and every answer names the same one.
pub(super) fn a_message_is_taken_once(history: &History, after: &Afterwards) -> Vec<String> {
    let mut found = Vec::new();
    for ((by, cid), asks) in asks(history) {
        let answers: BTreeSet<&str> = asks
            .iter()
            .filter_map(|sent| match &sent.came {
                Came::Ok(taken) => Some(taken.message.as_str()),
                Came::No(_) | Came::Unknown => None,
            })
            .collect();
        if answers.len() > 1 {
            found.push(format!("{by} said {cid} once, and was told of {answers:?}"));
        }
        let Some(sent) = asks.first() else { continue };
        for who in after.parties.get(&sent.conversation).into_iter().flatten() {
            let times = page(after, &sent.conversation, who).iter().filter(|shown| shown.text == sent.text).count();
            if times > 1 {
                found.push(format!("{by} said {cid} once, and {who} reads it {times} times"));
            }
        }
    }
    found
}

/// 3. In a conversation the numbers are 1, 2, 3 … for both, with the same messages; each device was told them in that order,
///    without a gap, over all of its connections.
pub(super) fn everybody_sees_one_order(history: &History, after: &Afterwards) -> Vec<String> {
    let mut found = Vec::new();
    for (conversation, parties) in &after.parties {
        let pages: Vec<_> = parties.iter().map(|who| page(after, conversation, who)).collect();
        for (who, page) in parties.iter().zip(&pages) {
            let gap = page.iter().zip(1..).find(|(shown, at)| shown.seq != *at);
            found.extend(
                gap.map(|(shown, at)| {
                    format!("{who} reads number {} where {at} should be in {conversation}", shown.seq)
                }),
            );
        }
        if pages.windows(2).any(|two| two[0] != two[1]) {
            found.push(format!("the two of {conversation} do not read the same"));
        }
    }
    let mut last: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for seen in &history.seen {
        let before = last.insert((&seen.by, &seen.conversation), seen.seq);
        if before.is_some_and(|before| seen.seq != before + 1) {
            found.push(format!("{} was told number {} after {before:?}", seen.by, seen.seq));
        }
        let shown = page(after, &seen.conversation, &seen.by).iter().find(|shown| shown.seq == seen.seq);
        if shown.is_none_or(|shown| shown.message != seen.message || shown.text != seen.text) {
            found.push(format!("{} was told number {}, and reads something else there", seen.by, seen.seq));
        }
    }
    found
}

/// 4. What was said after another thing was acknowledged has the greater number, if both were delivered at once.
pub(super) fn what_was_said_later_comes_later(history: &History, after: &Afterwards) -> Vec<String> {
    let held: BTreeSet<&str> = after.items.iter().map(|item| item.message.as_str()).collect();
    // In each conversation: its number, when it was first asked, and when it was first acknowledged.
    let mut delivered: BTreeMap<&str, Vec<(u64, Duration, Duration)>> = BTreeMap::new();
    for asks in asks(history).into_values() {
        let acknowledged = asks.iter().find_map(|sent| match &sent.came {
            Came::Ok(taken) if !held.contains(taken.message.as_str()) => Some((taken.seq?, sent.span.answered)),
            Came::Ok(_) | Came::No(_) | Came::Unknown => None,
        });
        if let (Some(first), Some((seq, answered))) = (asks.first(), acknowledged) {
            delivered.entry(&first.conversation).or_default().push((seq, first.span.asked, answered));
        }
    }
    let mut found = Vec::new();
    for (conversation, mut all) in delivered {
        all.sort_unstable();
        // From the end: the earliest acknowledgement among the greater numbers.
        let mut earliest: Option<(Duration, u64)> = None;
        for (seq, asked, answered) in all.into_iter().rev() {
            if let Some((_, later)) = earliest.filter(|(earliest, _)| *earliest < asked) {
                found.push(format!("in {conversation} number {seq} was said after number {later} was acknowledged"));
            }
            earliest = Some(earliest.map_or((answered, seq), |earliest| earliest.min((answered, seq))));
        }
    }
    found
}

/// The lines about an item, in order.
fn lives(after: &Afterwards) -> BTreeMap<&str, Vec<&Line>> {
    let mut lives: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in after.log.iter().filter(|line| line.kind == "item") {
        lives.entry(&line.item).or_default().push(line);
    }
    lives
}

/// 5. Nothing bad reached the other side, on a socket or a page, unless the supervisor who held its item had asked to release it.
pub(super) fn nothing_bad_crosses_undecided(history: &History, after: &Afterwards) -> Vec<String> {
    let bad: BTreeSet<&str> = history.sent.iter().filter(|sent| sent.bad).map(|sent| sent.text.as_str()).collect();
    let lives = lives(after);
    let item_of = |message: &str| after.items.iter().find(|item| item.message == message);
    let asked = |message: &str, before: Option<Duration>| {
        let Some(item) = item_of(message) else { return false };
        let life = lives.get(item.item.as_str()).map_or(&[][..], Vec::as_slice);
        let Some(decided) = life.iter().rposition(|line| line.act == "decide") else { return false };
        // Whoever decided had claimed it last.
        let holder = life[..decided].iter().rev().find(|line| ["claim", "undo"].contains(&line.act.as_str()));
        let by = &life[decided].actor;
        holder.is_some_and(|holder| holder.actor == *by)
            && history.rulings.iter().any(|ruling| {
                let in_time = before.is_none_or(|before| ruling.span.asked < before);
                let taken = !matches!(ruling.came, Came::No(_));
                ruling.item == item.item && ruling.by == *by && ruling.release && in_time && taken
            })
    };
    let mut found = Vec::new();
    for seen in history.seen.iter().filter(|seen| bad.contains(seen.text.as_str())) {
        if !asked(&seen.message, Some(seen.at)) {
            found.push(format!("{} was shown {}, which nobody who held it had released", seen.by, seen.message));
        }
    }
    for ((_, who), page) in &after.pages {
        for shown in page.iter().filter(|shown| bad.contains(shown.text.as_str())) {
            if !asked(&shown.message, None) {
                found.push(format!("{who} reads {}, which nobody who held it released", shown.message));
            }
        }
    }
    found
}

/// 6. An item has one decision at most, and whoever was told "ok" is told of that one.
pub(super) fn an_item_is_decided_once(history: &History, after: &Afterwards) -> Vec<String> {
    let lives = lives(after);
    let mut found = Vec::new();
    for item in &after.items {
        let life = lives.get(item.item.as_str()).map_or(&[][..], Vec::as_slice);
        let count = |act: &str| life.iter().filter(|line| line.act == act).count();
        let (decided, undone) = (count("decide"), count("undo"));
        if decided > undone + 1 {
            found.push(format!("{} was decided {decided} times and undone {undone} times", item.item));
        }
        let mut told = BTreeSet::new();
        for ruling in history.rulings.iter().filter(|ruling| ruling.item == item.item && ruling.came == Came::Ok(())) {
            told.insert((ruling.by.as_str(), ruling.release));
            let fenced = |line: &&&Line| line.act == "decide" && line.version == ruling.version + 1;
            if life.iter().find(fenced).is_none_or(|line| line.actor != ruling.by) {
                found.push(format!("{} was told ok on version {} of {}", ruling.by, ruling.version, item.item));
            }
        }
        if told.len() > 1 {
            found.push(format!("{} has more than one winner: {told:?}", item.item));
        }
        for (by, release) in told {
            let want = if release { "released" } else { "rejected" };
            let stands = item.state == "decided" || (item.state == "closed" && item.outcome == want);
            if !stands || item.decided_by != by {
                found.push(format!(
                    "{by} was told that {} is {want}; it is {} {} by {:?}",
                    item.item, item.state, item.outcome, item.decided_by
                ));
            }
        }
    }
    found
}

/// 7. What got no answer is either; but once there was an answer, it stays the answer.
pub(super) fn an_answer_stays_the_answer(history: &History, _after: &Afterwards) -> Vec<String> {
    let mut found = Vec::new();
    for ((by, cid), asks) in asks(history) {
        let mut known: Option<&super::Taken> = None;
        for sent in asks {
            match (&sent.came, known) {
                (Came::Ok(taken), None) => known = Some(taken),
                // Held at first, it may have a number by now; a number never changes.
                (Came::Ok(taken), Some(before)) => {
                    if taken.message != before.message || (before.seq.is_some() && taken.seq != before.seq) {
                        found.push(format!("{by} was told {before:?} of {cid}, and later {taken:?}"));
                    }
                    known = Some(taken);
                }
                (Came::No(code), Some(before)) if !NOT_NOW.contains(&code.as_str()) => {
                    found.push(format!("{by} was told {before:?} of {cid}, and later {code}"));
                }
                (Came::No(_) | Came::Unknown, _) => (),
            }
        }
    }
    found
}

/// 8. The log's chain holds; its numbers have no gap; every delivered message has its one delivery there, with its number, and
///    the other way round; an item's versions rise one by one to what it is now.
pub(super) fn the_log_and_the_tables_agree(_history: &History, after: &Afterwards) -> Vec<String> {
    let mut found: Vec<String> = after.broken_chain.iter().cloned().collect();
    found.extend(
        after
            .log
            .iter()
            .zip(1..)
            .find(|(line, at)| line.n != *at)
            .map(|(_, at)| format!("line {at} of the log is missing")),
    );
    let mut logged: BTreeMap<&str, Vec<Option<u64>>> = BTreeMap::new();
    for line in after.log.iter().filter(|line| line.kind == "message.delivered") {
        logged.entry(&line.message).or_default().push(line.seq);
    }
    for row in &after.rows {
        let told = logged.remove(row.message.as_str()).unwrap_or_default();
        let right = match row.seq {
            Some(seq) => row.status == "delivered" && told == [Some(seq)],
            None => row.status != "delivered" && told.is_empty(),
        };
        if !right {
            found.push(format!(
                "{} is {} {:?} in {}; the log says {told:?}",
                row.message, row.status, row.seq, row.conversation
            ));
        }
    }
    found.extend(logged.keys().map(|message| format!("the log delivers {message}, and no table has it")));
    let lives = lives(after);
    for item in &after.items {
        let versions: Vec<u64> = lives.get(item.item.as_str()).into_iter().flatten().map(|line| line.version).collect();
        if versions != (1..=item.version).collect::<Vec<_>>() {
            found.push(format!("{} is at version {}; the log has {versions:?}", item.item, item.version));
        }
    }
    found
}

/// 9. Afterwards every open item can be taken by somebody, and every held message has its item.
pub(super) fn what_is_open_can_be_taken(_history: &History, after: &Afterwards) -> Vec<String> {
    let mut found = Vec::new();
    for item in after.items.iter().filter(|item| ["waiting", "claimed"].contains(&item.state.as_str())) {
        if !after.claimable.contains(&item.item) {
            found.push(format!("{} is open, and nobody can take it", item.item));
        }
    }
    let items: BTreeSet<&str> = after.items.iter().map(|item| item.message.as_str()).collect();
    for row in after.rows.iter().filter(|row| row.status == "held" && !items.contains(row.message.as_str())) {
        found.push(format!("{} is held, and no supervisor can see it", row.message));
    }
    found
}
