use super::*;
use crate::config::{Certificate, TlsFiles};

const DOCUMENTED: &str = include_str!("../../../../config/handrail.toml");

fn read(text: &str) -> Result<Config, String> {
    parse(text, Path::new("etc/handrail.toml")).map_err(|error| error.to_string())
}

fn refusal(text: &str) -> String {
    read(text).expect_err(text)
}

/// The refusal names this line and this key, and says this.
fn check(text: &str, line: usize, key: &str, says: &str) {
    let refusal = refusal(text);
    assert!(refusal.starts_with(&format!("etc/handrail.toml, line {line}, key `{key}`: ")), "{refusal}");
    assert!(refusal.contains(says), "{refusal}");
}

#[test]
fn the_file_that_documents_the_keys_has_the_defaults() {
    assert_eq!(read(DOCUMENTED).unwrap(), Config::defaults(Path::new("etc")));
    assert_eq!(read("").unwrap(), Config::defaults(Path::new("etc")));
}

#[test]
fn the_file_that_documents_the_keys_has_them_all() {
    // Keys that are off by default stand in it as comments.
    let with_all: String = DOCUMENTED
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_assignment(rest)).unwrap_or(line).to_owned() + "\n")
        .collect();
    let raw: Raw = toml::from_str(&with_all).unwrap();
    let missing = nulls(&serde_json::to_value(&raw).unwrap(), "");
    assert!(missing.is_empty(), "config/handrail.toml does not document {missing:?}");
}

