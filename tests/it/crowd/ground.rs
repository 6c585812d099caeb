//! Where a crowd meets: a folder with a record of a few pairs and their staff, one small rule pack, and a configuration.

use crate::history::Record;
use crate::operate::pack;
use crate::postgres::Postgres;
use crate::process::{Person, Server, people, person};
use handrail::app::demo;
use handrail::config::{Config, Secret};
use handrail::store::Scope;
use handrail_domain::people::Site;
use rusqlite::Connection;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Pairs of a mentor and a mentee.
pub(crate) const PAIRS: usize = 4;
/// The word that the rules hold.
pub(crate) const HELD_WORD: &str = "gecko";
/// How long a decision may be undone here, in milliseconds.
const UNDO_MS: i64 = 300;

/// A folder, and who is in its record.
pub(crate) struct Ground {
    pub(crate) data: PathBuf,
    pub(crate) config: PathBuf,
    pub(crate) record: Record,
    pub(crate) all: Vec<Person>,
    rules: PathBuf,
    _own: Option<TempDir>,
}

impl Ground {
    /// In a folder of its own, with more configuration.
    pub(crate) fn new(more: &str) -> Self {
        let own = tempfile::tempdir().expect("a folder");
        let root = own.path().to_owned();
        Self { _own: Some(own), ..Self::at(&root, more) }
    }

    /// In a folder of its own, over these files.
    pub(crate) fn of(files: &[(String, Vec<u8>)]) -> Self {
        let own = tempfile::tempdir().expect("a folder");
        let root = own.path().to_owned();
        Self { _own: Some(own), ..Self::over(&root, files, "") }
    }

    /// Over a record of its own on a database server.
    pub(crate) async fn on_postgres(server: &mut Postgres, more: &str) -> Self {
        let port = server.port();
        Self::on_postgres_by(server, port, more).await
    }

    /// The same, where the product reaches that server at another port.
    pub(crate) async fn on_postgres_by(server: &mut Postgres, port: u16, more: &str) -> Self {
        let url = server.database();
        let own = tempfile::tempdir().expect("a folder");
        let seeded = tempfile::tempdir().expect("a folder");
        seed_server(&url, seeded.path()).await;
        let accounts = "demo-accounts.json";
        let people = std::fs::read(seeded.path().join(accounts)).expect("who can sign in");
        let there = url.replace(&format!(":{}/", server.port()), &format!(":{port}/"));
        let more = format!("{more}[store]\nurl = \"{there}\"\n");
        let root = own.path().to_owned();
        let ground = Self::over(&root, &[(accounts.into(), people)], &more);
        Self { record: Record::Server(url), _own: Some(own), ..ground }
    }

    /// In that folder.
    pub(crate) fn at(root: &Path, more: &str) -> Self {
        Self::over(root, seed(), more)
    }

    fn over(root: &Path, files: &[(String, Vec<u8>)], more: &str) -> Self {
        let (data, rules) = (root.join("data"), root.join("rules"));
        for folder in [&data, &rules] {
            std::fs::create_dir(folder).expect("a folder");
        }
        std::fs::write(rules.join("gecko.toml"), pack("gecko", HELD_WORD)).expect("a pack");
        for (name, bytes) in files {
            std::fs::write(data.join(name), bytes).expect("a seed");
        }
        let config = root.join("handrail.toml");
        configure(&config, more);
        let record = Record::File(data.join("handrail.db"));
        Self { all: people(&data), record, config, data, rules, _own: None }
    }

    /// A configuration for another node, in which one thing is said otherwise.
    pub(crate) fn another(&self, from: &str, to: &str) -> PathBuf {
        let written = std::fs::read_to_string(&self.config).expect("its configuration");
        assert!(written.contains(from), "there is no {from} in {written}");
        let other = self.config.with_file_name("another.toml");
        std::fs::write(&other, written.replace(from, to)).expect("a configuration");
        other
    }

    /// The rule pack that judges here.
    pub(crate) fn pack(&self) -> PathBuf {
        self.rules.join("gecko.toml")
    }

    /// A server over it.
    pub(crate) fn serve(&self) -> Server {
        Server::serve(&self.config)
    }

    pub(crate) fn person(&self, name: &str) -> Person {
        person(&self.all, name)
    }
}

fn configure(config: &Path, more: &str) {
    // A crowd says more in a second than people do.
    let rate = "{ per_second = 500, burst = 500 }";
    let limits = format!(
        "[limits]\nframes_per_connection = {rate}\nsends_per_account = {rate}\nsends_per_conversation = {rate}\n"
    );
    let server = "[server]\nlisten = \"127.0.0.1:0\"\ndrain_seconds = 3\n[session]\nsecond_step = \"nobody\"\n";
    std::fs::write(config, format!("{server}{limits}{more}")).expect("a configuration");
}

/// The files of a record with the demonstration's people in it, made once by the server itself.
fn seed() -> &'static [(String, Vec<u8>)] {
    static SEED: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    SEED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        Server::demo(folder.path(), PAIRS).kill();
        let record = Connection::open(folder.path().join("handrail.db")).expect("the record");
        let undo = "UPDATE site SET settings = json_set(settings, '$.undo_ms', ?1)";
        assert_eq!(record.execute(undo, [UNDO_MS]).expect("a shorter window"), 1);
        record.close().expect("all of it in one file");
        let files = std::fs::read_dir(folder.path()).expect("its files").map(|file| file.expect("a file"));
        files
            .map(|file| {
                (file.file_name().to_string_lossy().into_owned(), std::fs::read(file.path()).expect("its bytes"))
            })
            .collect()
    })
}

/// The same on a database server.
async fn seed_server(url: &str, folder: &Path) {
    let mut config = Config::demo(folder, SocketAddr::from(([127, 0, 0, 1], 0))).expect("loopback");
    config.fixed.database = Some(Secret::new(url.to_owned()));
    let chat = handrail::app::open(&config).await.expect("the record opens");
    demo::seed(&chat, folder, PAIRS).await.expect("people");
    let sites = chat.store().read(|record| record.sites()).await.expect("its site");
    let shorter = |mut site: Site| {
        site.settings.undo_ms = UNDO_MS;
        site
    };
    for site in sites.into_iter().map(shorter) {
        chat.store().write(Scope::Everything, move |tx| Ok(tx.put_site(&site)?)).await.expect("a shorter window");
    }
}
