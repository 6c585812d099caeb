//! Signing in and out, and who one is.

use super::Api;
use super::refusal::Refused;
use super::second_step::step_shown;
use crate::chat::{Arriving, Denied, Proof, Signed, SignedUp, StepShown};
use crate::door::{self, Shown};
use axum::Form;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use handrail_domain::push::Language;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::second_step::PROOF_MS;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{COOKIE, Here, Join, Me, PROOF_COOKIE, SessionPage, SignIn, SignedIn};
use http::header::{CONTENT_TYPE, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use std::sync::Arc;

/// The longest sign-in name that is looked up, in bytes.
const USERNAME_MAX: usize = 64;

/// `POST /api/session`.
pub(super) async fn sign_in(State(api): State<Arc<Api>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    own_page(&api, &headers)?;
    let json = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !json {
        return Err(Code::BadFrame.into());
    }
    let asked: SignIn = serde_json::from_slice(&body).map_err(|_| Code::BadFrame)?;
    let wants_token = asked.token;
    let gives = asked.code.is_some() || asked.passkey.is_some();
    let step = step_shown(&api, asked.code, asked.passkey);
    if gives && step.is_none() {
        return Err(Code::CodeNeeded.into());
    }
    let begun = begin(&api, asked.username, asked.password, Arriving { step, own_phone: asked.own }).await?;
    let signed_in = SignedIn {
        account: api.chat.me(&begun.signed),
        token: wants_token.then(|| begun.token.clone()),
        proof: begun.proof.as_ref().filter(|_| wants_token).map(|proof| proof.token.clone()),
        expires_at: begun.signed.expires_at,
    };
    let cookies = AppendHeaders(cookies(&begun).map(|cookie| (SET_COOKIE, cookie)));
    Ok((cookies, axum::Json(signed_in)).into_response())
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    username: String,
    password: String,
    /// The code of the second step; a page that has no script sends the empty field along.
    #[serde(default)]
    code: String,
    /// "This is my own phone": the page may then keep messages on it.
    own: Option<String>,
    /// The language of the page that asks; a refusal goes back there.
    #[serde(default)]
    language: Language,
}

/// `POST /sign-in`: the same as a plain form, which works before any script does.
pub(super) async fn sign_in_form(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    form: Result<Form<SignInForm>, axum::extract::rejection::FormRejection>,
) -> Response {
    let own = form.as_ref().is_ok_and(|form| form.own.is_some());
    let page = match form.as_ref().map_or(Language::En, |form| form.language) {
        Language::En => "/sign-in",
        Language::Cy => "/mewngofnodi",
    };
    let begun = match (own_page(&api, &headers), form) {
        (Ok(()), Ok(Form(form))) => {
            let step = Some(form.code).filter(|code| !code.trim().is_empty()).map(StepShown::Code);
            begin(&api, form.username, form.password, Arriving { step, own_phone: own }).await
        }
        (Err(refusal), _) => Err(refusal),
        (_, Err(_)) => Err(Code::BadFrame.into()),
    };
    match begun {
        Ok(begun) => {
            let cookies = cookies(&begun).chain([whose_phone(own)]).map(|cookie| (SET_COOKIE, cookie));
            (AppendHeaders(cookies), Redirect::to("/")).into_response()
        }
        Err(refusal) => Redirect::to(&format!("{page}?error={}", refusal.code.as_str())).into_response(),
    }
}

async fn begin(api: &Api, username: String, password: String, arriving: Arriving) -> Result<SignedUp, Refusal> {
    let name = may_guess(api, &username)?;
    let begun = api.chat.sign_in(username, password, arriving).await?;
    api.limits.guessed_right(&name);
    Ok(begun)
}

/// Whether another guess may be made at the password of that name; gives what its guesses are counted by.
pub(super) fn may_guess(api: &Api, username: &str) -> Result<String, Refusal> {
    if username.len() > USERNAME_MAX {
        return Err(Code::Unauthenticated.into());
    }
    // Names are not told apart by case, and neither are the guesses at their passwords.
    let name = username.to_lowercase();
    api.limits.check_guess(&name)?;
    Ok(name)
}

/// A form or a script of another page may not sign anybody in or out here.
pub(super) fn own_page(api: &Api, headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(ORIGIN) {
        Some(origin) if !api.origins.iter().any(|own| own.as_bytes() == origin.as_bytes()) => {
            Err(Code::Forbidden.into())
        }
        Some(_) | None => Ok(()),
    }
}

fn cookie(token: &str, expires_at: Option<Timestamp>) -> HeaderValue {
    let age = expires_at
        .map(|at| format!("; Max-Age={}", at.since_ms(crate::fresh::now()).max(0) / 1_000))
        .unwrap_or_default();
    let text = format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict{age}");
    // A token is base64url, so the text is always a header's.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// What a browser keeps of a session that has begun.
fn cookies(begun: &SignedUp) -> impl Iterator<Item = HeaderValue> {
    let session = cookie(&begun.token, begun.signed.expires_at);
    std::iter::once(session).chain(begun.proof.as_ref().map(proof_cookie))
}

/// What a browser shows for a few minutes, once a code was given.
pub(super) fn proof_cookie(proof: &Proof) -> HeaderValue {
    let text = format!(
        "{PROOF_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={}",
        proof.token,
        PROOF_MS / 1_000
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Tells the page, once, that somebody has just given their password, and whether this is their own phone. Its script reads
/// it, so it is no secret; that an address cannot say it keeps a locked page locked.
fn whose_phone(own: bool) -> HeaderValue {
    HeaderValue::from_static(match own {
        true => "__Host-handrail-own=yes; Path=/; Secure; SameSite=Strict; Max-Age=120",
        false => "__Host-handrail-own=no; Path=/; Secure; SameSite=Strict; Max-Age=120",
    })
}

/// `DELETE /api/session`.
pub(super) async fn sign_out(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Query(leaving): Query<Leaving>,
) -> Result<Response, Refused> {
    let who = half_from_own_page(&api, &headers).await?;
    api.chat.sign_out(&who).await?;
    let cleared = if leaving.keep_unsent { KEEPS_UNSENT } else { CLEARS_ALL };
    Ok(gone(cleared))
}

/// `DELETE /api/sessions`: every device of this person is signed out.
pub(super) async fn sign_out_everywhere(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Response, Refused> {
    let who = from_own_page(&api, &headers).await?;
    api.chat.sign_out_everywhere(&who).await?;
    Ok(gone(CLEARS_ALL))
}

/// `GET /api/sessions`.
pub(super) async fn sessions(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
) -> Result<axum::Json<SessionPage>, Refused> {
    let who = door::who(&api.chat, &headers).await?;
    Ok(axum::Json(SessionPage { sessions: api.chat.sessions(&who).await? }))
}

/// `GET /leave`: a page that says nothing about anybody, for who must not be seen here.
pub(super) async fn leave(State(api): State<Arc<Api>>) -> Redirect {
    std::future::ready(Redirect::to(&api.leave_to)).await
}

/// How somebody leaves.
#[derive(Deserialize)]
pub(super) struct Leaving {
    /// In a hurry: what was written and not sent yet waits on the device for its writer.
    #[serde(default)]
    keep_unsent: bool,
}

/// What a browser forgets (the W3C's Clear Site Data).
const CLEARS_ALL: &str = "\"cache\", \"cookies\", \"storage\"";
const KEEPS_UNSENT: &str = "\"cache\", \"cookies\"";

fn gone(cleared: &'static str) -> Response {
    let gone = [
        (SET_COOKIE.as_str(), format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")),
        ("clear-site-data", cleared.to_owned()),
    ];
    (StatusCode::NO_CONTENT, gone).into_response()
}

/// Who asks, and not by another page's script.
pub(super) async fn from_own_page(api: &Api, headers: &HeaderMap) -> Result<Signed, Refusal> {
    not_by_another_page(api, headers)?;
    let who = door::who(&api.chat, headers).await?;
    api.chat.here(&who);
    Ok(who)
}

/// `POST /api/session/here`: somebody is at this device. Pages say so when they are touched, once a minute at most.
pub(super) async fn here(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<axum::Json<Here>, Refused> {
    let who = from_own_page(&api, &headers).await?;
    Ok(axum::Json(Here { idle_ms: api.chat.idle_limit(&who).await? }))
}

/// The same, also for staff who have no second step yet.
pub(super) async fn half_from_own_page(api: &Api, headers: &HeaderMap) -> Result<Signed, Refusal> {
    not_by_another_page(api, headers)?;
    door::who_by_half(&api.chat, headers).await
}

fn not_by_another_page(api: &Api, headers: &HeaderMap) -> Result<(), Refusal> {
    match door::shown(headers) {
        Some(shown @ Shown::Cookie(_)) => door::same_origin(headers, shown, &api.origins),
        Some(Shown::Bearer(_)) | None => Ok(()),
    }
}

/// For what matters: whoever has a second step gave a code of it just now.
pub(super) fn proved(api: &Api, headers: &HeaderMap, who: &Signed) -> Result<(), Refusal> {
    api.chat.proved(who, door::proof(headers))
}

/// The same, with what they ask for. Who may not ask is told so before what is wrong with the asking.
pub(super) async fn asked_from_own_page<T: serde::de::DeserializeOwned>(
    api: &Api,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(Signed, T), Refused> {
    let who = from_own_page(api, headers).await?;
    Ok((who, super::body::json(headers, body)?))
}

/// `POST /api/join`: a code lets somebody in, who is signed in at once.
pub(super) async fn join(State(api): State<Arc<Api>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refused> {
    own_page(&api, &headers)?;
    let asked: Join = super::body::json(&headers, &body)?;
    let begun = api.chat.join(asked, false).await?;
    let expires_at = begun.signed.expires_at;
    let signed_in = SignedIn { account: api.chat.me(&begun.signed), token: None, proof: None, expires_at };
    let mut response = axum::Json(signed_in).into_response();
    response.headers_mut().insert(SET_COOKIE, cookie(&begun.token, begun.signed.expires_at));
    Ok(response)
}

#[derive(Deserialize)]
pub(super) struct JoinForm {
    code: String,
    username: String,
    password: String,
    /// See [`SignInForm`].
    own: Option<String>,
    /// See [`SignInForm`].
    #[serde(default)]
    language: Language,
}

/// `POST /join`: the same as a plain form, which works before any script does.
pub(super) async fn join_form(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    form: Result<Form<JoinForm>, axum::extract::rejection::FormRejection>,
) -> Response {
    let page = match form.as_ref().map_or(Language::En, |form| form.language) {
        Language::En => "/join",
        Language::Cy => "/ymuno",
    };
    let again = |why: &str| Redirect::to(&format!("{page}?error={why}")).into_response();
    let (Ok(()), Ok(Form(form))) = (own_page(&api, &headers), form) else { return again("bad_frame") };
    let (own, form_language) = (form.own.is_some(), form.language);
    let asked = Join { code: form.code, username: form.username, password: form.password };
    match api.chat.join(asked, own).await {
        Ok(begun) => {
            let cookies = [cookie(&begun.token, begun.signed.expires_at), whose_phone(own)];
            (AppendHeaders(cookies.map(|cookie| (SET_COOKIE, cookie))), Redirect::to("/")).into_response()
        }
        // The password is chosen; what is left is the code, for which one signs in.
        Err(Denied { refusal: Refusal { code: Code::CodeNeeded, .. }, .. }) => match form_language {
            Language::En => Redirect::to("/sign-in?error=code_needed").into_response(),
            Language::Cy => Redirect::to("/mewngofnodi?error=code_needed").into_response(),
        },
        Err(denied) => again(denied.refusal.code.as_str()),
    }
}

/// `GET /api/me`.
pub(super) async fn me(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<axum::Json<Me>, Refused> {
    let who = door::who_by_half(&api.chat, &headers).await?;
    Ok(axum::Json(api.chat.me(&who)))
}
