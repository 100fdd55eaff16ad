//! What becomes of a request, step by step, without a network.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[cfg(test)]
mod serving;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serving::{
    Broken, Message, POSITION, Step, Steps, assert_complete, assert_continued, assert_failed,
    assert_succeeded, drawing, end, logged, start,
};
use tasktrail::{JsonLayer, TaskLayer};
use tasktrail_http::{Headers, ServerLayer, Trust};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::info_span;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;

fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

/// Answers a request with this, and reads the answer to its end.
fn answered(request: Request<()>, answer: Response<Steps>) -> Vec<Message> {
    logged(async |_| {
        let answer = respond(request, answer).await;
        let _ = answer.into_body().collect().await;
    })
}

async fn respond(
    request: Request<()>,
    answer: Response<Steps>,
) -> Response<tasktrail_http::Body<Steps>> {
    let mut answer = Some(answer);
    let service = ServiceBuilder::new()
        .layer(server_layer())
        .service_fn(move |_| {
            let answer = answer.take().unwrap();
            async { Ok::<_, Infallible>(answer) }
        });
    service.oneshot(request).await.unwrap()
}

fn steps<const N: usize>(steps: [Step; N]) -> Response<Steps> {
    Response::new(Steps::new(steps))
}

fn with_status(status: u16) -> Response<Steps> {
    let mut answer = steps([]);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

/// A layer whose memory of positions no other test shares.
fn server_layer() -> ServerLayer {
    ServerLayer::new().headers(Headers::default().remember_positions(100))
}

#[test]
fn a_request_is_an_action_from_its_head_to_the_end_of_its_answer() {
    let messages = answered(
        get("/orders/17?token=secret"),
        steps([Step::Data("sold"), Step::Data("!")]),
    );

    assert_eq!(
        drawing(&messages),
        "http_request /1 started\n  gave sold /2\n  gave ! /3\n  dropped the body /4\nhttp_request /5 succeeded\n"
    );
    let start = start(&messages, "http_request");
    assert_eq!(start.get("method"), "GET");
    assert_eq!(start.get("path"), "/orders/17");
    assert!(!start.has("route") && !start.has("status"), "{start:?}");
    let end = end(&messages, "http_request");
    assert_eq!(end.get("status"), 200);
    assert_eq!(end.get("bytes"), 5);
    assert!(end.get("duration_ms").as_f64().unwrap() > 0.0);
    assert!(!end.has("grpc_status"));
}

#[test]
fn the_query_is_shown_nowhere() {
    let messages = answered(get("/orders?token=secret#part"), with_status(500));

    let text = format!("{messages:?}");
    assert!(text.contains("/orders"));
    assert!(
        !text.contains("token") && !text.contains("secret"),
        "{text}"
    );
}

#[test]
fn what_a_service_does_before_it_gives_a_future_happens_in_the_action() {
    let messages = logged(async |_| {
        let service = ServiceBuilder::new().layer(server_layer()).service_fn(|_| {
            tracing::info!("called");
            std::future::ready(Ok::<_, Infallible>(with_status(200)))
        });
        let answer = service.oneshot(get("/")).await.unwrap();
        drop(answer.into_body().collect().await);
    });

    assert!(drawing(&messages).contains("  called /2\n"));
}

#[test]
fn a_status_of_500_and_above_fails_the_action_and_one_below_does_not() {
    for (status, reason) in [
        (500, "500 Internal Server Error"),
        (503, "503 Service Unavailable"),
        (599, "599 <unknown status code>"),
    ] {
        let messages = answered(get("/"), with_status(status));
        let end = assert_failed(&messages, "http_request", reason);
        assert_eq!(end.get("exception"), &*status.to_string());
        assert_eq!(end.get("status"), status);
    }
    for status in [200, 302, 404, 429, 499] {
        let messages = answered(get("/"), with_status(status));
        assert_succeeded(&messages, "http_request");
    }
}

#[test]
fn what_the_service_said_of_its_failure_stands() {
    let said = |say: fn()| {
        logged(async move |_| {
            let service =
                ServiceBuilder::new()
                    .layer(server_layer())
                    .service_fn(move |_| async move {
                        say();
                        Ok::<_, Infallible>(with_status(500))
                    });
            let answer = service.oneshot(get("/")).await.unwrap();
            drop(answer.into_body().collect().await);
        })
    };

    let by_call = said(|| tasktrail::fail(&Broken));
    assert_failed(&by_call, "http_request", "it broke");
    let by_event = said(|| tracing::error!(error = "no stock"));
    assert_failed(&by_event, "http_request", "no stock");
}

#[test]
fn an_error_of_the_service_fails_the_action_with_its_type_and_text_and_what_caused_it() {
    #[derive(Debug)]
    struct Told;
    impl fmt::Display for Told {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("told as text alone")
        }
    }
    #[derive(Debug)]
    struct Outer(Broken);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the outer one")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    let messages = logged(async |_| {
        let service = ServiceBuilder::new()
            .layer(server_layer())
            .service_fn(async |_| Err::<Response<Steps>, _>(Told));
        assert!(service.oneshot(get("/")).await.is_err());
    });
    let end = assert_failed(&messages, "http_request", "told as text alone");
    assert!(end.get("exception").as_str().unwrap().ends_with("::Told"));

    let messages = logged(async |_| {
        let service = ServiceBuilder::new()
            .layer(server_layer())
            .service_fn(async |_| Err::<Response<Steps>, _>(tower::BoxError::from(Outer(Broken))));
        assert!(service.oneshot(get("/")).await.is_err());
    });
    let end = assert_failed(&messages, "http_request", "the outer one");
    assert_eq!(end.get("exception_sources").to_string(), r#"["it broke"]"#);
    assert!(!end.has("status"));
}

