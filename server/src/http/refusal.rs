//! Refusals and other answers that every route may give.

use crate::door::{problem, problem_saying};
use axum::response::{IntoResponse, Response};
use handrail_domain::refusal::{Code, Refusal};
use http::StatusCode;

/// A refusal as a handler returns it.
pub(super) struct Refused {
    refusal: Box<Refusal>,
    /// What exactly must be done, where more is known than the code says.
    detail: Option<String>,
}

impl Refused {
    /// A refusal that says what exactly must be done.
    pub(super) fn saying(code: Code, detail: String) -> Self {
        Self { refusal: Box::new(code.into()), detail: Some(detail) }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal: Box::new(refusal), detail: None }
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Refusal::from(code).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match &self.detail {
            Some(detail) => problem_saying(&self.refusal, detail),
            None => problem(&self.refusal),
        }
    }
}

pub(super) async fn not_found() -> Refused {
    std::future::ready(Code::NotFound.into()).await
}

pub(super) async fn wrong_method() -> Response {
    let advice = "This address does not take that method.\n";
    std::future::ready((StatusCode::METHOD_NOT_ALLOWED, advice).into_response()).await
}
