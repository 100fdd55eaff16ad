//! A task goes on with whoever receives a message: over a real NATS server, and in an AMQP table.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::time::Duration;

use amq_protocol_types::{AMQPValue, FieldTable};
use futures_util::StreamExt;
use http::HeaderName;
use serde_json::{Value, json};
use tasktrail_http::{Carrier, Headers, Why};
use tasktrail_tests::Nats;
use tracing::{info, info_span};

/// The headers of a NATS message.
#[derive(Default)]
struct NatsHeaders(async_nats::HeaderMap);

impl Carrier for NatsHeaders {
    fn values_of<'c>(&'c self, name: &HeaderName) -> impl Iterator<Item = &'c [u8]> {
        self.0
            .iter()
            .filter(move |(found, _)| name.as_str().eq_ignore_ascii_case(found.as_ref()))
            .flat_map(|(_, values)| values)
            .map(|value| value.as_str().as_bytes())
    }

    fn set(&mut self, name: &HeaderName, value: String) {
        self.0.insert(name.as_str(), value);
    }
}

/// The headers of an AMQP message.
#[derive(Default)]
struct AmqpHeaders(FieldTable);

impl Carrier for AmqpHeaders {
    fn values_of<'c>(&'c self, name: &HeaderName) -> impl Iterator<Item = &'c [u8]> {
        self.0
            .inner()
            .iter()
            .filter(move |(found, _)| name.as_str().eq_ignore_ascii_case(found.as_str()))
            .filter_map(|(_, value)| match value {
                AMQPValue::LongString(text) => Some(text.as_bytes()),
                AMQPValue::ShortString(text) => Some(text.as_str().as_bytes()),
                _ => None,
            })
    }

    fn set(&mut self, name: &HeaderName, value: String) {
        self.0
            .insert(name.as_str().into(), AMQPValue::LongString(value.into()));
    }
}

#[test]
fn a_task_goes_on_with_the_receiver_of_a_message_once() {
    let Some(server) = Nats::start() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();

    let lines = lines(|| {
        runtime.block_on(async {
            let client = async_nats::connect(server.address()).await.unwrap();
            let mut orders = client.subscribe("orders").await.unwrap();
            let headers = Headers::default();
            let mut message = NatsHeaders::default();
            info_span!("order").in_scope(|| headers.inject(&mut message));
            // A sender that sends again what was received before.
            for _ in 0..2 {
                let message = message.0.clone();
                client
                    .publish_with_headers("orders", message, "".into())
                    .await
                    .unwrap();
            }
            for _ in 0..2 {
                let received = tokio::time::timeout(Duration::from_secs(60), orders.next());
                let received = received.await.unwrap().unwrap();
                let mut incoming = headers.extract(&NatsHeaders(received.headers.unwrap()));
                let refusals = incoming.take_refusals();
                let pack = incoming
                    .continue_task()
                    .into_span_with(|| info_span!("pack"));
                pack.in_scope(|| {
                    refusals.tell();
                    info!("packed");
                });
            }
        })
    });

    let started = |name: &str| -> Vec<&Value> {
        let is_start =
            |line: &&Value| line["action_type"] == name && line["action_status"] == "started";
        lines.iter().filter(is_start).collect()
    };
    let task = &started("order")[0]["task_uuid"];
    let [first, second] = started("pack")[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(&first["task_uuid"], task);
    assert_eq!(first["task_level"], json!([2, 1]));
    assert_ne!(&second["task_uuid"], task);
    assert_eq!(second["trace_id"], task.as_str().unwrap().replace('-', ""));
    let told: Vec<_> = lines
        .iter()
        .filter_map(|line| line.get("refused"))
        .collect();
    assert_eq!(
        told,
        ["x-eliot-task-id (39 bytes): was continued here before"]
    );
}

#[test]
fn a_task_goes_on_with_an_amqp_table() {
    let headers = Headers::default();
    let mut message = AmqpHeaders::default();
    message.0.insert("retries".into(), AMQPValue::LongInt(3));

    lines(|| {
        info_span!("order").in_scope(|| {
            headers.inject(&mut message);
            let task = tasktrail::current().unwrap().id();
            let incoming = headers.extract(&message);
            let position = incoming.position().unwrap();
            assert_eq!(
                (position.task(), position.level().to_string()),
                (task, "/2".to_owned())
            );
        });
    });

    // A number is no id, whatever it is called.
    message
        .0
        .insert("correlation-id".into(), AMQPValue::LongInt(17));
    assert_eq!(
        headers.extract(&message).carried().get("correlation_id"),
        None
    );
    message.0.insert(
        "Correlation-Id".into(),
        AMQPValue::ShortString("a b".into()),
    );
    assert_eq!(headers.extract(&message).refused()[0].why(), Why::Malformed);
}

fn lines(work: impl FnOnce()) -> Vec<Value> {
    let lines = tasktrail::example::lines(work);
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