#[test]
fn a_panic_that_is_caught_above_fails_the_action() {
    let panics = |in_future: bool| {
        logged(async move |_| {
            let service = ServiceBuilder::new()
                .layer(CatchPanicLayer::new())
                .layer(server_layer())
                .service_fn(move |_: Request<()>| {
                    assert!(in_future, "no future");
                    async move {
                        tokio::task::yield_now().await;
                        assert!(!in_future, "no answer");
                        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
                    }
                });
            let answer = service.oneshot(get("/")).await.unwrap();
            assert_eq!(answer.status(), 500);
        })
    };

    let end = panics(true);
    let end = assert_failed(&end, "http_request", "no answer");
    assert_eq!(end.get("exception"), "panic");
    assert_failed(&panics(false), "http_request", "no future");
}

#[test]
fn an_error_of_the_body_fails_the_action() {
    let messages = answered(get("/"), steps([Step::Data("so"), Step::Break]));

    let end = assert_failed(&messages, "http_request", "it broke");
    assert!(end.get("exception").as_str().unwrap().ends_with("::Broken"));
    assert_eq!(end.get("bytes"), 2);
    assert_eq!(end.get("status"), 200);
}

#[test]
fn a_panic_of_the_body_fails_the_action() {
    let messages = logged(async |_| {
        let answer = respond(get("/"), steps([Step::Data("so"), Step::Panic])).await;
        let read = tokio::spawn(async { drop(answer.into_body().collect().await) });
        assert!(read.await.unwrap_err().is_panic());
    });

    let end = assert_failed(&messages, "http_request", "the body burst");
    assert_eq!(end.get("exception"), "panic");
}

#[test]
fn a_panic_of_a_body_in_which_a_span_is_open_fails_the_action_with_it() {
    let messages = logged(async |_| {
        let service = ServiceBuilder::new()
            .layer(server_layer())
            .service_fn(async |_| {
                let body = Steps::new([Step::Panic]).keeping_open(info_span!("row"));
                Ok::<_, Infallible>(Response::new(body))
            });
        let answer = service.oneshot(get("/")).await.unwrap();
        let read = tokio::spawn(async { drop(answer.into_body().collect().await) });
        assert!(read.await.unwrap_err().is_panic());
    });

    assert_failed(&messages, "http_request", "the body burst");
    // It is dropped in the action, after the panic, too.
    assert!(
        drawing(&messages).contains("  dropped the body /"),
        "{}",
        drawing(&messages)
    );
}

