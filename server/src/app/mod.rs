//! Composition and shutdown: the only place that knows all modules.

pub mod check;
pub mod demo;
pub mod drill;
mod numbers;
mod rules;

pub use rules::{load_rules, read_rules};

use crate::bus::{Bus, LocalBus, RedisBus};
use crate::chat::Chat;
use crate::config::{self, Certificate, Config};
use crate::gateway::accept::{self, Bounds, Door};
use crate::gateway::limits::{Limits, PRUNE_EVERY};
use crate::gateway::tls::{Tls, acme};
use crate::gateway::turns::Turns;
use crate::gateway::{Gateway, Hub, follow, live, serve_queues};
use crate::http::{Api, guard, routes};
use crate::push::{Hook, Push};
use crate::records::{Book, Checkpoints, check_start};
use crate::store::Store;
use crate::telemetry::metrics;
use anyhow::Context;
use axum::Router;
use axum::routing::get;
use handrail_domain::filter::Rules;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The version, for `welcome` and `--version`.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");
/// How often sessions whose time is over are dropped, and reads of articles counted.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// How many connections wait at most to be taken; Linux allows no more by default (`net.core.somaxconn`). One more is not answered,
/// and asks again after a second.
const BACKLOG: u32 = 4_096;

/// A node that runs.
pub struct Node {
    /// Where it listens.
    pub address: SocketAddr,
    /// The product.
    pub chat: Arc<Chat>,
    checkpoints: Arc<Checkpoints>,
    /// Ends the taking of connections, and asks those there are to go.
    exit: CancellationToken,
    /// Ends all that runs beside them, once they are gone.
    halt: CancellationToken,
    tracker: TaskTracker,
    drain: Duration,
}

/// Takes the address where people come, before anything else that a start does: whoever comes meanwhile waits in the system's
/// queue, and is not turned away to ever longer pauses. Nobody is taken before [`Node::start`].
pub fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let at = config.fixed.server.listen;
    let take = || {
        let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // The connections of a server that was here before may not have gone yet.
        socket.set_reuseaddr(true)?;
        socket.bind(at)?;
        socket.listen(BACKLOG)
    };
    take().with_context(|| format!("cannot listen on {at}; is it in use?"))
}

/// Opens the record and the bus and reads the rules, without taking anybody yet.
pub async fn open(config: &Config) -> anyhow::Result<Arc<Chat>> {
    let rules = load_rules(&config.fixed.rules)?;
    open_with(config, Some(rules)).await
}

/// The same without rules, for what judges nothing: nothing can be sent through it.
pub async fn open_without_rules(config: &Config) -> anyhow::Result<Arc<Chat>> {
    open_with(config, None).await
}

async fn open_with(config: &Config, rules: Option<Rules>) -> anyhow::Result<Arc<Chat>> {
    let store = open_store(config).await?;
    let bus = match &config.fixed.bus {
        config::Bus::Local => Bus::Local(LocalBus::default()),
        config::Bus::Redis(url) => Bus::Redis(RedisBus::connect(url.reveal(), store.clone()).await?),
    };
    Ok(Chat::new(store, bus, rules.map(Arc::new), config.live.session.clone()))
}

/// Opens the record where the configuration says that it is.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let (folder, database) = (config.fixed.store.clone(), config.fixed.database.clone());
    let on_server = database.is_some();
    let open = move || match database {
        Some(url) => Store::connect(url.reveal()),
        None => Store::open(&folder),
    };
    let opened = tokio::task::spawn_blocking(open).await?;
    opened.with_context(|| match on_server {
        true => "the record on the database server".to_owned(),
        false => format!("the record in {}", config.fixed.store.display()),
    })
}

impl Node {
    /// Starts to take who comes to that listener, unless the record is broken. Everything that runs beside the connections ends
    /// with [`Node::stop`].
    pub async fn start(config: Config, chat: Arc<Chat>, listener: TcpListener) -> anyhow::Result<Self> {
        let checkpoints = Arc::new(checkpoints(&config, &chat).await?);
        let server = config.fixed.server.clone();
        let address = listener.local_addr()?;
        let tls = server.tls.clone().map(Tls::open).transpose().context("the certificate")?;
        let (exit, halt) = (CancellationToken::new(), CancellationToken::new());
        let tracker = TaskTracker::new();
        let limits = Arc::new(Limits::new(&config.fixed.limits));
        chat.keep_rules()
            .await
            .map_err(|refusal| anyhow::anyhow!("the rules could not be kept: {}", refusal.code.as_str()))?;
        let hub = Hub::new(chat.bus().clone(), config.fixed.limits.sockets_per_account);
        background(&config, &chat, &hub, &limits, &halt);
        let signing = checkpoints.clone();
        spawn(&halt, async move { signing.keep().await });
        if let Some(tls) = tls.clone() {
            keep_certificate(tls, server.tls.clone(), &exit);
        }
        if let Some(at) = server.metrics_listen {
            let listener = TcpListener::bind(at).await.with_context(|| format!("cannot listen on {at} for metrics"))?;
            let door = Door {
                server: server.clone(),
                limits: limits.clone(),
                bounds: Bounds::default(),
                metrics: metrics().clone(),
            };
            // On a listener of its own: who may scrape is not who may chat.
            let page = Router::new().route("/metrics", get(numbers::page)).with_state(chat.clone());
            tokio::spawn(accept::serve(listener, None, page, door, exit.clone(), tracker.clone()));
        }
        let origins = server.origins(address);
        let push = Push::start(chat.clone(), &config.fixed.push, &origins).await?;
        if let Some(push) = push.clone() {
            spawn(&halt, async move { push.keep().await });
        }
        if let Some(hook) = Hook::start(chat.clone(), &config.fixed.webhook)? {
            spawn(&halt, async move { hook.keep().await });
        }
        let api = Api {
            chat: chat.clone(),
            push,
            limits: limits.clone(),
            origins: origins.as_slice().into(),
            leave_to: config.fixed.server.leave_to.clone(),
            security_contact: config.fixed.server.security_contact.clone(),
            exit: exit.clone(),
        };
        let gateway = Arc::new(Gateway {
            chat: chat.clone(),
            hub,
            limits: limits.clone(),
            origins,
            sockets_max: server.max_connections,
            turns: Turns::default(),
            exit: exit.clone(),
            tracker: tracker.clone(),
            build: BUILD,
        });
        let live = Router::new().route("/live", get(live)).with_state(gateway);
        let service = guard(live.merge(routes(Arc::new(api))));
        let drain = server.drain;
        let door = Door { server, limits, bounds: Bounds::default(), metrics: metrics().clone() };
        tokio::spawn(accept::serve(listener, tls, service, door, exit.clone(), tracker.clone()));
        Ok(Self { address, chat, checkpoints, exit, halt, tracker, drain })
    }

