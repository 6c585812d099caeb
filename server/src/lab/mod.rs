//! The filter's laboratory: the rules and the judgement of the live product, for people who write rules or measure them. It says
//! why a text is held, whether packs compile, what becomes of every line of a pipe, how often labelled rows are held, and what
//! other rules would have done with what was said. It keeps nothing, delivers nothing, and writes nobody's words anywhere but
//! to the output it was given.

mod align;
mod bench;
mod check;
mod count;
mod eval;
mod explain;
mod figures;
mod judge;
mod line;
mod record;
mod replay;
mod report;
mod source;
mod table;

pub use check::check;
pub use eval::{Measured, eval};
pub use explain::explain;
pub use judge::judge;
pub use line::Said;
pub use record::{scores, shadow, shadow_json};
pub use replay::{Replay, ReplayReport};
pub use report::one_line;
pub use source::LINE_BYTES_MAX;
