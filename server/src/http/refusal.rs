//! Refusals and other answers that every route may give.

use crate::door::problem;
use axum::response::{IntoResponse, Response};
use handrail_domain::refusal::{Code, Refusal};
use http::StatusCode;

/// A refusal as a handler returns it.
pub(super) struct Refused(Box<Refusal>);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(refusal))
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Refusal::from(code).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        problem(&self.0)
    }
}

pub(super) async fn not_found() -> Refused {
    std::future::ready(Code::NotFound.into()).await
}

pub(super) async fn wrong_method() -> Response {
    let advice = "This address does not take that method.\n";
    std::future::ready((StatusCode::METHOD_NOT_ALLOWED, advice).into_response()).await
}
