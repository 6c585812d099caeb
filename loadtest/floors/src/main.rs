//! Floors: servers that do as little as can be done, so that a figure of Handrail's can be read beside what the machine, the
//! sockets and the disk allow. `relay` hands each frame to the other of a pair. `record` also looks for two thousand words in it and
//! writes one row, in groups, before it says that it has it. Neither knows who anybody is, keeps an order that it could prove, or
//! can say afterwards what happened; they are for measuring and for nothing else.
//!
//! A client connects and says its number; its partner has the number that differs in the last bit. Then it says frames
//! `{"op":"send","id":7,"text":"…"}`: its partner is given each as it is, and the client `{"op":"ok","id":7}`.

mod record;
mod sockets;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use record::Desk;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A server to measure others by.
#[derive(Debug, Parser)]
struct Cli {
    /// What it does with a message.
    kind: Kind,
    /// The address and port.
    #[arg(long, value_name = "ADDR")]
    listen: String,
    /// The folder of its file; it must be there.
    #[arg(long, value_name = "DIR", required_if_eq("kind", "record"))]
    data: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Hands it on.
    Relay,
    /// Looks at it, writes it down, and hands it on.
    Record,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let desk = match cli.data.filter(|_| cli.kind == Kind::Record) {
            Some(folder) => Some(Desk::open(&folder)?),
            None => None,
        };
        let listener = TcpListener::bind(&cli.listen).await.with_context(|| format!("listening on {}", cli.listen))?;
        sockets::serve(listener, Arc::new(desk)).await
    })
}