fn is_assignment(line: &str) -> bool {
    let key = line.split_once(" = ").map(|(key, _)| key);
    key.is_some_and(|key| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

fn nulls(value: &serde_json::Value, at: &str) -> Vec<String> {
    match value.as_object() {
        Some(table) => table.iter().flat_map(|(key, value)| nulls(value, &format!("{at}.{key}"))).collect(),
        None if value.is_null() => vec![at.to_owned()],
        None => Vec::new(),
    }
}

#[test]
fn every_key_of_the_file_has_a_sentence_before_it() {
    let mut explained = false;
    for line in DOCUMENTED.lines().filter(|line| !line.is_empty()) {
        let comment = line.strip_prefix("# ");
        if comment.is_some_and(is_assignment) || is_assignment(line) {
            assert!(explained, "{line}");
            explained = false;
        } else if comment.is_some() {
            explained = true;
        }
    }
}

#[test]
fn a_whole_configuration_is_read() {
    let config = read(
        r#"
        [server]
        listen = "0.0.0.0:443"
        public_origins = ["https://chat.example.org", "https://chat.example.org:8443", "http://localhost:5173"]
        tls = { certificate = "tls/chain.pem", key = "/etc/key.pem" }
        trusted_addresses = ["192.0.2.0/24"]
        metrics_listen = "127.0.0.1:9464"
        [store]
        path = "/var/lib/handrail"
        [bus]
        redis = "redis://:secret-word@redis.example.org:6379/0"
        [limits]
        frames_per_connection = { per_second = 3, burst = 6 }
        [session]
        staff = { idle_minutes = 5, absolute_hours = 4 }
        [log]
        format = "json"
        level = "debug"
        "#,
    )
    .unwrap();
    let server = &config.fixed.server;
    let key = PathBuf::from("/etc/key.pem");
    assert_eq!(server.tls, Some(Certificate::Files(TlsFiles { certificate: "etc/tls/chain.pem".into(), key })));
    assert_eq!(server.origins(server.listen).len(), 3);
    assert!(server.trusts("192.0.2.200".parse().unwrap()) && !server.trusts("192.0.3.1".parse().unwrap()));
    assert_eq!(config.fixed.limits.frames_per_connection, Rate { per_second: 3, burst: 6 });
    assert_eq!(config.live.session.staff.idle, Duration::from_secs(300));
    assert_eq!((config.fixed.log_format, config.live.log_level), (LogFormat::Json, LogLevel::Debug));
    assert!(!format!("{config:?}").contains("secret-word"));
}

#[test]
fn a_certificate_is_ordered_from_lets_encrypt_unless_another_authority_is_named() {
    let config = |rest: &str| {
        let acme = format!("domains = [\"chat.example.org\"], terms_agreed = true{rest}");
        let read = read(&format!(
            "[server]\nlisten = \"0.0.0.0:443\"\npublic_origins = [\"https://chat.example.org\"]\nacme = {{ {acme} }}"
        ));
        let Some(Certificate::Ordered(acme)) = read.unwrap().fixed.server.tls else { panic!("it is ordered") };
        acme
    };
    let usual = config("");
    assert_eq!(
        (usual.domains.as_slice(), usual.contact, usual.authority),
        (&["chat.example.org".to_owned()][..], None, None)
    );
    assert!(
        usual.directory.starts_with("https://acme-v02.api.letsencrypt.org/") && usual.folder.ends_with("data/acme")
    );
    let other = config(r#", directory = "https://ca.example.org/dir", authority = "ca.pem", folder = "/var/lib/acme""#);
    assert_eq!((other.directory.as_str(), other.folder), ("https://ca.example.org/dir", "/var/lib/acme".into()));
    assert!(other.authority.unwrap().ends_with("ca.pem"));
}

#[test]
fn push_services_are_named_by_host_by_a_star_or_by_origin() {
    let services =
        r#"["push.example.org", "*.push.example.org", "https://push.example.org:8443", "http://127.0.0.1:9000"]"#;
    let config =
        read(&format!("[push]\non = false\ncontact = \"mailto:team@example.org\"\nservices = {services}")).unwrap();
    assert_eq!((config.fixed.push.on, config.fixed.push.services.len()), (false, 4));
    assert_eq!(config.fixed.push.contact.as_deref(), Some("mailto:team@example.org"));
}

#[test]
fn the_webhook_is_told_in_secret_or_on_this_machine_alone() {
    for url in ["https://pager.example.org/handrail", "http://127.0.0.1:9000/page", "http://localhost/page"] {
        let config = read(&format!("[webhook]\nurl = \"{url}\"\ntoken = \"a-secret\"")).unwrap();
        assert_eq!(config.fixed.webhook.url.as_deref(), Some(url));
    }
    for url in
        ["", "pager.example.org", "ftp://pager.example.org", "http://pager.example.org", "https://me@example.org/"]
    {
        check(&format!("[webhook]\nurl = \"{url}\""), 2, "webhook.url", "an https:// address");
    }
    for token in ["", "two words"] {
        check(&format!("[webhook]\ntoken = \"{token}\""), 2, "webhook.token", "no spaces");
    }
}

#[test]
fn a_server_that_others_can_reach_must_be_protected() {
    let says = "Give `tls` a certificate, or order one with `acme`, or set `behind_proxy = true`";
    for listen in ["0.0.0.0:8080", "192.0.2.7:80", "[::]:8080"] {
        check(&format!("[server]\n\nlisten = \"{listen}\""), 3, "server.listen", says);
    }
    for listen in ["127.0.0.1:1", "127.8.9.1:0", "[::1]:8080"] {
        read(&format!("[server]\nlisten = \"{listen}\"")).unwrap();
    }
    let proxied = "[server]\nlisten = \"0.0.0.0:8080\"\nbehind_proxy = true\n";
    let refusal = refusal(proxied);
    assert!(refusal.contains("key `server.public_origins`: name the origin"), "{refusal}");
    read(&format!("{proxied}public_origins = [\"https://chat.example.org\"]")).unwrap();
}

#[test]
fn a_bad_value_is_refused_with_its_line_and_what_is_allowed() {
    check("[server]\nlisten = \"8080\"", 2, "server.listen", "such as 127.0.0.1:8080");
    check("[server]\nlisten = 8080", 2, "server.listen", "expected a string");
    for wrong in ["security@example.org", "mailto:", "http://example.org", "mailto:a b@example.org"] {
        let config = format!("[server]\nsecurity_contact = \"{wrong}\"");
        check(&config, 2, "server.security_contact", "Allowed: such as mailto:");
    }
    check("[server]\nleave_to = \"weather\"", 2, "server.leave_to", "Allowed: such as https://");
    check("[server]\nleave_to = \"javascript:alert(1)\"", 2, "server.leave_to", "Allowed: such as https://");
    for contact in
        ["", "team@example.org", "mailto:", "mailto:team", "mailto:@example.org", "https://", "http://example.org"]
    {
        check(&format!("[push]\ncontact = \"{contact}\""), 2, "push.contact", "such as mailto:");
    }
    for service in ["", "*", "*.", "example", "Push.example.org", "push.example.org/x", "http://push.example.org"] {
        check(&format!("[push]\nservices = [\"{service}\"]"), 2, "push.services", "such as fcm.googleapis.com");
    }
    check("[push]\non = 1", 2, "push.on", "expected a boolean");
    check("[server]\nmax_connections = 0", 2, "server.max_connections", "Allowed: 1 to 1000000.");
    check("[server]\nmax_connections = \"many\"", 2, "server.max_connections", "a whole number");
    check("[server]\nmax_connections = 99999999999999", 2, "server.max_connections", "Allowed: 1 to 1000000.");
    check("[server]\nbehind_proxy = \"yes\"", 2, "server.behind_proxy", "expected a boolean");
    check("[server]\ndrain_seconds = -1", 2, "server.drain_seconds", "Allowed: 1 to 300.");
    check("[server]\npublic_origins = \"x\"", 2, "server.public_origins", "a list in [ ]");
    check("[server]\ntrusted_addresses = [\n\"10.1.2.3/8\"]", 2, "server.trusted_addresses", "10.0.0.0/8");
    check("[server]\ntrusted_proxies = [\"10.0.0.1\"]", 2, "server.trusted_proxies", "`behind_proxy = true`");
    check("[server]\nmetrics_listen = \"127.0.0.1:8080\"", 2, "server.metrics_listen", "Give another port");
    let acme = |rest: &str| {
        format!("[server]\npublic_origins = [\"https://chat.example.org\"]\n[server.acme]\nterms_agreed = true\n{rest}")
    };
    for names in
        ["[]", r#"["localhost"]"#, r#"["Chat.example.org"]"#, r#"["chat.-example.org"]"#, r#"["*.example.org"]"#]
    {
        check(&acme(&format!("domains = {names}")), 5, "server.acme.domains", "not names of a server");
    }
    let named = r#"domains = ["chat.example.org"]"#;
    check(
        &acme(&format!("{named}\ndirectory = \"http://ca.example.org/\"")),
        6,
        "server.acme.directory",
        "an address of https://",
    );
    check(&acme(&format!("{named}\ncontact = \"ops\"")), 6, "server.acme.contact", "nobody can be written to");
    check(&format!("[server.acme]\n{named}\nterms_agreed = false"), 3, "server.acme.terms_agreed", "Read them");
    let both =
        format!("[server]\ntls = {{ certificate = \"a\", key = \"b\" }}\nacme = {{ {named}, terms_agreed = true }}");
    check(&both, 3, "server.acme", "Leave one of the two out");
    check("[server]\ntls = { certificate = \"a\" }", 2, "server.tls", "missing field `key`");
    check("[server.tls]\ncertificate = \" \"\nkey = \"k\"", 2, "server.tls.certificate", "this is empty");
    check("[store]\npath = \"\"", 2, "store.path", "this is empty");
    check("[log]\nformat = \"xml\"", 2, "log.format", "\"text\" or \"json\"");
    check("[log]\nlevel = \"loud\"", 2, "log.level", "\"warn\"");
    let key = "limits.sends_per_account.burst";
    check("[limits]\nsends_per_account = { per_second = 5, burst = 0 }", 2, key, "Allowed: 1 to 100000.");
    let key = "limits.sign_in_guesses.guesses";
    check("[limits]\nsign_in_guesses = { guesses = 1000, minutes = 5 }", 2, key, "Allowed: 1 to 10.");
    let key = "session.staff.idle_minutes";
    check("[session]\nstaff = { idle_minutes = 61, absolute_hours = 1 }", 2, key, "Allowed: 1 to 60.");
}

#[test]
fn a_key_that_does_not_exist_is_refused_with_those_that_do() {
    check("[server]\nlisten = \"127.0.0.1:1\"\nlisen = \"\"", 3, "server.lisen", "`listen`, `public_origins`");
    check("[sever]", 1, "sever", "`server`, `store`");
    check(
        "[limits]\nsends_per_account = { per_secnd = 5, burst = 1 }",
        2,
        "limits.sends_per_account.per_secnd",
        "`per_second`",
    );
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    let refusal = refusal("[server]\nlisten = \"127.0.0.1:1\"\nmax_connections = = 3\n");
    assert!(refusal.starts_with("etc/handrail.toml, line 3: this is not TOML"), "{refusal}");
}

#[test]
fn an_origin_is_written_as_browsers_write_it() {
    for good in ["https://chat.example.org", "https://chat.example.org:8443", "http://127.0.0.1:8080", "http://[::1]:1"]
    {
        assert!(is_origin(good), "{good}");
    }
    let bad = [
        "",
        "null",
        "chat.example.org",
        "https://",
        "https://chat.example.org/",
        "https://chat.example.org:443",
        "https://Chat.example.org",
        "http://chat.example.org",
        "https://u@chat.example.org",
        "wss://chat.example.org",
        "https://chat.example.org:",
        "https://a b",
        "https://*",
    ];
    for bad in bad {
        assert!(!is_origin(bad), "{bad}");
    }
}

#[test]
fn a_redis_on_the_network_must_have_a_password_and_no_error_repeats_it() {
    for good in [
        "redis://127.0.0.1:6379",
        "redis://localhost",
        "redis://[::1]:6379/1",
        "unix:///run/redis.sock",
        "rediss://u:p@redis.example.org",
        "redis://:p@redis.example.org:6379/0",
        "redis+sentinel://127.0.0.1,localhost:26380/chat",
        "rediss+sentinel://:p@one.example.org,two.example.org/chat/1",
    ] {
        assert_eq!(check_redis(good), Ok(()), "{good}");
    }
    for bad in ["", "127.0.0.1:6379", "http://127.0.0.1", "redis://", "redis://127.0.0.1:99999", "unix://redis.sock"]
        .into_iter()
        .chain(["redis+sentinel://127.0.0.1", "redis+sentinel://one.example.org/chat"])
    {
        assert!(check_redis(bad).is_err(), "{bad}");
    }
    check("[bus]\nredis = \"redis://redis.example.org\"", 2, "bus.redis", "must have a password");
    assert!(!refusal("[bus]\nredis = \"redis://:secret-word@x:99999\"").contains("secret-word"));
}

#[test]
fn a_file_that_is_not_there_or_not_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("handrail.toml");
    assert!(load(&file).unwrap_err().to_string().contains("cannot be read"));
    std::fs::write(&file, b"[server]\n# caf\xe9\n").unwrap();
    assert_eq!(load(&file).unwrap_err().line, Some(2));
    std::fs::write(&file, vec![b'#'; 2 << 20]).unwrap();
    assert!(load(&file).unwrap_err().problem.contains("1 MiB"));
    std::fs::write(&file, DOCUMENTED).unwrap();
    assert_eq!(load(&file).unwrap(), Config::defaults(folder.path()));
}

#[test]
fn a_demo_stays_on_loopback() {
    let demo = |listen: &str| Config::demo(Path::new("d"), listen.parse().unwrap());
    let config = demo("127.0.0.1:0").unwrap();
    assert_eq!((config.fixed.store, config.fixed.rules), (PathBuf::from("d"), Rules::Embedded));
    let bound = "127.0.0.1:4711".parse().unwrap();
    let own = ["http://127.0.0.1:4711", "http://localhost:4711", "http://[::1]:4711"];
    assert_eq!(config.fixed.server.origins(bound), own);
    assert!(demo("0.0.0.0:8080").unwrap_err().to_string().contains("127.0.0.1:8080"));
}

#[test]
fn a_database_server_on_the_network_must_be_spoken_to_in_secret_and_no_error_repeats_its_password() {
    for good in [
        "postgres://handrail:p@127.0.0.1:5432/handrail",
        "postgresql://handrail@localhost/handrail",
        "postgres://handrail:p@db.example.org/handrail?sslmode=require",
        "postgres:///handrail?host=/run/postgresql",
    ] {
        assert_eq!(check_database(good), Ok(()), "{good}");
    }
    for bad in
        ["", "mysql://127.0.0.1/handrail", "host=127.0.0.1 dbname=handrail", "postgres://127.0.0.1", "postgres:///x"]
    {
        assert!(check_database(bad).is_err(), "{bad}");
    }
    check("[store]\nurl = \"postgres://db.example.org/x\"", 2, "store.url", "sslmode=require");
    assert!(!refusal("[store]\nurl = \"postgres://u:secret-word@db.example.org/x\"").contains("secret-word"));
}