    /// Stops taking connections, says goodbye to those there are, and waits for them, at most for the drain's time: until then
    /// the log is followed and the other nodes are told. What the rules in shadow saw is written, and the end of the log is signed.
    pub async fn stop(self) {
        self.exit.cancel();
        self.tracker.close();
        if tokio::time::timeout(self.drain, self.tracker.wait()).await.is_err() {
            tracing::warn!(left = self.tracker.len(), "the drain's time is over; the rest is cut off");
        }
        self.halt.cancel();
        self.chat.write_shadow().await;
        // A count that is lost now is a few reads.
        let _counted = self.chat.count_reads().await;
        self.checkpoints.sign().await;
    }

    /// Runs until a signal asks it to stop, or until the record cannot be trusted any more.
    pub async fn run(self) -> anyhow::Result<()> {
        let store = self.chat.store().clone();
        tokio::select! {
            signal = stop_signal() => {
                signal?;
                tracing::info!("stopping");
                self.stop().await;
                Ok(())
            }
            () = store.stopped() => {
                self.stop().await;
                anyhow::bail!("the record could not be written; see the log above, then start again")
            }
        }
    }
}

/// Checks the record as far as a start relies on it, and gives what signs its end from now on.
async fn checkpoints(config: &Config, chat: &Chat) -> anyhow::Result<Checkpoints> {
    let (folder, epoch) = (config.fixed.store.clone(), chat.store().epoch().to_owned());
    let book = tokio::task::spawn_blocking(move || Book::open(&folder, &epoch)).await??;
    check_start(chat.store(), &book).await?;
    Ok(Checkpoints::new(chat.store().clone(), chat.bus().clone(), book))
}

/// What runs beside the connections, until the node stops.
fn background(config: &Config, chat: &Arc<Chat>, hub: &Arc<Hub>, limits: &Arc<Limits>, halt: &CancellationToken) {
    let follower = follow(chat.clone(), hub.clone());
    spawn(halt, async move {
        if let Err(error) = follower.await {
            tracing::error!(%error, "the log cannot be followed; nothing is delivered any more");
        }
    });
    let (bus, until) = (chat.bus().clone(), halt.clone());
    tokio::spawn(async move {
        bus.run(until.clone()).await;
        if !until.is_cancelled() {
            tracing::error!("a part of the bus has ended; other nodes are heard by the log alone");
        }
    });
    if let Some(hints) = chat.bus().take_queue() {
        spawn(halt, serve_queues(chat.clone(), hub.clone(), hints));
    }
    let clock = chat.clone();
    spawn(halt, async move { clock.keep_time().await });
    let idle = chat.clone();
    spawn(halt, async move { idle.keep_idle().await });
    let retention = chat.clone();
    spawn(halt, async move { retention.keep_retention().await });
    let shadow = chat.clone();
    spawn(halt, async move { shadow.keep_shadow().await });
    spawn(halt, rules::watch(chat.clone(), config.fixed.rules.clone(), config.fixed.shadow_rules.clone()));
    let limits = limits.clone();
    spawn(halt, async move {
        loop {
            tokio::time::sleep(PRUNE_EVERY).await;
            limits.prune();
        }
    });
    let sessions = chat.clone();
    spawn(halt, async move {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if sessions.count_reads().await.is_err() {
                tracing::warn!("some reads of articles were not counted");
            }
            match sessions.disable_unused().await {
                Ok(0) => (),
                Ok(many) => tracing::warn!(many, "staff who had not signed in for long were disabled"),
                Err(refusal) => tracing::warn!(code = refusal.code.as_str(), "unused accounts were not looked for"),
            }
            if let Err(refusal) = sessions.sweep_sessions().await {
                tracing::warn!(
                    code = refusal.code.as_str(),
                    "old sessions could not be dropped; they are refused all the same"
                );
            }
        }
    });
}

fn spawn(halt: &CancellationToken, work: impl Future<Output = ()> + Send + 'static) {
    let halt = halt.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = halt.cancelled() => (),
            () = work => (),
        }
    });
}

/// The certificate is read again when it changes, and ordered when it is time, where it is ordered.
fn keep_certificate(tls: Tls, named: Option<Certificate>, exit: &CancellationToken) {
    if let Some(Certificate::Ordered(named)) = named {
        spawn(exit, acme::keep(tls.clone(), named));
    }
    tokio::spawn(tls.watch(exit.clone()));
}

async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => (),
        _ = int.recv() => (),
    }
    Ok(())
}
