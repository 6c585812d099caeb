//! Addresses of the services that a node leans on. They may hold a password, so no error repeats them.

use crate::config::Sentinels;
use tokio_postgres::config::{Host, SslMode};

/// A Redis address as the bus takes it. Over a network it must have a password: whoever reaches the bus reads the queue.
pub(super) fn check_redis(address: &str) -> Result<(), String> {
    const ALLOWED: &str = "Allowed: such as redis://127.0.0.1:6379, rediss://user:password@redis.example.org:6379/0, \
                           redis+sentinel://:password@sentinel1:26379,sentinel2:26379/primary or unix:///run/redis.sock.";
    // The address may hold a password, so it is not repeated here.
    let bad = |why: &str| Err(format!("{why} {ALLOWED}"));
    if let Some(path) = address.strip_prefix("unix://") {
        return if path.starts_with('/') { Ok(()) } else { bad("this Unix socket has no absolute path.") };
    }
    if Sentinels::are_named_by(address) {
        return match Sentinels::parse(address) {
            Err(why) => bad(why),
            Ok(all) if all.password.is_none() && !all.hosts.iter().all(|(host, _)| is_loopback(host)) => {
                bad("a Redis on another machine must have a password.")
            }
            Ok(_) => Ok(()),
        };
    }
    let Some(rest) = address.strip_prefix("redis://").or_else(|| address.strip_prefix("rediss://")) else {
        return bad("this is not the address of a Redis.");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let Ok(parsed) = host.parse::<http::uri::Authority>() else { return bad("this names no host.") };
    if host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']') && port.parse::<u16>().is_err()) {
        return bad("this port is not a number up to 65535.");
    }
    let has_password = user.split_once(':').is_some_and(|(_, password)| !password.is_empty());
    if !is_loopback(parsed.host()) && !has_password {
        return bad("a Redis on another machine must have a password.");
    }
    Ok(())
}

/// The address of a database server as the record takes it. Over a network the link must be encrypted, and the server must
/// show a certificate that this machine trusts.
pub(super) fn check_database(address: &str) -> Result<(), String> {
    const ALLOWED: &str = "Allowed: such as postgres://user:password@127.0.0.1:5432/handrail, \
                           postgres://user:password@db.example.org/handrail?sslmode=require or \
                           postgres:///handrail?host=/run/postgresql.";
    // The address may hold a password, so it is not repeated here.
    let bad = |why: &str| Err(format!("{why} {ALLOWED}"));
    let known = address.starts_with("postgres://") || address.starts_with("postgresql://");
    let Ok(parsed) = address.parse::<tokio_postgres::Config>() else {
        return bad("this is not the address of a PostgreSQL server.");
    };
    if !known || parsed.get_hosts().is_empty() {
        return bad("this is not the address of a PostgreSQL server.");
    }
    if parsed.get_dbname().is_none() {
        return bad("this names no database.");
    }
    let near = |host: &Host| match host {
        Host::Tcp(name) => is_loopback(name),
        Host::Unix(_) => true,
    };
    if !parsed.get_hosts().iter().all(near) && parsed.get_ssl_mode() != SslMode::Require {
        return bad("a database server on another machine needs sslmode=require.");
    }
    Ok(())
}

pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
