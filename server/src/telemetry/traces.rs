//! Traces: where the time of a message or of a request went (OpenTelemetry, sent as OTLP over HTTP in JSON). None are made unless a collector is
//! named. A span says what was done and how it ended, by words of closed lists: like the log, it has no text, no name, no token and no id
//! of a person.

use crate::config::TraceSettings;
use crate::trust;
use anyhow::Context;
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tracing::warn;

/// The target of spans: none of the log's, so a log line looks the same with and without traces.
pub const TARGET: &str = "trace.handrail";
/// How long a collector may take over one batch of spans.
const SENT_WITHIN: Duration = Duration::from_secs(10);

/// What makes and sends spans.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins, where a collector is named. Must be called inside the runtime.
    pub fn start(settings: &TraceSettings, build: &'static str) -> anyhow::Result<Option<Self>> {
        let Some(collector) = &settings.otlp else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(collector)
            .with_http_client(Collector::new()?)
            .build()
            .context("traces cannot be sent; see `traces.otlp`")?;
        let service = Resource::builder_empty().with_service_name("handrail");
        let share = f64::from(settings.percent) / 100.0;
        let provider = SdkTracerProvider::builder()
            .with_resource(service.with_attribute(KeyValue::new("service.version", build)).build())
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
            .with_batch_exporter(exporter)
            .build();
        Ok(Some(Self(provider)))
    }

    pub(super) fn tracer(&self) -> SdkTracer {
        self.0.tracer("handrail")
    }

    /// Sends what is left, and ends. Blocks for as long as a collector may take.
    pub fn stop(self) {
        // What a collector does not take now is lost, as it would be on any other day.
        let _unsent = self.0.shutdown();
    }
}

/// A collector, spoken to from the runtime's threads whoever asks: spans are sent by a thread that has none.
struct Collector {
    client: HyperClient<hyper_rustls::HttpsConnector<hyper_util::client::legacy::connect::HttpConnector>>,
    runtime: Handle,
    away: AtomicBool,
}

impl Collector {
    fn new() -> anyhow::Result<Self> {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(trust::client()?)
            .https_or_http()
            .enable_http1()
            .build();
        let client = HyperClient::new(connector, SENT_WITHIN, None);
        Ok(Self { client, runtime: Handle::try_current()?, away: AtomicBool::new(false) })
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collector")
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move { client.send_bytes(request).await }).await?;
        let taken = sent.as_ref().is_ok_and(|answer| answer.status().is_success());
        let was_away = self.away.swap(!taken, Ordering::Relaxed);
        if !taken && !was_away {
            warn!("the collector takes no traces; they are dropped until it does");
        }
        sent
    }
}
