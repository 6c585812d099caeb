//! Who is asking: the token in a request's headers and the page it comes from; and how a refusal is said in HTTP. Both doors,
//! the socket and HTTP, ask here.

use crate::chat::{Chat, Signed};
use crate::telemetry::metrics;
use axum::response::{IntoResponse, Response};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::wire::{COOKIE, PROOF_COOKIE, PROOF_HEADER, Problem};
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE as COOKIE_HEADER, ORIGIN, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

/// The longest token that is looked up, in bytes.
const TOKEN_MAX: usize = 128;

/// How somebody shows who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown<'a> {
    /// A browser, by its cookie.
    Cookie(&'a str),
    /// Any other client, by `Authorization: Bearer`.
    Bearer(&'a str),
}

/// What a request shows. A bearer token goes before a cookie: whoever sets one means it.
pub fn shown(headers: &HeaderMap) -> Option<Shown<'_>> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    if let Some(token) = bearer {
        return Some(Shown::Bearer(token));
    }
    cookie(headers, COOKIE).map(Shown::Cookie)
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE_HEADER).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Whether the page that asks is one of ours. A browser's cookie needs an exact `Origin`; with a bearer token there may be
/// none, but a foreign one is refused.
pub fn same_origin(headers: &HeaderMap, shown: Shown<'_>, ours: &[String]) -> Result<(), Refusal> {
    let origin = headers.get(ORIGIN).map(|value| value.to_str().unwrap_or_default());
    match (origin, shown) {
        (None, Shown::Bearer(_)) => Ok(()),
        (Some(origin), _) if ours.iter().any(|own| own == origin) => Ok(()),
        (None, Shown::Cookie(_)) | (Some(_), _) => Err(Code::Forbidden.into()),
    }
}

/// Who is asking, if their session lives and they may do something.
pub async fn who(chat: &Chat, headers: &HeaderMap) -> Result<Signed, Refusal> {
    chat.session(token(headers)?).await
}

/// Who is asking, also of staff who have no second step yet.
pub async fn who_by_half(chat: &Chat, headers: &HeaderMap) -> Result<Signed, Refusal> {
    chat.any_session(token(headers)?).await
}

fn token(headers: &HeaderMap) -> Result<&str, Refusal> {
    match shown(headers) {
        Some(Shown::Cookie(token) | Shown::Bearer(token)) if token.len() <= TOKEN_MAX => Ok(token),
        Some(_) | None => Err(Code::Unauthenticated.into()),
    }
}

/// What a request shows of a code that was given just now.
pub fn proof(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(PROOF_HEADER).and_then(|value| value.to_str().ok());
    header.or_else(|| cookie(headers, PROOF_COOKIE)).filter(|proof| proof.len() <= TOKEN_MAX)
}

/// A refusal as RFC 9457 says it.
pub fn problem(refusal: &Refusal) -> Response {
    problem_saying(refusal, refusal.code.advice())
}

/// The same, with what exactly must be done instead.
pub fn problem_saying(refusal: &Refusal, detail: &str) -> Response {
    let code = refusal.code;
    metrics().refuse(code);
    let body = Problem {
        kind: "about:blank".into(),
        title: code.as_str().into(),
        status: code.status(),
        code,
        detail: detail.into(),
        retry_after_ms: refusal.retry_after_ms,
    };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_string(&body).unwrap_or_default();
    let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
    if let Some(ms) = refusal.retry_after_ms {
        response.headers_mut().insert(RETRY_AFTER, ms.div_ceil(1_000).into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_is_found_in_the_cookie_or_the_bearer_header() {
        let cookie = headers(&[("cookie", "a=b; __Host-handrail=tok; c=d")]);
        assert_eq!(shown(&cookie), Some(Shown::Cookie("tok")));
        let both = headers(&[("authorization", "bearer tik"), ("cookie", "__Host-handrail=tok")]);
        assert_eq!(shown(&both), Some(Shown::Bearer("tik")));
        assert_eq!(shown(&headers(&[("cookie", "handrail=tok"), ("authorization", "Basic x")])), None);
    }

    #[test]
    fn a_cookie_needs_our_own_origin_exactly() {
        let ours = ["https://chat.example.org".to_owned()];
        let check = |origin: &'static str, shown| same_origin(&headers(&[("origin", origin)]), shown, &ours).is_ok();
        assert!(check("https://chat.example.org", Shown::Cookie("t")));
        for foreign in
            ["null", "http://chat.example.org", "https://chat.example.org.evil", "https://chat.example.org:8443", ""]
        {
            assert!(!check(foreign, Shown::Cookie("t")), "{foreign}");
            assert!(!check(foreign, Shown::Bearer("t")), "{foreign}");
        }
        assert!(same_origin(&headers(&[]), Shown::Bearer("t"), &ours).is_ok());
        assert!(same_origin(&headers(&[]), Shown::Cookie("t"), &ours).is_err());
    }
}
