//! Passkeys over HTTP: what a device is asked for, and what it answers.

use super::Api;
use super::body::json;
use super::refusal::Refused;
use super::session::{from_own_page, half_from_own_page, may_guess, own_page, proof_cookie, proved};
use crate::door;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use handrail_domain::passkey::host_of;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::wire::{PasskeyAsked, PasskeyNew, PasswordGiven};
use http::header::{ORIGIN, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use std::sync::Arc;

/// What is said of one passkey too many, or of one that somebody has already.
const TOO_MANY: &str =
    "This passkey is there already, or you have ten. Remove one that you do not use, then try again.";
/// What is said of the last.
const LAST: &str = "This is your only second step. Add another passkey or an app first, then remove this one.";

type Shared = State<Arc<Api>>;
type Answer<T> = Result<Json<T>, Refused>;

/// The host of the page that asks, or of the first of our own.
fn host<'a>(api: &'a Api, headers: &HeaderMap) -> &'a str {
    let asks = headers.get(ORIGIN).map(http::HeaderValue::as_bytes);
    let own = api.origins.iter().find(|own| Some(own.as_bytes()) == asks).or(api.origins.first());
    own.map_or("", |origin| host_of(origin))
}

/// `POST /api/session/passkey`.
pub(super) async fn ask_to_sign_in(State(api): Shared, headers: HeaderMap, body: Bytes) -> Answer<PasskeyAsked> {
    own_page(&api, &headers)?;
    let PasswordGiven { username, password } = json(&headers, &body)?;
    // Only who is let in has guessed right: whoever has the password alone must not get more tries at the codes by asking here.
    may_guess(&api, &username)?;
    Ok(Json(api.chat.ask_passkey_of(username, password, host(&api, &headers)).await?))
}

/// `POST /api/session/proof/passkey`.
pub(super) async fn ask_to_prove(State(api): Shared, headers: HeaderMap) -> Answer<PasskeyAsked> {
    let who = from_own_page(&api, &headers).await?;
    Ok(Json(api.chat.ask_passkey(&who.account, host(&api, &headers)).await?))
}

/// `POST /api/passkeys/begin`.
pub(super) async fn begin(State(api): Shared, headers: HeaderMap) -> Answer<PasskeyAsked> {
    let who = half_from_own_page(&api, &headers).await?;
    Ok(Json(api.chat.begin_passkey(&who, door::proof(&headers), host(&api, &headers)).await?))
}

/// `POST /api/passkeys`.
pub(super) async fn add(State(api): Shared, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    let who = half_from_own_page(&api, &headers).await?;
    let new: PasskeyNew = json(&headers, &body)?;
    let added = api.chat.add_passkey(&who, door::proof(&headers), &new, &api.origins).await;
    let (spare, proof) = added.map_err(|refusal| instead(refusal, TOO_MANY))?;
    let mut answer = Json(spare).into_response();
    answer.headers_mut().insert(SET_COOKIE, proof_cookie(&proof));
    Ok(answer)
}

/// `DELETE /api/passkeys/{id}`.
pub(super) async fn remove(
    State(api): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let who = from_own_page(&api, &headers).await?;
    proved(&api, &headers, &who)?;
    api.chat.drop_passkey(&who, &id).await.map_err(|refusal| instead(refusal, LAST))?;
    Ok(StatusCode::NO_CONTENT)
}

/// What to do about what cannot be done yet.
fn instead(refusal: Refusal, advice: &str) -> Refused {
    match refusal.code == Code::NotYet {
        true => Refused::saying(Code::NotYet, advice.to_owned()),
        false => refusal.into(),
    }
}
