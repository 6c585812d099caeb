//! The scheme around the chat: what is written down about people, relationships and the scheme itself (`form`, `forms`, `paper`, `site_paper`),
//! who fits whom (`matching`), how somebody comes in (`invite`), when a real name may be read (`glass`), what a coordinator should do next (`task`),
//! and what a funder is told (`numbers`).

pub mod form;
pub mod forms;
pub mod glass;
pub mod invite;
pub mod matching;
pub mod numbers;
pub mod paper;
pub mod site_paper;
pub mod task;
