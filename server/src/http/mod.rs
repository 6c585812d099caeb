//! The other door: what is not live. One table of routes, then a file per noun.

mod articles;
mod assets;
mod body;
mod conversations;
mod duty;
mod headers;
mod health;
mod push;
mod queues;
mod refusal;
mod reports;
mod rules;
mod session;

pub use headers::guard;

use crate::chat::Chat;
use crate::gateway::limits::Limits;
use crate::push::Push;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// What every route shares.
pub struct Api {
    /// The product.
    pub chat: Arc<Chat>,
    /// How much one may do.
    pub limits: Arc<Limits>,
    /// The origins of our own pages.
    pub origins: Vec<String>,
    /// What sends notifications, if the configuration does not turn it off.
    pub push: Option<Arc<Push>>,
    /// Where somebody goes who leaves in a hurry.
    pub leave_to: String,
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
        .route("/mewngofnodi", get(assets::sign_in_cy))
        .route("/cymorth", get(assets::help_cy))
        .route("/leave", get(session::leave))
        .route("/sw.js", get(assets::asset))
        .route("/manifest.webmanifest", get(assets::asset))
        .route("/icon.svg", get(assets::asset))
        .route("/icon-192.png", get(assets::asset))
        .route("/icon-512.png", get(assets::asset))
        .route("/api/session", post(session::sign_in).delete(session::sign_out))
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
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::wrong_method)
        .with_state(api)
}