#[test]
fn a_body_that_is_dropped_before_its_end_cancels_the_action() {
    let messages = logged(async |captured| {
        let mut answer = respond(get("/"), steps([Step::Data("so"), Step::Wait])).await;
        answer.body_mut().frame().await.unwrap().unwrap();
        let ends = |message: &Message| message.status().is_some_and(|status| status != "started");
        assert!(!captured.messages().iter().any(ends), "it ends too early");
        drop(answer);
    });

    let end = assert_failed(
        &messages,
        "http_request",
        "dropped before the end of its answer",
    );
    assert_eq!(end.get("exception"), "cancelled");
    assert_eq!(end.get("bytes"), 2);
    // The body is dropped in the action.
    assert!(drawing(&messages).contains("  dropped the body /3\n"));
}

#[test]
fn a_request_that_is_dropped_before_its_answer_is_cancelled_with_all_that_is_open_in_it() {
    let messages = logged(async |_| {
        let service = ServiceBuilder::new()
            .layer(server_layer())
            .service_fn(|_| wait());
        let request = service.oneshot(get("/"));
        assert!(tokio::time::timeout(Duration::ZERO, request).await.is_err());
    });

    let end = assert_failed(&messages, "http_request", "dropped before its answer");
    assert_eq!(end.get("exception"), "cancelled");
    assert!(!end.has("status") && !end.has("bytes"));
    assert_failed(&messages, "wait", "dropped before it was done");
}

#[tracing::instrument]
async fn wait() -> Result<Response<Steps>, Infallible> {
    std::future::pending().await
}

#[test]
fn a_body_of_which_all_promised_bytes_were_taken_is_at_its_end() {
    let taken = |promised: &str| {
        logged(async |_| {
            let mut answer = steps([Step::Data("sold"), Step::Wait]);
            let length = promised.parse().unwrap();
            answer.headers_mut().insert("content-length", length);
            let mut answer = respond(get("/"), answer).await;
            answer.body_mut().frame().await.unwrap().unwrap();
        })
    };

    assert_succeeded(&taken("4"), "http_request");
    assert_failed(
        &taken("5"),
        "http_request",
        "dropped before the end of its answer",
    );
}

#[test]
fn a_body_that_knows_its_end_ends_the_action_with_its_last_bytes() {
    let messages = logged(async |captured| {
        let service = ServiceBuilder::new()
            .layer(server_layer())
            .service_fn(async |_| {
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"sold"))))
            });
        let mut answer = service.oneshot(get("/")).await.unwrap();
        assert_eq!(http_body::Body::size_hint(answer.body()).exact(), Some(4));
        answer.body_mut().frame().await.unwrap().unwrap();

        assert!(http_body::Body::is_end_stream(answer.body()));
        assert_succeeded(&captured.messages(), "http_request");
    });

    assert_eq!(end(&messages, "http_request").get("bytes"), 4);
}

#[test]
fn a_body_that_learns_its_end_later_is_not_asked_for_more() {
    let taken = |says_end: bool| {
        logged(async |_| {
            let is_end = Arc::default();
            let body = Steps::new([Step::Data("sold")]).ended_by(&is_end);
            let mut answer = respond(get("/"), Response::new(body)).await;
            answer.body_mut().frame().await.unwrap().unwrap();
            is_end.store(says_end, Ordering::SeqCst);
            // As a server does before it waits for more.
            assert_eq!(http_body::Body::is_end_stream(answer.body()), says_end);
        })
    };

    assert_succeeded(&taken(true), "http_request");
    let reason = "dropped before the end of its answer";
    assert_failed(&taken(false), "http_request", reason);
}

