//! A greeter over gRPC: tonic's server and tonic's channel, each with its layer.
//!
//! gRPC tells what became of a call in a trailer, behind the body: HTTP's own status is 200 for them
//! all. The actions end with both, and fail where the fault is the server's.
//!
//! `cargo run --example greeter` talks to itself over loopback. Its methods are written by hand, as
//! tonic-prost-build would write them from a `.proto`, so that it builds without `protoc`.

use axum::Router;
use axum::extract::Request as HttpRequest;
use axum::routing::post;
use futures_util::stream::{self, Stream};
use tasktrail_http::{ClientLayer, ServerLayer, Trust};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, client, server};
use tonic_prost::ProstCodec;
use tower::{Layer, service_fn};
use tracing::{info, instrument};

type Error = Box<dyn std::error::Error + Send + Sync>;

const GREET: &str = "/greeter.Greeter/Greet";
const GREET_ALL: &str = "/greeter.Greeter/GreetAll";

#[derive(Clone, PartialEq, prost::Message)]
struct Name {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Greeting {
    #[prost(string, tag = "1")]
    text: String,
}

fn main() -> Result<(), Error> {
    let worker = tasktrail::eliot().start()?;
    serve_and_call()?;
    match worker.finish().lost() {
        0 => Ok(()),
        lost => Err(format!("{lost} lines lost").into()),
    }
}

#[tokio::main]
async fn serve_and_call() -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::builder()
        .layer(ServerLayer::new().trust(Trust::Anybody))
        .add_routes(Routes::from(routes()))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), async {
            let _ = stopped.await;
        });
    let server = tokio::spawn(server);

    let channel = Endpoint::from_shared(address.clone())?.connect().await?;
    let channel = ClientLayer::new().layer(channel);
    // The layer sees requests before the channel adds its host to them.
    call(client::Grpc::with_origin(channel, address.parse()?)).await?;

    drop(stop);
    Ok(server.await??)
}

fn routes() -> Router {
    Router::new()
        .route(
            GREET,
            post(async |request: HttpRequest| {
                let mut grpc = server::Grpc::new(ProstCodec::default());
                grpc.unary(service_fn(greet), request).await
            }),
        )
        .route(
            GREET_ALL,
            post(async |request: HttpRequest| {
                let mut grpc = server::Grpc::new(ProstCodec::default());
                grpc.server_streaming(service_fn(greet_all), request).await
            }),
        )
}

async fn greet(request: Request<Name>) -> Result<Response<Greeting>, Status> {
    greeting(&request.into_inner().name).map(Response::new)
}

/// Greets one, and fails at the second: by then an answer with status 200 is under way.
async fn greet_all(
    request: Request<Name>,
) -> Result<Response<impl Stream<Item = Result<Greeting, Status>>>, Status> {
    let first = greeting(&request.into_inner().name)?;
    let second = greeting("Godot");
    Ok(Response::new(stream::iter([Ok(first), second])))
}

fn greeting(name: &str) -> Result<Greeting, Status> {
    match name {
        "" => Err(Status::invalid_argument("nobody to greet")),
        "Godot" => Err(Status::unavailable("still waiting")),
        _ => {
            info!(name, "greeted");
            let text = format!("Hello, {name}!");
            Ok(Greeting { text })
        }
    }
}

type Client = client::Grpc<tasktrail_http::Client<Channel>>;

#[instrument(skip_all)]
async fn call(mut greeter: Client) -> Result<(), Error> {
    for name in ["Ann", "", "Godot"] {
        greeter.ready().await?;
        let name = Request::new(Name {
            name: name.to_owned(),
        });
        let path = PathAndQuery::from_static(GREET);
        let answer: Result<Response<Greeting>, _> =
            greeter.unary(name, path, ProstCodec::default()).await;
        match answer {
            Ok(greeting) => info!(text = greeting.into_inner().text, "greeting heard"),
            Err(status) => info!(code = ?status.code(), "no greeting"),
        }
    }

    greeter.ready().await?;
    let name = Request::new(Name {
        name: "Ann".to_owned(),
    });
    let path = PathAndQuery::from_static(GREET_ALL);
    let answer = greeter.server_streaming(name, path, ProstCodec::default());
    let mut greetings = answer.await?.into_inner();
    loop {
        let next: Result<Option<Greeting>, _> = greetings.message().await;
        match next {
            Ok(Some(greeting)) => info!(text = greeting.text, "greeting heard"),
            Ok(None) => return Ok(()),
            Err(status) => {
                info!(code = ?status.code(), "no more greetings");
                return Ok(());
            }
        }
    }
}
