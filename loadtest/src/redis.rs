//! Redis beside the server: one that the run starts for itself, or one that is there, as a process to be measured. The load
//! test itself keeps nothing in it.

use anyhow::{Context as _, bail, ensure};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// What `--redis` says instead of a URL when the run shall start one.
pub(crate) const START: &str = "auto";
/// How long a Redis may take to listen.
const LISTEN_MAX: Duration = Duration::from_secs(10);

/// How long Redis may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// The longest answer that is read: the section is a few hundred bytes.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// A Redis that the run started, on a free loopback port. It goes when this is dropped.
pub(crate) struct Redis {
    pub(crate) url: String,
    child: Child,
}

impl Redis {
    /// Starts one. It keeps nothing on disk, as the server never needs it to: the record is elsewhere.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let authority = crate::server::free_authority()?;
        let port = authority.rsplit(':').next().unwrap_or_default();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir"]).arg(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().context("starting redis-server: install it with `apt-get install redis-server`")?;
        let mut redis = Self { url: format!("redis://{authority}"), child };
        let from = Instant::now();
        while TcpStream::connect(&authority).await.is_err() {
            if let Some(status) = redis.child.try_wait()? {
                bail!("redis-server stopped at once ({status})");
            }
            ensure!(from.elapsed() < LISTEN_MAX, "redis-server did not listen after {} s", LISTEN_MAX.as_secs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(redis)
    }
}

/// The id of the Redis process behind a URL, if it runs on this machine and tells.
pub(crate) async fn process(url: &str) -> Option<u32> {
    tokio::time::timeout(ANSWER_MAX, ask(url)).await.ok()?.ok().filter(|pid| is_redis(*pid))
}

async fn ask(url: &str) -> anyhow::Result<u32> {
    let mut stream = TcpStream::connect(authority(url).context("a Redis URL")?).await?;
    stream.write_all(b"INFO server\r\n").await?;
    let mut answer = Vec::new();
    loop {
        let read = stream.read_buf(&mut answer).await?;
        if let Some(pid) = pid_in(&String::from_utf8_lossy(&answer)) {
            return Ok(pid);
        }
        ensure!(read > 0 && answer.len() < ANSWER_BYTES_MAX, "no process id in the answer");
    }
}

fn authority(url: &str) -> Option<String> {
    let rest = url.strip_prefix("redis://")?.split('/').next()?;
    let host = rest.rsplit('@').next().filter(|host| !host.is_empty())?;
    Some(if host.contains(':') { host.to_owned() } else { format!("{host}:6379") })
}

fn pid_in(answer: &str) -> Option<u32> {
    let rest = answer.split("process_id:").nth(1)?;
    // Without the end of the line the number may be cut off.
    rest.split_once('\r').and_then(|(number, _)| number.parse().ok())
}

/// Redis in a container or on another machine names a process that is not this machine's.
fn is_redis(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.contains("redis"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_taken_out_of_the_url() {
        assert_eq!(authority("redis://127.0.0.1:6380/1").as_deref(), Some("127.0.0.1:6380"));
        assert_eq!(authority("redis://u:p@localhost").as_deref(), Some("localhost:6379"));
        assert_eq!(authority("http://localhost"), None);
        assert_eq!(authority("redis://"), None);
    }

    #[test]
    fn the_process_is_read_when_its_line_is_whole() {
        assert_eq!(pid_in("$99\r\n# Server\r\nprocess_id:4711\r\ntcp_port:6379\r\n"), Some(4_711));
        assert_eq!(pid_in("process_id:47"), None);
        assert_eq!(pid_in("-NOAUTH\r\n"), None);
    }
}