#[test]
fn a_layer_around_can_answer_by_itself_with_an_empty_body() {
    // As `tower_http`'s for time-outs and CORS ask for it.
    fn empty<S, R: http_body::Body + Default>(_: &S) -> R
    where
        S: tower::Service<Request<()>, Response = Response<R>>,
    {
        R::default()
    }
    let service = ServiceBuilder::new()
        .layer(server_layer())
        .service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));

    assert!(http_body::Body::is_end_stream(&empty(&service)));
}

#[test]
fn an_answer_without_a_body_ends_the_action_at_once() {
    let request = |method: Method| Request::builder().method(method).body(()).unwrap();
    for (request, status) in [
        (request(Method::HEAD), 200),
        (get("/"), 204),
        (get("/"), 304),
        (get("/"), 101),
        (request(Method::CONNECT), 200),
    ] {
        let messages = logged(async |captured| {
            let mut answer = steps([Step::Wait]);
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            let answer = respond(request, answer).await;
            let so_far = captured.messages();
            assert_succeeded(&so_far, "http_request");
            assert_eq!(end(&so_far, "http_request").get("bytes"), 0);
            drop(answer);
        });
        assert_complete(&messages);
    }
}

#[test]
fn a_status_of_grpc_that_is_the_servers_fault_fails_the_action_in_a_header_and_in_a_trailer() {
    let headers = |status: u16| {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/grpc+proto".parse().unwrap());
        headers.insert("grpc-status", status.into());
        headers
    };
    let in_header = |status| {
        let mut answer = steps([]);
        *answer.headers_mut() = headers(status);
        answered(get("/"), answer)
    };
    let in_trailer = |status| {
        let mut answer = steps([Step::Data("x"), Step::Trailers(headers(status))]);
        let grpc = "application/grpc".parse().unwrap();
        answer.headers_mut().insert("content-type", grpc);
        answered(get("/"), answer)
    };
    let faults = [
        (2, "UNKNOWN"),
        (4, "DEADLINE_EXCEEDED"),
        (12, "UNIMPLEMENTED"),
        (13, "INTERNAL"),
        (14, "UNAVAILABLE"),
        (15, "DATA_LOSS"),
    ];

    for (status, name) in faults {
        for messages in [in_header(status), in_trailer(status)] {
            let end = assert_failed(&messages, "http_request", &format!("grpc-status {status}"));
            assert_eq!(end.get("exception"), name);
            assert_eq!(end.get("grpc_status"), status);
        }
    }
    for status in (0..=17).filter(|status| faults.iter().all(|(fault, _)| fault != status)) {
        for messages in [in_header(status), in_trailer(status)] {
            assert_succeeded(&messages, "http_request");
            let end = end(&messages, "http_request");
            assert_eq!(end.get("grpc_status"), status);
        }
    }
}

#[test]
fn a_status_of_grpc_in_another_answer_is_none() {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", 13.into());
    let mut answer = steps([Step::Trailers(trailers.clone())]);
    *answer.headers_mut() = trailers;

    let messages = answered(get("/"), answer);

    assert_succeeded(&messages, "http_request");
    assert!(!end(&messages, "http_request").has("grpc_status"));
}

