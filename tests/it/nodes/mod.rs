//! Several nodes over one PostgreSQL and one Redis: what is done on one counts on all, whichever of them dies, freezes, is cut
//! off or replaced. Every story is played on two nodes as well (`scenario`); here is what no story can tell.

mod deploy;
mod faults;
mod frozen;
mod pager;
mod partition;
mod presence;
mod redis;
mod revoke;
mod roll;
pub(crate) mod tls;
