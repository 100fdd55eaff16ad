//! The tower layer for servers: each request is an action of the task that it was sent in.

mod body;
mod future;
mod request;
mod settings;
mod trust;

use std::fmt::Display;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{HeaderName, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

pub use self::body::Body;
pub use self::future::ServerFuture;
pub(crate) use self::request::IsAction;
use self::settings::Settings;
pub use self::trust::Trust;
use crate::Headers;

/// Lets each request be an action, of the task of whoever sent it if that is [trusted](Self::trust).
///
/// A layer of tower's for any service of `http`'s requests: axum's, tonic's, hyper's by its
/// `TowerToHyperService`. The action is called `http_request`, at the target
/// `tasktrail_http::server::request` and the level INFO. It opens with the request's `method` and
/// `path` (without the query, which may hold secrets), and its `route` if the program
/// [says it](Self::route). It ends when the last of the answer's body was handed on, with the answer's
/// `status`, the `bytes` of its body, `duration_ms`, and gRPC's `grpc_status` where there is one.
///
/// | it fails | `exception` | `reason` |
/// |---|---|---|
/// | on a status of 500 and above | `500` | `500 Internal Server Error` |
/// | on a status of gRPC that is a server's fault, in a header or a trailer: 2, 4, 12, 13, 14, 15, as [OpenTelemetry's conventions](https://opentelemetry.io/docs/specs/semconv/rpc/grpc/) have it | `UNAVAILABLE` | `grpc-status 14` |
/// | on an error of the service, or of the answer's body | its type | its text |
/// | on a panic of either, whoever catches it above | `panic` | its message |
/// | if it is dropped before, because the client hung up or a time-out passed | `cancelled` | `dropped before its answer`, `dropped before the end of its answer` |
///
/// What the program itself said of the action, by [`tasktrail::fail`] or an ERROR event, stands.
/// A status of 400 to 499 is the client's fault, and does not fail it.
///
/// An answer that has no body (`HEAD`, 204, 304) ends the action at once. So does one that changes
/// the protocol (101, as for WebSockets; 2xx to `CONNECT`): what is said over that connection
/// afterwards is not part of the action.
///
/// A layer within another of its kind, as where routes are nested, makes an action in that one's, and
/// reads no headers.
///
/// **By default no ids are taken from anybody**, for a client could hand two requests one position:
/// each request starts a task of its own. A service behind your own gateway says
/// [`Trust::Anybody`]. The answer names the task in a header, [`x-task-id`](Self::answer_with).
///
/// ```
/// use http::{Request, Response};
/// use tasktrail_http::{ServerLayer, Trust};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # let lines = tasktrail::example::lines(|| {
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let service = ServiceBuilder::new()
///     .layer(ServerLayer::new().trust(Trust::Anybody))
///     .service_fn(async |_: Request<String>| {
///         tracing::info!("sold");
///         Ok::<_, std::convert::Infallible>(Response::new(String::new()))
///     });
///
/// let request = Request::get("/orders/17?token=secret")
///     .header("x-eliot-task-id", "192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/2")
///     .body(String::new())
///     .unwrap();
/// let response = service.oneshot(request).await.unwrap();
/// assert_eq!(response.headers()["x-task-id"], "192f76ea-915e-4131-95dc-da28c6bcdbb5");
/// # });
/// # });
/// # assert!(lines[0].contains(r#""path":"/orders/17","#), "{}", lines[0]);
/// # assert!(lines[0].contains(r#""action_type":"http_request","task_level":[3,2,1]"#));
/// # assert!(lines[1].contains(r#""task_level":[3,2,2],"message_type":"sold""#));
/// # assert!(lines[2].contains(r#""status":200,"#) && lines[2].contains(r#""bytes":0,"#));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ServerLayer {
    settings: Arc<Settings>,
}

impl ServerLayer {
    /// Makes the layer, with the defaults of each method here.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says which headers carry ids; by default those of [`Headers::default`].
    #[must_use]
    pub fn headers(mut self, headers: Headers) -> Self {
        self.settings_mut().headers = headers;
        self
    }

    /// Says who may hand over ids; by default [nobody](Trust::Nobody).
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.settings_mut().trust = trust;
        self
    }

    /// Says how to find the route that a request took, such as `/orders/{id}`, for the field `route`;
    /// by default there is none.
    ///
    /// axum knows it where the layer is given to `Router::layer`:
    ///
    /// ```
    /// use axum::Router;
    /// use axum::extract::MatchedPath;
    /// use axum::routing::get;
    /// use tasktrail_http::ServerLayer;
    ///
    /// let routes: Router = Router::new()
    ///     .route("/orders/{id}", get(async || "sold"))
    ///     .layer(ServerLayer::new().route(|request| {
    ///         request.extensions.get().map(MatchedPath::as_str)
    ///     }));
    /// ```
    #[must_use]
    pub fn route<F>(mut self, route: F) -> Self
    where
        F: for<'request> Fn(&'request Parts) -> Option<&'request str> + Send + Sync + 'static,
    {
        self.settings_mut().route = Some(Arc::new(route));
        self
    }

    /// Says in which header an answer names its task, whose id is a UUID; by default `x-task-id`.
    ///
    /// `None` names it nowhere. A header of that name that the service has set stays as it is. It
    /// is not a position: nobody can continue the task with it, but everybody can ask for its lines.
    /// A correlation id that was believed is answered in its own header, too.
    ///
    /// ```
    /// use http::HeaderName;
    /// use tasktrail_http::ServerLayer;
    ///
    /// let named = ServerLayer::new().answer_with(HeaderName::from_static("x-request-id"));
    /// let silent = ServerLayer::new().answer_with(None);
    /// # assert!(format!("{named:?}").contains("x-request-id"));
    /// # assert!(format!("{silent:?}").contains("answer_with: None"));
    /// ```
    #[must_use]
    pub fn answer_with(mut self, header: impl Into<Option<HeaderName>>) -> Self {
        self.settings_mut().answer_with = header.into();
        self
    }

    fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = Server<S>;

    fn layer(&self, service: S) -> Server<S> {
        Server {
            service,
            settings: Arc::clone(&self.settings),
        }
    }
}

/// A service whose requests are actions: [`ServerLayer`] makes it.
#[derive(Debug, Clone)]
pub struct Server<S> {
    service: S,
    settings: Arc<Settings>,
}

impl<S, B, R> Service<Request<B>> for Server<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Display + 'static,
    R: http_body::Body,
{
    type Response = Response<Body<R>>;
    type Error = S::Error;
    type Future = ServerFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        let opened = request::Request::open(&self.settings, &mut head);
        let request = Request::from_parts(head, body);
        // A service may do all of its work before it gives a future.
        let future = opened.span().in_scope(|| self.service.call(request));
        ServerFuture::new(opened, future)
    }
}