/// Sends a request that hands over a position, and gives the answer's headers besides the messages.
fn sent(layer: ServerLayer, request: http::request::Builder) -> (Vec<Message>, HeaderMap) {
    let mut headers = HeaderMap::new();
    let messages = logged(async |_| {
        let service = ServiceBuilder::new()
            .layer(layer)
            .service_fn(async |_| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
        let request = request
            .header("x-eliot-task-id", POSITION)
            .body(())
            .unwrap();
        headers = service
            .oneshot(request)
            .await
            .unwrap()
            .into_parts()
            .0
            .headers;
    });
    (messages, headers)
}

#[test]
fn the_task_of_a_trusted_request_goes_on_at_its_position() {
    let layer = server_layer().trust(Trust::Anybody);

    let (messages, answer) = sent(layer, Request::get("/"));

    assert_continued(&messages, &[&[3, 2]]);
    assert_eq!(start(&messages, "http_request").place(), "/3/2/1");
    assert_eq!(answer["x-task-id"], "192f76ea-915e-4131-95dc-da28c6bcdbb5");
}

#[test]
fn a_layer_within_another_makes_an_action_in_that_of_the_other() {
    let within = ServiceBuilder::new()
        .layer(server_layer().trust(Trust::Anybody))
        .layer(server_layer().trust(Trust::Anybody))
        .service_fn(async |_: Request<()>| Ok::<_, Infallible>(with_status(204)));
    let request = Request::get("/").header("x-eliot-task-id", POSITION);
    let request = request.body(()).unwrap();

    let messages = logged(async |_| drop(within.oneshot(request).await.unwrap()));

    assert_continued(&messages, &[&[3, 2]]);
    assert!(
        drawing(&messages).contains("http_request /3/2/2/1 started"),
        "{}",
        drawing(&messages)
    );
}

#[test]
fn what_is_asked_for_the_route_takes_no_position_of_the_request() {
    let layer = server_layer().trust(Trust::Anybody).route(|request| {
        let _looking = info_span!("look").entered();
        Some(request.uri.path())
    });

    let (messages, _) = sent(layer, Request::get("/orders"));

    assert_eq!(start(&messages, "http_request").place(), "/3/2/1");
    assert_eq!(start(&messages, "http_request").get("route"), "/orders");
}

#[test]
fn nobody_is_trusted_by_default() {
    let (messages, answer) = sent(server_layer(), Request::get("/"));

    assert_complete(&messages);
    let start = start(&messages, "http_request");
    assert_eq!(start.place(), "/1");
    assert!(!POSITION.starts_with(start.task()));
    assert_eq!(answer["x-task-id"], start.task());
}

#[test]
fn ids_of_a_sender_who_is_not_trusted_are_told_in_passing_and_never_shown() {
    let headers = Headers::default().remember_positions(100);
    let layer = server_layer().headers(headers.clone());

    let (messages, answer) = sent(layer, Request::get("/").header("Correlation-Id", "c-17"));

    assert_complete(&messages);
    assert_eq!(headers.refused(), 2);
    let told = &messages[1];
    assert_eq!(told.get("log_level"), "DEBUG");
    assert_eq!(
        told.get("refused"),
        "x-eliot-task-id (41 bytes): not trusted; correlation-id (4 bytes): not trusted"
    );
    let text = format!("{messages:?}{answer:?}");
    assert!(
        !text.contains("c-17") && !text.contains("192f76ea"),
        "{text}"
    );
}

#[test]
fn what_is_refused_of_a_trusted_sender_is_told_with_its_length_alone_and_never_answered() {
    let layer = server_layer().trust(Trust::Anybody);
    let request = Request::get("/").header("Correlation-Id", "c 17\u{fc}");

    let (messages, answer) = sent(layer, request);

    assert_continued(&messages, &[&[3, 2]]);
    let told = &messages[1];
    assert_eq!(told.get("log_level"), "WARNING");
    assert_eq!(told.get("refused"), "correlation-id (6 bytes): malformed");
    assert!(!format!("{messages:?}").contains("c 17"));
    assert!(!answer.contains_key("correlation-id"));
}

#[test]
fn a_correlation_id_that_was_believed_is_on_each_line_and_in_the_answer() {
    let layer = || server_layer().trust(Trust::Anybody);
    let request = || Request::get("/").header("Correlation-Id", "c-17");

    let (messages, answer) = sent(layer(), request());

    assert_eq!(messages[0].get("correlation_id"), "c-17");
    assert_eq!(answer["correlation-id"], "c-17");
    // The service's own one stays.
    logged(async |_| {
        let service = ServiceBuilder::new().layer(layer()).service_fn(async |_| {
            let mut answer = steps([]);
            answer.headers_mut().insert("correlation-id", 18.into());
            Ok::<_, Infallible>(answer)
        });
        let answer = service.oneshot(request().body(()).unwrap()).await.unwrap();
        let ids: Vec<_> = answer.headers().get_all("correlation-id").iter().collect();
        assert_eq!(ids, ["18"]);
    });
}

#[test]
fn a_position_that_comes_twice_is_continued_once() {
    let layer = server_layer().trust(Trust::Anybody);

    let (first, _) = sent(layer.clone(), Request::get("/"));
    let (second, _) = sent(layer, Request::get("/"));

    assert_eq!(start(&first, "http_request").place(), "/3/2/1");
    assert_complete(&second);
    assert_ne!(second[0].task(), first[0].task());
    let told = second[1].get("refused");
    assert_eq!(
        told,
        "x-eliot-task-id (41 bytes): was continued here before"
    );
}

#[test]
fn a_predicate_says_whom_to_trust_and_one_that_panics_says_no() {
    let layer =
        |predicate: fn(&http::request::Parts) -> bool| server_layer().trust(Trust::when(predicate));
    let by_header: fn(&http::request::Parts) -> bool =
        |request| request.headers.contains_key("x-gateway");

    let (messages, _) = sent(layer(by_header), Request::get("/").header("x-gateway", "1"));
    assert_eq!(start(&messages, "http_request").place(), "/3/2/1");
    let (messages, _) = sent(layer(by_header), Request::get("/"));
    assert_eq!(start(&messages, "http_request").place(), "/1");
    let (messages, _) = sent(layer(|_| panic!("who knows")), Request::get("/"));
    assert_eq!(start(&messages, "http_request").place(), "/1");
}

#[test]
fn the_answer_names_the_task_where_the_program_wants_it_unless_the_service_has_set_that() {
    let header = http::HeaderName::from_static("x-request-id");

    let (messages, answer) = sent(
        server_layer().answer_with(header.clone()),
        Request::get("/"),
    );
    assert_eq!(answer["x-request-id"], messages[0].task());
    assert!(!answer.contains_key("x-task-id"));

    let (_, answer) = sent(server_layer().answer_with(None), Request::get("/"));
    assert!(!answer.contains_key("x-task-id"));

    logged(async |_| {
        let mut answer = steps([]);
        answer.headers_mut().insert("x-task-id", 17.into());
        let answer = respond(get("/"), answer).await;
        assert_eq!(answer.headers()["x-task-id"], "17");
        assert_eq!(answer.headers().len(), 1);
    });
}

#[test]
fn where_a_filter_turns_the_action_away_the_task_goes_on_and_requests_are_answered() {
    let captured = serving::Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(filter_fn(|metadata| {
            !metadata.target().starts_with("tasktrail_http")
        }))
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(captured.clone()));
    tracing::subscriber::with_default(subscriber, || {
        serving::run(async {
            let service = ServiceBuilder::new()
                .layer(server_layer().trust(Trust::Anybody))
                .service_fn(async |_| {
                    tracing::info!("sold");
                    Ok::<_, Infallible>(with_status(500))
                });
            let request = Request::get("/").header("x-eliot-task-id", POSITION);
            let answer = service.oneshot(request.body(()).unwrap()).await.unwrap();
            assert_eq!(answer.status(), 500);
            assert!(answer.headers().contains_key("x-task-id"));
        });
    });

    let messages = captured.messages();
    assert_continued(&messages, &[&[3, 2]]);
    let drawn = drawing(&messages);
    assert!(
        drawn.contains("eliot:remote_task /3/2/1 started\n"),
        "{drawn}"
    );
    assert!(drawn.contains("sold /3/2/2\n"), "{drawn}");
}

#[test]
fn without_a_task_layer_requests_are_answered_as_ever() {
    serving::run(async {
        let answer = respond(get("/"), steps([Step::Data("sold")])).await;

        assert!(answer.headers().is_empty());
        let body = answer.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), "sold");
    });
}
