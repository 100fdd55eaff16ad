//! What makes an action of each call of a client, and hands its task over.

mod call;
mod future;
#[cfg(feature = "reqwest")]
mod middleware;
mod send_to;

use std::error::Error;
use std::fmt::Display;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use self::call::{Settings, Target};
pub use self::future::ClientFuture;
#[cfg(feature = "reqwest")]
pub use self::middleware::ClientMiddleware;
pub use self::send_to::SendTo;
use crate::Headers;
use crate::exchange::Exchange;
use crate::server::IsAction;

/// Lets each call be an action, whose task is handed over in the headers of the request.
///
/// A layer of tower's for any client of `http`'s requests, such as `hyper_util`'s or a channel of
/// tonic's. The action is called `http_call`, at the target `tasktrail_http::client::call` and the level
/// INFO. It opens with the request's `method`, `host`, `port` if the request names it, and `path`,
/// without the query, which may hold secrets; and it ends when the head of the answer is there, with
/// its `status`, `duration_ms`, and gRPC's `grpc_status` if that stands in the head. The body is read
/// afterwards, by whoever wants it.
///
/// It fails on a status of 500 and above, on a status of gRPC that is a server's fault, and on an
/// error; if it is dropped before it has its answer it ends as cancelled. The table of
/// [`ServerLayer`](crate::ServerLayer) says how. A status of 400 to 499 does not fail it: whether a 404
/// is a failure, the caller knows.
///
/// **One hand-over, one receiver**: where calls are tried again, or follow redirections, this layer
/// belongs inside of what does so. Then each attempt is an action, with a position of its own.
/// Headers of these names that the request had already are replaced: what was passed on from another
/// request would give two of them one position. A position goes even where none is written.
///
/// ```
/// use http::{Request, Response};
/// use tasktrail_http::ClientLayer;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # let lines = tasktrail::example::lines(|| {
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let client = ServiceBuilder::new()
///     .layer(ClientLayer::new())
///     .service_fn(async |request: Request<String>| {
///         let position = request.headers()["x-eliot-task-id"].to_str().unwrap();
///         assert!(position.ends_with("@/2"), "{position}");
///         Ok::<_, std::convert::Infallible>(Response::new(String::new()))
///     });
///
/// let request = Request::get("http://orders.internal:8080/orders/17?token=secret");
/// client.oneshot(request.body(String::new()).unwrap()).await.unwrap();
/// # });
/// # });
/// # assert!(lines[0].contains(r#""method":"GET","host":"orders.internal","port":8080,"path":"/orders/17","#));
/// # assert!(lines[1].contains(r#""status":200,"#));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ClientLayer {
    settings: Arc<Settings>,
}

impl ClientLayer {
    /// Makes the layer, with the defaults of each method here.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says which headers carry ids; by default those of [`Headers::default`].
    #[must_use]
    pub fn headers(mut self, headers: Headers) -> Self {
        Arc::make_mut(&mut self.settings).headers = headers;
        self
    }

    /// Says to which hosts ids are handed; by default to [everybody](SendTo::Everybody).
    #[must_use]
    pub fn send_to(mut self, hosts: SendTo) -> Self {
        Arc::make_mut(&mut self.settings).send_to = hosts;
        self
    }

    /// Tells what caused an error of this type, as `exception_sources`. Those of boxed errors, which
    /// most of tower's services have, are told without that; by default no others.
    ///
    /// ```
    /// use tasktrail_http::ClientLayer;
    ///
    /// let layer = ClientLayer::new().sources_of::<hyper_util::client::legacy::Error>();
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn sources_of<E: Error + 'static>(mut self) -> Self {
        Arc::make_mut(&mut self.settings).sources.add::<E>();
        self
    }

    /// Says of which errors of this type it is certain that the request never left, such as those of
    /// a connection that could not be made; by default of none.
    ///
    /// Nobody will continue the task at the position in such a request, so its place is closed by an
    /// action that has a field `never_continued`. Of all others it can't be known: if the server did
    /// not get the request, the place stays empty.
    ///
    /// ```
    /// use hyper_util::client::legacy::Error;
    /// use tasktrail_http::ClientLayer;
    ///
    /// let layer = ClientLayer::new().unsent_if(Error::is_connect);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn unsent_if<E: 'static>(
        mut self,
        is_unsent: impl Fn(&E) -> bool + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.settings).unsent.add(is_unsent);
        self
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = Client<S>;

    fn layer(&self, service: S) -> Client<S> {
        Client {
            service,
            settings: Arc::clone(&self.settings),
        }
    }
}

/// A client whose calls are actions: [`ClientLayer`] makes it.
#[derive(Debug, Clone)]
pub struct Client<S> {
    service: S,
    settings: Arc<Settings>,
}

impl<S, B, R> Service<Request<B>> for Client<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Display + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        // A server of this program's that gets this very request makes an action of its own of it.
        head.extensions.remove::<IsAction>();
        let exchange = open(&self.settings, &mut head);
        let request = Request::from_parts(head, body);
        let future = exchange.within(|| self.service.call(request));
        ClientFuture::new(exchange, Arc::clone(&self.settings), future)
    }
}

fn open(settings: &Settings, request: &mut Parts) -> Exchange {
    // A request that names only a path names its host in a header, if at all.
    let named: Option<Authority> = match request.uri.authority() {
        Some(_) => None,
        None => request
            .headers
            .get(HOST)
            .and_then(|host| host.as_bytes().try_into().ok()),
    };
    let authority = request.uri.authority().or(named.as_ref());
    let target = Target {
        method: &request.method,
        host: authority.map(Authority::host).unwrap_or_default(),
        port: authority.and_then(Authority::port_u16),
        path: request.uri.path(),
    };
    settings.open(&target, &mut request.headers)
}
