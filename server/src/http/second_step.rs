//! The second step of a sign-in: how it stands, setting it, and a code again for what matters. Staff who have none yet may ask here, and
//! nowhere else.

use super::Api;
use super::body::json;
use super::refusal::Refused;
use super::session::{from_own_page, half_from_own_page, proof_cookie};
use crate::chat::{Assertion, Signed, StepShown};
use crate::door::{self, Shown};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::wire::{CodeGiven, PasskeyShown, Proved, SecondStepBegun, SecondStepView, StepGiven};
use http::HeaderMap;
use http::header::SET_COOKIE;
use std::future::Future;
use std::sync::Arc;

/// `GET /api/second-step`.
pub(super) async fn state(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Json<SecondStepView>, Refused> {
    let who = door::who_by_half(&api.chat, &headers).await?;
    Ok(Json(api.chat.second_step(&who).await?))
}

/// `POST /api/second-step`.
pub(super) async fn begin(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Json<SecondStepBegun>, Refused> {
    let who = half_from_own_page(&api, &headers).await?;
    Ok(Json(api.chat.begin_second_step(&who, door::proof(&headers)).await?))
}

/// `POST /api/second-step/confirm`.
pub(super) async fn confirm(State(api): State<Arc<Api>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    let who = half_from_own_page(&api, &headers).await?;
    let given: CodeGiven = json(&headers, &body)?;
    let confirmed = api.chat.confirm_second_step(&who, door::proof(&headers), &given.code);
    let (spare, proof) = counted(&api, &who, confirmed).await?;
    let mut answer = Json(spare).into_response();
    answer.headers_mut().insert(SET_COOKIE, proof_cookie(&proof));
    Ok(answer)
}

/// `POST /api/session/proof`.
pub(super) async fn prove(State(api): State<Arc<Api>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    let who = from_own_page(&api, &headers).await?;
    let StepGiven { code, passkey } = json(&headers, &body)?;
    let step = step_shown(&api, code, passkey).ok_or(Code::CodeNeeded)?;
    let proof = counted(&api, &who, api.chat.prove(&who, step)).await?;
    let bearer = matches!(door::shown(&headers), Some(Shown::Bearer(_)));
    let proved = Proved { proof: bearer.then(|| proof.token.clone()), until: proof.until };
    let mut answer = Json(proved).into_response();
    answer.headers_mut().insert(SET_COOKIE, proof_cookie(&proof));
    Ok(answer)
}

/// What somebody gives for their second step, if that is one thing and can be it.
pub(super) fn step_shown(api: &Api, code: Option<String>, passkey: Option<PasskeyShown>) -> Option<StepShown> {
    match (code, passkey) {
        (Some(code), None) => Some(StepShown::Code(code)),
        (None, Some(shown)) => Assertion::read(&shown, &api.origins).map(StepShown::Passkey),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// A try at somebody's code, of which there are as many as at a password.
async fn counted<T>(api: &Api, who: &Signed, tried: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    // A username has no colon, so these are not counted with anybody's passwords.
    let name = format!("code:{}", who.account.id);
    api.limits.check_guess(&name)?;
    let done = tried.await?;
    api.limits.guessed_right(&name);
    Ok(done)
}
