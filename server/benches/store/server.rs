//! A PostgreSQL server of the benchmark's own.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use tempfile::TempDir;

/// It ends when its input does.
pub(crate) struct Server {
    _child: Child,
    talk: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    port: u16,
    _folder: TempDir,
}

impl Server {
    /// Starts one; nothing if there is no PostgreSQL on this machine.
    pub(crate) fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres");
        let folder = tempfile::tempdir().ok()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut child = Command::new(script)
            .args([folder.path().as_os_str(), port.to_string().as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let talk = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        let server = Self { _child: child, talk: Mutex::new(talk), port, _folder: folder };
        server.say("start").then_some(server)
    }

    fn say(&self, word: &str) -> bool {
        let mut talk = self.talk.lock().expect("nobody panics with it");
        let mut answer = String::new();
        writeln!(talk.0, "{word}").is_ok() && talk.1.read_line(&mut answer).is_ok() && answer == "done\n"
    }

    pub(crate) fn database(&self, name: &str) -> String {
        assert!(self.say(&format!("create {name}")), "the database server makes no database");
        format!("postgres://handrail:handrail@127.0.0.1:{}/{name}", self.port)
    }
}
