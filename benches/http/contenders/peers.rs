//! Others.

use axum_tracing_opentelemetry::middleware::{OtelAxumLayer, OtelInResponseLayer};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower::ServiceBuilder;
use tower_http::ServiceBuilderExt;
use tower_http::request_id::MakeRequestUuid;
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt;

use super::Contender;
use crate::request::{answer, send_to};
use crate::sink::Sink;

pub(super) const PEERS: [Contender; 2] = [TOWER_HTTP, OPEN_TELEMETRY];

const TOWER_HTTP: Contender = Contender {
    key: "tower-http",
    title: "tower-http, request id and trace layers, with `fmt().json()`",
    run: |use_it| {
        let json = tracing_subscriber::fmt().json().with_writer(|| Sink);
        tracing::subscriber::set_global_default(json.finish()).unwrap();
        let trace = TraceLayer::new_for_http()
            .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
            .on_response(DefaultOnResponse::new().level(Level::INFO));
        let service = ServiceBuilder::new()
            .set_x_request_id(MakeRequestUuid)
            .layer(trace)
            .propagate_x_request_id()
            .service_fn(answer);
        send_to(service, use_it);
    },
};

/// Its spans are exported nowhere: what is measured is how they are made, and their events' lines.
const OPEN_TELEMETRY: Contender = Contender {
    key: "axum-tracing-opentelemetry",
    title: "axum-tracing-opentelemetry, with `tracing-opentelemetry` and `fmt().json()`",
    run: |use_it| {
        let provider = SdkTracerProvider::builder().build();
        let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
        let json = tracing_subscriber::fmt::layer().json().with_writer(|| Sink);
        let subscriber = tracing_subscriber::registry().with(traces).with(json);
        tracing::subscriber::set_global_default(subscriber).unwrap();
        let service = ServiceBuilder::new()
            .layer(OtelAxumLayer::default())
            .layer(OtelInResponseLayer)
            .service_fn(answer);
        send_to(service, use_it);
    },
};
