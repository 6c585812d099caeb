//! The other door: what is not live. One table of routes, then a file per noun.

mod articles;
mod assets;
mod body;
mod contact;
mod conversations;
mod described;
mod duty;
mod headers;
mod health;
mod passkeys;
mod push;
mod queues;
mod refusal;
mod reports;
mod rules;
mod scheme;
mod second_step;
mod session;
mod site;
mod table;

pub use headers::guard;

use crate::chat::Chat;
use crate::gateway::limits::Limits;
use crate::push::Push;
use axum::Router;
use axum::routing::{delete, get, post};
use std::sync::Arc;

/// What every route shares.
pub struct Api {
    /// The product.
    pub chat: Arc<Chat>,
    /// How much one may do.
    pub limits: Arc<Limits>,
    /// The origins of our own pages.
    pub origins: Arc<[String]>,
    /// What sends notifications, if the configuration does not turn it off.
    pub push: Option<Arc<Push>>,
    /// Where somebody goes who leaves in a hurry.
    pub leave_to: String,
    /// Who is told of a weakness.
    pub security_contact: Option<String>,
    /// Whether the node still takes new work.
    pub exit: tokio_util::sync::CancellationToken,
}

/// The table of routes.
pub fn routes(api: Arc<Api>) -> Router {
    Router::new()
        .route("/", get(assets::home))
        .route("/staff", get(assets::staff))
        .route("/sign-in", get(assets::sign_in).post(session::sign_in_form))
        .route("/assets/{*path}", get(assets::asset))
        .route("/messages", get(assets::messages))
        .route("/help", get(assets::help))
        .route("/join", get(assets::join).post(session::join_form))
        .route("/ymuno", get(assets::join_cy))
        .route("/mewngofnodi", get(assets::sign_in_cy))
        .route("/cymorth", get(assets::help_cy))
        .route("/leave", get(session::leave))
        .route("/sw.js", get(assets::asset))
        .route("/manifest.webmanifest", get(assets::asset))
        .route("/icon.svg", get(assets::asset))
        .route("/icon-192.png", get(assets::asset))
        .route("/icon-512.png", get(assets::asset))
        .route("/api/openapi.json", get(described::openapi))
        .route("/api/protocol.md", get(described::protocol))
        .route("/api/join", post(session::join))
        .route("/api/session", post(session::sign_in).delete(session::sign_out))
        .route("/api/session/here", post(session::here))
        .route("/api/session/proof", post(second_step::prove))
        .route("/api/session/proof/passkey", post(passkeys::ask_to_prove))
        .route("/api/session/passkey", post(passkeys::ask_to_sign_in))
        .route("/api/passkeys", post(passkeys::add))
        .route("/api/passkeys/begin", post(passkeys::begin))
        .route("/api/passkeys/{id}", delete(passkeys::remove))
        .route("/api/second-step", get(second_step::state).post(second_step::begin))
        .route("/api/second-step/confirm", post(second_step::confirm))
        .route("/api/sessions", get(session::sessions).delete(session::sign_out_everywhere))
        .route("/api/me", get(session::me))
        .route("/api/articles", get(articles::articles))
        .route("/api/articles/{id}", get(articles::article))
        .route("/api/library", get(articles::shelves).post(articles::begin))
        .route("/api/library/preview", post(articles::preview_of))
        .route("/api/library/{id}", get(articles::version).put(articles::save))
        .route("/api/library/{id}/{act}", post(articles::act))
        .route("/api/push", get(push::state).put(push::ask).delete(push::stop))
        .route("/api/push/test", post(push::test))
        .route("/api/conversations/{id}/messages", get(conversations::messages))
        .route("/api/queues/{site}/items", get(queues::items))
        .route("/api/queues/{site}/decisions", get(queues::decisions))
        .route("/api/items/{item}/background", get(duty::background))
        .route("/api/items/{item}/look", post(duty::ask_look))
        .route("/api/conversations/{id}/read", post(duty::read))
        .route("/api/duty", get(duty::duty).post(duty::start))
        .route("/api/duty/finish", post(duty::finish))
        .route("/api/looks", post(duty::look))
        .route("/api/looks/{id}", post(duty::say_look))
        .route("/api/oversight", get(duty::oversight))
        .route("/api/oversight.csv", get(duty::oversight_csv))
        .route("/api/reports", get(reports::reports))
        .route("/api/rules", get(rules::rules))
        .merge(scheme_routes())
        .route("/.well-known/security.txt", get(contact::security))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::wrong_method)
        .with_state(api)
}

/// Those of them that run a scheme.
fn scheme_routes() -> Router<Arc<Api>> {
    Router::new()
        .route("/api/roles", get(scheme::roles))
        .route("/api/forms", get(scheme::forms))
        .route("/api/home", get(scheme::home))
        .route("/api/site", get(site::choices).put(site::choose))
        .route("/api/site/papers", get(site::papers).post(site::write_paper))
        .route("/api/people", get(scheme::people).post(scheme::add_person))
        .route("/api/people.csv", get(scheme::people_csv))
        .route("/api/people/import", post(scheme::import))
        .route("/api/people/{id}", get(scheme::person))
        .route("/api/people/{id}/invite", post(scheme::invite))
        .route("/api/people/{id}/suspend", post(scheme::suspend))
        .route("/api/people/{id}/restore", post(scheme::restore))
        .route("/api/people/{id}/second-step", post(scheme::take_second_step_away))
        .route("/api/people/{id}/glass", post(scheme::break_glass))
        .route("/api/people/{id}/identity", post(scheme::identity))
        .route("/api/glass/{id}/seen", post(scheme::glass_seen))
        .route("/api/papers", post(scheme::write_paper))
        .route("/api/papers.csv", get(scheme::papers_csv))
        .route("/api/papers/{id}", get(scheme::paper).put(scheme::rewrite_paper))
        .route("/api/papers/{id}/{act}", post(scheme::act_on_paper))
        .route("/api/conversations/{id}/papers", get(scheme::own_papers))
        .route("/api/conversations/{id}/briefing", post(scheme::briefed))
        .route("/api/messages/{id}/appeal", post(scheme::appeal))
        .route("/api/feedback", get(scheme::feedback))
        .route("/api/relationships", get(scheme::relationships).post(scheme::begin))
        .route("/api/relationships.csv", get(scheme::relationships_csv))
        .route("/api/relationships/{id}", get(scheme::relationship))
        .route("/api/relationships/{id}/{act}", post(scheme::change))
        .route("/api/matches/{id}", get(scheme::matches))
        .route("/api/scheme", get(scheme::scheme))
        .route("/api/scheme.csv", get(scheme::scheme_csv))
}
