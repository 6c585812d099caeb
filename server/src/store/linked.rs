//! What has an order of its own beside that of the record: the lines of a feed, the messages of a conversation. On a server an index leads
//! to a place in it. In the file an index would change a page for everybody who is told something, so there each one names the one
//! before it: from the end of the order, or from its marks, one place in sixty-four, a page is found by going back, and at most 64
//! are passed over. What a link leads to must be the place before, of the same owner; otherwise the way ends there, and a check finds it.

use super::sql::Link;
use handrail_domain::ids::Offset;

/// Past the end of any order.
pub(super) const END: &str = "9223372036854775807";

/// Begins a statement with the lines of the feed `?1` after the place `?2` and up to `?3`, as `line (n, place)`. Some may stand before or
/// behind: a statement says once more which it wants.
pub(super) fn lines(link: Link<'_>) -> &'static str {
    match link {
        Link::Sqlite(_) => {
            r#"WITH RECURSIVE line (n, place, before) AS (
                SELECT n, "offset", before FROM feed WHERE owner = ?1 AND n = coalesce(
                    (SELECT n FROM feed WHERE owner = ?1 AND "offset" % 64 = 0 AND "offset" >= ?3 ORDER BY "offset" LIMIT 1),
                    (SELECT n FROM feed_head WHERE owner = ?1))
                UNION ALL
                SELECT feed.n, feed."offset", feed.before FROM line
                JOIN feed ON feed.n = line.before AND feed.owner = ?1 AND feed."offset" = line.place - 1
                WHERE line.place - 1 > ?2)"#
        }
        Link::Postgres(_) => {
            r#"WITH line AS (
                SELECT n, "offset" AS place FROM feed WHERE owner = ?1 AND "offset" > ?2 AND "offset" <= ?3)"#
        }
    }
}

/// The last place of a page of so many lines.
pub(super) fn until(after: Offset, limit: usize) -> Offset {
    after.saturating_add(limit as u64)
}

/// Begins a statement with the messages that were delivered in the conversation `?1` after one number and up to another, as `told`, with
/// the columns of `message`. Some may stand before or behind, as in [`lines`]. Whole rows, because a planner that knows nothing of a
/// table yet, as in a new record, may find each message again from its place by reading all of them.
pub(super) fn told(link: Link<'_>, after: &str, until: &str) -> String {
    match link {
        Link::Sqlite(_) => format!(
            "WITH RECURSIVE way (place, seq, before) AS (
                SELECT row, seq, before FROM message WHERE conversation = ?1 AND row = coalesce(
                    (SELECT row FROM message WHERE conversation = ?1 AND seq % 64 = 0 AND seq >= {until} ORDER BY seq LIMIT 1),
                    (SELECT last_row FROM conversation WHERE id = ?1))
                UNION ALL
                SELECT message.row, message.seq, message.before FROM way
                JOIN message ON message.row = way.before AND message.conversation = ?1 AND message.seq = way.seq - 1
                WHERE way.seq - 1 > {after}),
             told AS (SELECT message.* FROM way CROSS JOIN message ON message.row = way.place)"
        ),
        Link::Postgres(_) => format!(
            "WITH told AS (SELECT * FROM message WHERE conversation = ?1 AND seq > {after} AND seq <= {until})"
        ),
    }
}
