//! The request that is sent, over and over, and the service that answers it.

use std::convert::Infallible;
use std::fmt::Debug;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceExt};

use crate::contenders::UseIt;

pub(crate) type Sent = Request<Full<Bytes>>;
pub(crate) type Answer = Response<Full<Bytes>>;

/// Answers at once.
pub(crate) async fn answer(_: Sent) -> Result<Answer, Infallible> {
    let answer = Response::builder().header("content-type", "text/plain");
    Ok(answer.body(Full::new(Bytes::from_static(b"sold"))).unwrap())
}

/// Hands out what sends so many requests to a service, and reads each answer to its end.
pub(crate) fn send_to<S, B>(mut service: S, use_it: UseIt<'_>)
where
    S: Service<Sent, Response = Response<B>>,
    S::Error: Debug,
    B: http_body::Body<Data = Bytes>,
    B::Error: Debug,
{
    use_it(&mut |requests| {
        for _ in 0..requests {
            let request = Request::get("http://orders.internal:8080/orders/17?detail=all")
                .header("accept", "application/json")
                .header("user-agent", "bench")
                .body(Full::default())
                .unwrap();
            done(async {
                let answer = service.ready().await.unwrap().call(request).await.unwrap();
                let body = answer.into_body().collect().await.unwrap();
                assert_eq!(body.to_bytes().len(), 4);
            });
        }
    });
}

/// Runs a future that never waits.
fn done(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(()));
}
