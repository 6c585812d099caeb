//! A database server that dies, that is at the other end of a wire that carries nothing, or that does not let the product in.

use super::{Proxy, Wire, becomes, open_files};
use crate::crowd::{Crowd, Ground, any, rounds};
use crate::postgres::Postgres;
use crate::process::{PATIENCE, Server};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Open files that there may be more of while the database is away: connections that are being tried and given up, and clients
/// who ask meanwhile.
const MORE_MAX: usize = 24;

/// Waits until so many more messages got no yes.
async fn refused(crowd: &Crowd, server: &Server, more: usize) {
    let (before, patience) = (crowd.doubtful(), Instant::now() + 2 * PATIENCE);
    while crowd.doubtful() < before + more {
        assert!(Instant::now() < patience, "nothing is refused:\n{}", server.said());
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_server_that_is_killed_loses_nothing_that_was_acknowledged() {
    let mut database = Postgres::start();
    let ground = Ground::on_postgres(&mut database, "").await;
    let server = ground.serve();
    let crowd = Crowd::gather(&ground, &server);
    for _ in 0..rounds(2, 50) {
        crowd.talk(10, PATIENCE).await;
        sleep(Duration::from_millis(any(500))).await;
        database.kill();
        becomes(&server, "unavailable").await;
        refused(&crowd, &server, 5).await;
        database.restart();
        becomes(&server, "ok").await;
        crowd.talk(10, PATIENCE).await;
    }
    crowd.settle(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_before_the_database_refuses_and_piles_nothing_up() {
    let mut database = Postgres::start();
    let proxy = Proxy::before(database.port()).await;
    let ground = Ground::on_postgres_by(&mut database, proxy.address.port(), "").await;
    let server = ground.serve();
    let crowd = Crowd::gather(&ground, &server);
    for _ in 0..rounds(1, 25) {
        for cut in [Wire::Hold, Wire::Reset] {
            crowd.talk(10, PATIENCE).await;
            let files = open_files(&server);
            proxy.turn(cut);
            becomes(&server, "unavailable").await;
            refused(&crowd, &server, 10).await;
            let now = open_files(&server);
            assert!(now <= files + MORE_MAX, "{files} open files before, {now} now");
            proxy.turn(Wire::Pass);
            becomes(&server, "ok").await;
            crowd.talk(10, 2 * PATIENCE).await;
        }
    }
    crowd.settle(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_let_it_in_is_named_without_the_password() {
    let mut database = Postgres::start();
    let ground = Ground::on_postgres(&mut database, "").await;
    let written = std::fs::read_to_string(&ground.config).expect("its configuration");
    let wrong = "a-password-that-is-wrong";
    let gone = crate::world::free_port();
    let port = database.port();
    let name = written.rsplit_once('/').and_then(|(_, rest)| rest.split('"').next()).expect("a database");
    for (change, words) in [
        ((":handrail@".to_owned(), format!(":{wrong}@")), ["database server", "password"]),
        ((format!("/{name}\""), "/nowhere\"".into()), ["database server", "nowhere"]),
        ((format!(":{port}/"), format!(":{gone}/")), ["database server", "refused"]),
    ] {
        std::fs::write(&ground.config, written.replace(&change.0, &change.1)).expect("a configuration");
        match Server::try_serve(&ground.config) {
            Ok(server) => panic!("it starts with {change:?}:\n{}", server.said()),
            Err((ended, said)) => {
                assert_eq!(ended.code(), Some(1), "{said}");
                for word in words {
                    assert!(said.contains(word), "it does not say {word:?}:\n{said}");
                }
                assert!(!said.contains(wrong) && !said.contains("handrail:handrail"), "it tells the password:\n{said}");
            }
        }
    }
}
