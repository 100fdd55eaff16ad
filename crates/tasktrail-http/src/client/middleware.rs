//! The middleware for reqwest.

use std::any::type_name;
use std::error::Error as _;
use std::pin::Pin;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};
use tasktrail::{in_span, outcome};

use super::SendTo;
use super::call::{Settings, Target, Unsent};
use crate::Headers;
use crate::exchange::Exchange;

/// Lets each call of a `reqwest` client be an action, whose task is handed over in the headers of the
/// request: what [`ClientLayer`](crate::ClientLayer) is for tower's clients. Needs the feature
/// `reqwest`.
///
/// The last one of the middlewares, it is inside of those that try again: each attempt is an action,
/// with a position of its own. Redirections, which `reqwest` follows by itself, are inside of this one:
/// all requests of one call have one position. Where redirections lead from one of your services to
/// another, or from one of yours to a stranger, who would get its headers, follow them yourself:
/// `reqwest::redirect::Policy::none()`.
///
/// The reason of a call that failed tells the address without its query.
///
/// ```
/// use reqwest_middleware::ClientBuilder;
/// use reqwest_retry::RetryTransientMiddleware;
/// use reqwest_retry::policies::ExponentialBackoff;
/// use tasktrail_http::ClientMiddleware;
///
/// let retry = ExponentialBackoff::builder().build_with_max_retries(3);
/// let client = ClientBuilder::new(reqwest::Client::new())
///     .with(RetryTransientMiddleware::new_with_policy(retry))
///     .with(ClientMiddleware::new())
///     .build();
/// # let _ = client;
/// ```
#[derive(Debug, Clone, Default)]
pub struct ClientMiddleware {
    settings: Settings,
}

impl ClientMiddleware {
    /// Makes the middleware, with the defaults of each method here.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says which headers carry ids; by default those of [`Headers::default`].
    #[must_use]
    pub fn headers(mut self, headers: Headers) -> Self {
        self.settings.headers = headers;
        self
    }

    /// Says to which hosts ids are handed; by default to [everybody](SendTo::Everybody).
    #[must_use]
    pub fn send_to(mut self, hosts: SendTo) -> Self {
        self.settings.send_to = hosts;
        self
    }

    /// Says of which errors it is certain that the request never left; by default of none.
    ///
    /// Nobody will continue the task at the position in such a request, so its place is closed by an
    /// action that has a field `never_continued`. A client that follows no redirections has not
    /// reached anybody if it could not connect; of one that does it may have been the second server.
    ///
    /// ```
    /// use tasktrail_http::ClientMiddleware;
    ///
    /// let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    /// let middleware = ClientMiddleware::new().unsent_if(reqwest::Error::is_connect);
    /// # let _ = (client, middleware);
    /// ```
    #[must_use]
    pub fn unsent_if(
        mut self,
        is_unsent: impl Fn(&reqwest::Error) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.unsent.add(is_unsent);
        self
    }

    async fn call(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let mut exchange = open(&self.settings, &mut request);
        let span = exchange.span().clone();
        let mut answer = in_span(span, next.run(request, extensions)).await;
        match &mut answer {
            Ok(response) => exchange.answered(response.status(), response.headers()),
            Err(error) => fail(&mut exchange, error, &self.settings.unsent),
        }
        exchange.end();
        answer
    }
}

impl Middleware for ClientMiddleware {
    // The trait's own macro makes this of an `async fn`.
    fn handle<'this, 'extensions, 'next, 'call>(
        &'this self,
        request: Request,
        extensions: &'extensions mut Extensions,
        next: Next<'next>,
    ) -> Pin<Box<dyn Future<Output = Result<Response>> + Send + 'call>>
    where
        'this: 'call,
        'extensions: 'call,
        'next: 'call,
    {
        Box::pin(self.call(request, extensions, next))
    }
}

fn open(settings: &Settings, request: &mut Request) -> Exchange {
    let (method, url) = (request.method().clone(), request.url().clone());
    let target = Target {
        method: &method,
        host: url.host_str().unwrap_or_default(),
        port: url.port(),
        path: url.path(),
    };
    settings.open(&target, request.headers_mut())
}

/// Says that a call failed. The error tells the address of the request, whose query is not for logs;
/// who logs in, `reqwest` takes out of it.
fn fail(exchange: &mut Exchange, error: &mut Error, unsent: &Unsent) {
    let Error::Reqwest(error) = error else {
        let source = error.source();
        return outcome::fail(exchange.span(), type_name::<Error>(), error, source);
    };
    if unsent.is_said_by(error) {
        exchange.never_left();
    }
    let whole = error.url().cloned();
    if let Some(url) = error.url_mut() {
        url.set_query(None);
        url.set_fragment(None);
    }
    let name = type_name::<reqwest::Error>();
    outcome::fail(exchange.span(), name, error, error.source());
    if let (Some(url), Some(whole)) = (error.url_mut(), whole) {
        *url = whole;
    }
}
