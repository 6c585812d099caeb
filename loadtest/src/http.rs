//! The few pages that a load test reads over HTTP: readiness, history, open items. One connection, kept alive, opened again
//! when it is gone. It never follows a redirect and never retries by itself.

use crate::link::Target;
use crate::wire::{self, Trust};
use anyhow::{Context as _, bail};
use bytes::Bytes;
use handrail_domain::ids::{ConversationId, ItemId, Seq, SiteId};
use handrail_domain::wire::{HistoryPage, ItemPage, ItemView, MessageView, Problem};
use http::header::{AUTHORIZATION, HOST};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// The largest answer: a page of 100 items with their context is far below it.
const BODY_MAX: usize = 8 * 1024 * 1024;
/// How many rows a page asks for.
const PAGE: usize = 100;
/// How often a page is asked for again when the server says that it was too much at once.
const TRIES: u32 = 50;

/// A connection for HTTP.
pub(crate) struct Http {
    authority: String,
    trust: Option<Trust>,
    sender: Option<SendRequest<Empty<Bytes>>>,
}

impl Http {
    pub(crate) fn new(target: &Target) -> Self {
        Self { authority: target.authority.clone(), trust: target.trust.clone(), sender: None }
    }

    /// The status and body of a page.
    pub(crate) async fn get(&mut self, path: &str, token: Option<&str>) -> anyhow::Result<(u16, Bytes)> {
        let got = tokio::time::timeout(ANSWER_MAX, self.ask(path, token)).await;
        let done = got.context("no answer in time").and_then(|answer| answer);
        if done.is_err() {
            self.sender = None;
        }
        done
    }

    async fn ask(&mut self, path: &str, token: Option<&str>) -> anyhow::Result<(u16, Bytes)> {
        let open = self.sender.take().filter(|sender| !sender.is_closed());
        let mut sender = match open {
            Some(sender) => sender,
            None => {
                let stream = wire::connect(&self.authority, self.trust.as_ref()).await.context("connecting")?;
                let (sender, connection) = handshake(TokioIo::new(stream)).await.context("speaking HTTP")?;
                tokio::spawn(connection);
                sender
            }
        };
        sender.ready().await.context("the connection closed")?;
        let mut request = http::Request::get(path).header(HOST, &self.authority);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let answer = sender.send_request(request.body(Empty::new())?).await.context("asking")?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), BODY_MAX).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("reading the answer: {error}"))?.to_bytes();
        self.sender = Some(sender);
        Ok((status, body))
    }

    async fn page<T: DeserializeOwned>(&mut self, path: &str, token: &str) -> anyhow::Result<T> {
        for _ in 0..TRIES {
            let (status, body) = self.get(path, Some(token)).await?;
            match status {
                200 => return serde_json::from_slice(&body).with_context(|| format!("GET {path}: reading the page")),
                429 | 503 => {
                    let problem = serde_json::from_slice::<Problem>(&body).ok();
                    let pause = problem.and_then(|problem| problem.retry_after_ms).unwrap_or(250);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                _ => bail!("GET {path}: the server answered {status}"),
            }
        }
        bail!("GET {path}: the server kept answering that it was too much at once")
    }

    /// Every delivered message of a conversation above a seq, oldest first.
    pub(crate) async fn history(
        &mut self,
        conversation: ConversationId,
        above: Seq,
        token: &str,
    ) -> anyhow::Result<Vec<MessageView>> {
        let mut rows: Vec<MessageView> = Vec::new();
        loop {
            let before = rows.last().map(|row| format!("&before={}", row.seq)).unwrap_or_default();
            let path = format!("/api/conversations/{conversation}/messages?limit={PAGE}{before}");
            let page: HistoryPage = self.page(&path, token).await?;
            let done = !page.more || page.messages.iter().any(|row| row.seq <= above) || page.messages.is_empty();
            rows.extend(page.messages.into_iter().filter(|row| row.seq > above));
            if done {
                rows.reverse();
                return Ok(rows);
            }
        }
    }

    /// Every open item of a queue.
    pub(crate) async fn open_items(&mut self, site: SiteId, token: &str) -> anyhow::Result<Vec<ItemView>> {
        let mut items: Vec<ItemView> = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/api/queues/{site}/items?state=open&limit={PAGE}{after}");
            let page: ItemPage = self.page(&path, token).await?;
            items.extend(page.items);
            match page.next {
                Some(next) => after = format!("&after={}", escaped(&next)),
                None => return Ok(items),
            }
        }
    }

    /// The ids of every open item of a queue.
    pub(crate) async fn open_ids(&mut self, site: SiteId, token: &str) -> anyhow::Result<Vec<ItemId>> {
        Ok(self.open_items(site, token).await?.into_iter().map(|item| item.item).collect())
    }
}

/// A page's mark may hold any character; in a query only the plain ones stand for themselves.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_is_escaped_in_a_query() {
        assert_eq!(escaped("aZ9-_.~"), "aZ9-_.~");
        assert_eq!(escaped("a b&c=é"), "a%20b%26c%3D%C3%A9");
    }
}
