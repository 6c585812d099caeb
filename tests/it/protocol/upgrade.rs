//! "Opening": what is refused before there is a socket.

use super::{Pair, pair};
use crate::client::{knock, request};
use crate::web;
use serde_json::Value;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;

fn with(mut request: Request, headers: &[(&'static str, &str)]) -> Request {
    for (name, value) in headers {
        match *value {
            "" => request.headers_mut().remove(*name),
            value => request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a value")),
        };
    }
    request
}

#[tokio::test]
async fn the_door_opens_for_whom_it_may_and_says_why_it_does_not() {
    let pair @ Pair { world, ann, .. } = &pair().await;
    let token = &ann.token;
    let own = format!("http://{}", world.address);
    let same_port = format!("http://localhost:{}", world.address.port());
    let (cookie, other) = (format!("__Host-handrail={token}"), format!("a=b; __Host-handrail={token}; c=d"));
    let wrong_cookie = format!("__Host-handrail={}", "x".repeat(43));
    let wrong = format!("Bearer {}", "x".repeat(43));
    let long = format!("Bearer {}", "x".repeat(4_000));
    let foreign = "https://elsewhere.example";
    let other_port = "http://127.0.0.1:1";
    for (headers, want) in [
        (vec![], None),
        (vec![("origin", own.as_str())], None),
        (vec![("authorization", ""), ("cookie", cookie.as_str()), ("origin", own.as_str())], None),
        (vec![("authorization", ""), ("cookie", other.as_str()), ("origin", same_port.as_str())], None),
        (vec![("sec-websocket-protocol", "chat, handrail.v1.json")], None),
        (vec![("authorization", "")], Some((401, "unauthenticated"))),
        (vec![("authorization", wrong.as_str())], Some((401, "unauthenticated"))),
        (vec![("authorization", long.as_str())], Some((401, "unauthenticated"))),
        (vec![("authorization", "Bearer ")], Some((401, "unauthenticated"))),
        (
            vec![("authorization", ""), ("cookie", wrong_cookie.as_str()), ("origin", own.as_str())],
            Some((401, "unauthenticated")),
        ),
        (vec![("origin", foreign)], Some((403, "forbidden"))),
        (vec![("origin", "null")], Some((403, "forbidden"))),
        (vec![("authorization", ""), ("cookie", cookie.as_str())], Some((403, "forbidden"))),
        (vec![("authorization", ""), ("cookie", cookie.as_str()), ("origin", foreign)], Some((403, "forbidden"))),
        (vec![("authorization", ""), ("cookie", cookie.as_str()), ("origin", other_port)], Some((403, "forbidden"))),
        (vec![("sec-websocket-protocol", "")], Some((426, ""))),
        (vec![("sec-websocket-protocol", "handrail.v2.json")], Some((426, ""))),
        (vec![("sec-websocket-version", "8")], Some((426, ""))),
    ] {
        let opened = knock(world.address, with(request(world.address, token), &headers)).await;
        match (opened, want) {
            (Ok(_), None) => (),
            (Err((status, body)), Some((want, code))) => {
                assert_eq!(status, want, "{headers:?}");
                let problem: Value = serde_json::from_str(&body).unwrap_or_default();
                assert_eq!(problem["code"].as_str().unwrap_or_default(), code, "{headers:?}");
                assert!(!body.contains(token.as_str()), "nothing leaks");
            }
            (opened, _) => panic!("{headers:?} wanted {want:?}, opened: {}", opened.is_ok()),
        }
    }
    pair.works("after").await;
}

#[tokio::test]
async fn a_token_in_the_address_is_no_token() {
    let Pair { world, ann, .. } = &pair().await;
    for path in [format!("/live?token={}", ann.token), format!("/live?access_token={}", ann.token)] {
        let mut request = with(request(world.address, &ann.token), &[("authorization", "")]);
        *request.uri_mut() = format!("ws://{}{path}", world.address).parse().expect("an address");
        assert_eq!(knock(world.address, request).await.err().map(|(status, _)| status), Some(401));
    }
    let request =
        with(request(world.address, &ann.token), &[("authorization", ""), ("sec-websocket-protocol", &ann.token)]);
    assert_eq!(knock(world.address, request).await.err().map(|(status, _)| status), Some(426));
}

#[tokio::test]
async fn what_is_no_upgrade_hears_which_versions_there_are() {
    let Pair { world, ann, .. } = &pair().await;
    let plain = web::get(world.address, "/live", &ann.token).await;
    assert_eq!((plain.status, plain.header("sec-websocket-protocol")), (426, "handrail.v1.json"));
    let bearer = format!("Bearer {}", ann.token);
    let posted = web::ask(world.address, "POST", "/live", &[("authorization", &bearer)], "").await;
    assert_eq!(posted.status, 405);
}
