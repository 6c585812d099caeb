//! Which Redis is spoken to: the one of an address, or the one that Sentinels call the primary. They are asked anew before every
//! connection, so after a failover the next one leads to the new primary.

use super::BusError;
use super::link::{CONNECT_DEADLINE, away};
use crate::config::Sentinels;
use redis::io::tcp::TcpSettings;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{Client, ConnectionAddr, ErrorKind, IntoConnectionInfo, RedisError, RedisResult, TlsMode};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// What a Redis in cluster mode is refused with.
const CLUSTER: &str = "this Redis runs in cluster mode, and Handrail needs one primary: set cluster-enabled no, or name a Redis \
                       that is alone, replicated, or behind Sentinels (redis+sentinel://)";

/// Where a client comes from. Two ways, so an enum.
#[derive(Clone)]
pub(super) enum Source {
    One(Client),
    /// Asking takes turns: the library keeps what it learns.
    Sentinels(Arc<Mutex<SentinelClient>>),
}

impl Source {
    /// The source at this address. Nothing is dialled yet.
    pub(super) fn new(url: &str) -> Result<Self, BusError> {
        if Sentinels::are_named_by(url) {
            let sentinels =
                Sentinels::parse(url).map_err(|why| BusError(format!("the Redis URL cannot be used: {why}")))?;
            let client = by(sentinels).map_err(|error| BusError(format!("the Sentinels cannot be used: {error}")))?;
            return Ok(Source::Sentinels(Arc::new(Mutex::new(client))));
        }
        // The address may carry a password: it is not repeated in the error.
        let advice = |error: RedisError| {
            BusError(format!(
                "the Redis URL cannot be used ({error}); write redis://HOST:PORT/DB, rediss:// for TLS, with user:password@ before the host if it needs one"
            ))
        };
        let info = url.into_connection_info().map_err(advice)?;
        Ok(Source::One(Client::open(info.set_tcp_settings(at_once())).map_err(advice)?))
    }

    /// The client for the primary.
    pub(super) async fn client(&self) -> RedisResult<Client> {
        match self {
            Source::One(client) => Ok(client.clone()),
            Source::Sentinels(sentinels) => {
                // In a box: the library's question is nested deeply, and every caller would carry its size.
                let asked = Box::pin(async { sentinels.lock().await.async_get_client().await });
                timeout(3 * CONNECT_DEADLINE, asked).await.unwrap_or_else(|_| Err(away()))
            }
        }
    }
}

fn at_once() -> TcpSettings {
    TcpSettings::default().set_nodelay(true)
}

fn by(sentinels: Sentinels) -> RedisResult<SentinelClient> {
    let Sentinels { hosts, name, database, user, password, sentinel_password, tls } = sentinels;
    let address = |(host, port)| match tls {
        true => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
        false => ConnectionAddr::Tcp(host, port),
    };
    let hosts: Vec<_> = hosts.into_iter().map(address).collect();
    let mut builder = SentinelClientBuilder::new(hosts, name, SentinelServerType::Master)?
        .set_client_to_redis_db(database)
        .set_client_to_redis_tcp_settings(at_once());
    if tls {
        builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
    }
    if let Some(user) = user {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = password {
        builder = builder.set_client_to_redis_password(password);
    }
    if let Some(password) = sentinel_password {
        builder = builder.set_client_to_sentinel_password(password);
    }
    builder.build()
}

/// Fails if a Redis that is there runs in cluster mode: a channel or a stream of ours would lie on one of its nodes, and scripts
/// over two keys on none. One that does not let us ask is believed.
pub(super) async fn refuse_cluster(connection: &mut impl redis::aio::ConnectionLike) -> RedisResult<()> {
    let mut question = redis::cmd("INFO");
    let told = timeout(CONNECT_DEADLINE, question.arg("cluster").query_async::<String>(connection)).await;
    match told {
        Ok(Ok(told)) if told.contains("cluster_enabled:1") => {
            Err(RedisError::from((ErrorKind::InvalidClientConfig, CLUSTER)))
        }
        Ok(Ok(_) | Err(_)) | Err(_) => Ok(()),
    }
}
