//! Others.

use tower::ServiceBuilder;
use tower_http::ServiceBuilderExt;
use tower_http::request_id::MakeRequestUuid;
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::Level;

use super::Contender;
use crate::request::{answer, send_to};
use crate::sink::Sink;

pub(super) const PEERS: [Contender; 1] = [Contender {
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
}];
