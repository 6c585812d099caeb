//! A PostgreSQL server for the tests of this process, on its own port and in its own folder, and a database for each of them.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use tempfile::TempDir;

/// A server. It ends when its input does: with this value, or with the process.
pub(crate) struct Postgres {
    child: Child,
    /// Taken when it is to end.
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    port: u16,
    databases: usize,
    /// Said behind its address: one that takes TLS is not trusted by whoever does not know its certificate.
    plain: &'static str,
    _folder: TempDir,
}

impl Postgres {
    /// One that answers.
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder for PostgreSQL"), "")
    }

    /// One that also takes TLS, with `cert.pem` and `key.pem` of this folder. Its databases are named without.
    pub(crate) fn start_with_tls(files: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder for PostgreSQL");
        for (from, to) in [("cert.pem", "server.crt"), ("key.pem", "server.key")] {
            std::fs::copy(files.join(from), folder.path().join(to)).expect("a copy");
        }
        Self::start_in(folder, "?sslmode=disable")
    }

    fn start_in(folder: TempDir, plain: &'static str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres");
        let port = crate::world::free_port();
        let mut child = Command::new(script)
            .args([folder.path().as_os_str(), port.to_string().as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("PostgreSQL starts; install it with `apt-get install postgresql`");
        let (words, answers) = (child.stdin.take().expect("input"), child.stdout.take().expect("output"));
        let answers = BufReader::new(answers);
        let words = Some(words);
        let mut server = Self { child, words, answers, port, databases: 0, plain, _folder: folder };
        server.say("start");
        server
    }

    fn say(&mut self, word: &str) {
        writeln!(self.words.as_mut().expect("it runs"), "{word}").expect("the script reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the script answers");
        assert_eq!(answer, "done\n", "the database server did not {word}");
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.say("kill");
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self) {
        self.say("start");
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Makes a database and says where it is.
    pub(crate) fn database(&mut self) -> String {
        self.databases += 1;
        let name = format!("record{}", self.databases);
        self.say(&format!("create {name}"));
        format!("postgres://handrail:handrail@127.0.0.1:{}/{name}{}", self.port, self.plain)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its folder goes only when it has ended: it stops the server by what is in there.
        drop(self.words.take());
        let _ended = self.child.wait();
    }
}

/// A new database on the server that all tests of this process share.
pub(crate) fn database() -> String {
    static SHARED: OnceLock<Mutex<Postgres>> = OnceLock::new();
    SHARED.get_or_init(|| Mutex::new(Postgres::start())).lock().expect("no test breaks the server").database()
}
