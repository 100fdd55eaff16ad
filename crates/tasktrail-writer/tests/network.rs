//! Lines over TCP and UDP, with receivers that come late, go, and do not read.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tasktrail_writer::{Builder, Cause, Destination, TcpLines, UdpLines, WhenFull, Worker};

const LONG: Duration = Duration::from_secs(60);

/// What a connection sends to end a receiver.
const STOP: &str = "stop";

/// Accepts connections one after the other until it is stopped, and keeps what each of them sent.
struct Receiver {
    address: SocketAddr,
    thread: JoinHandle<Vec<String>>,
}

impl Receiver {
    /// Reads so much of each connection, and closes it; of the last ones all there is.
    fn start(
        listener: TcpListener,
        limits: impl IntoIterator<Item = u64> + Send + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let receive = move || {
            let mut limits = limits.into_iter();
            let mut received = Vec::new();
            loop {
                let (stream, _) = listener.accept().unwrap();
                let mut bytes = Vec::new();
                let limit = limits.next().unwrap_or(u64::MAX);
                stream.take(limit).read_to_end(&mut bytes).unwrap();
                let text = String::from_utf8(bytes).unwrap();
                if text == STOP {
                    return received;
                }
                received.push(text);
            }
        };
        Self {
            address,
            thread: thread::spawn(receive),
        }
    }

    /// What came over each connection that was made so far.
    fn stop(self) -> Vec<String> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(STOP.as_bytes()).unwrap();
        drop(stream);
        self.thread.join().unwrap()
    }
}

/// An address where nobody listens for now, and that no other test takes meanwhile.
fn free_address(test: u8) -> SocketAddr {
    let host = if cfg!(target_os = "linux") {
        [127, 77, 0, test]
    } else {
        [127, 0, 0, 1]
    };
    let listener = TcpListener::bind((std::net::Ipv4Addr::from(host), 0)).unwrap();
    listener.local_addr().unwrap()
}

fn numbered_lines(worker: &Worker, count: usize) -> String {
    let writer = worker.writer();
    let lines = (0..count).map(|number| format!("line {number}\n"));
    lines
        .inspect(|line| writer.write_line(line.as_bytes()))
        .collect()
}

/// What the worker was last told by the destination.
fn last_failure(worker: &Worker) -> (io::ErrorKind, String) {
    let error = worker.flush(Duration::from_millis(20)).unwrap_err();
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    (source.kind(), source.to_string())
}

#[test]
fn a_receiver_that_comes_later_gets_all_lines() {
    let address = free_address(1);
    let lines = TcpLines::to(address).unwrap();
    let handle = lines.handle();
    let worker = Builder::new(lines).start().unwrap();

    let logged = numbered_lines(&worker, 1000);
    let (kind, failure) = last_failure(&worker);
    let receiver = Receiver::start(TcpListener::bind(address).unwrap(), []);
    worker.flush(LONG).unwrap();
    let outcome = worker.finish();

    assert_eq!(kind, io::ErrorKind::ConnectionRefused);
    assert_eq!(
        failure,
        format!("expected a connection to {address}, found none")
    );
    let known = handle.last_failure().unwrap();
    assert_eq!(known.address(), address.to_string());
    assert_eq!(known.peer(), Some(address));
    assert!(handle.failures() > 0);
    assert_eq!(handle.connections(), 1);
    assert_eq!(receiver.stop(), [logged]);
    assert_eq!((outcome.written(), outcome.lost()), (1000, 0));
}

#[test]
fn lines_for_a_receiver_that_never_comes_are_all_counted() {
    let address = free_address(2);
    let worker = Builder::new(TcpLines::to(address).unwrap())
        .start()
        .unwrap();

    numbered_lines(&worker, 1000);
    let outcome = worker.finish_within(LONG);

    assert_eq!(outcome.losses().of(Cause::DestinationFailed), 1000);
    assert_eq!((outcome.lost(), outcome.written()), (1000, 0));
}

#[test]
fn a_line_that_was_cut_when_the_connection_broke_comes_again_whole() {
    // More than the system takes for somebody who does not read.
    let line = format!("{}\n", "0123456789abcdef".repeat(4 * 1024 * 1024));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut lines = TcpLines::builder(listener.local_addr().unwrap())
        .write_timeout(Duration::from_millis(20))
        .resolve()
        .unwrap();
    let handle = lines.handle();
    let begun = lines.write(line.as_bytes()).unwrap();
    assert!(begun < line.len());
    drop(listener.accept().unwrap());

    let receiver = Receiver::start(listener, []);
    let mut rest = &line.as_bytes()[begun..];
    while !rest.is_empty() {
        match lines.write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) => assert_ne!(error.kind(), io::ErrorKind::BrokenPipe),
        }
    }
    drop(lines);

    let received = receiver.stop();
    assert_eq!(received.len(), 1);
    assert!(received[0] == line, "{} bytes", received[0].len());
    assert_eq!(handle.connections(), 2);
}

#[test]
fn a_receiver_that_reads_nothing_for_a_while_is_busy_and_gets_each_byte_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut lines = TcpLines::builder(listener.local_addr().unwrap())
        .write_timeout(Duration::from_millis(20))
        .resolve()
        .unwrap();
    let handle = lines.handle();
    let text: String = (0..4_000_000).map(|n| format!("line {n}\n")).collect();
    let mut rest = text.as_bytes();
    let mut busy = 0;
    let mut receiver = Some(listener);
    let mut receiving = None;

    while !rest.is_empty() {
        match lines.write(&rest[..rest.len().min(65_537)]) {
            Ok(count) => rest = &rest[count..],
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                busy += 1;
                if let Some(listener) = receiver.take() {
                    receiving = Some(Receiver::start(listener, []));
                }
            }
        }
    }
    drop(lines);

    assert!(busy > 0);
    assert_eq!((handle.connections(), handle.failures()), (1, 0));
    assert!(receiving.unwrap().stop() == [text]);
}

#[test]
fn receivers_that_close_within_lines_get_whole_lines_in_order() {
    const PRODUCERS: usize = 2;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = Receiver::start(listener, (0..).map(|turn| 50_003 + turn * 7_919));
    let lines = TcpLines::to(receiver.address).unwrap();
    let handle = lines.handle();
    let worker = Builder::new(lines)
        .memory(256 << 10)
        .when_full(WhenFull::Block)
        .start()
        .unwrap();

    let logged: u64 = thread::scope(|scope| {
        let produce = |producer: usize| {
            let writer = worker.writer();
            let handle = &handle;
            scope.spawn(move || {
                let mut number = 0;
                while handle.connections() < 6 {
                    let padding = "x".repeat(number % 200);
                    writer.write_line(format!("{producer} {number} {padding}.\n").as_bytes());
                    number += 1;
                }
                number as u64
            })
        };
        let producers: Vec<_> = (0..PRODUCERS).map(produce).collect();
        producers.into_iter().map(|each| each.join().unwrap()).sum()
    });
    let outcome = worker.finish_within(LONG);
    let connections = handle.connections();
    let received = receiver.stop();

    assert_eq!((outcome.written(), outcome.lost()), (logged, 0));
    assert_eq!(received.len() as u64, connections);
    assert_eq!(handle.failures(), connections - 1);
    let mut next = [0; PRODUCERS];
    for text in &received {
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        for line in text[..whole].lines() {
            let words: Vec<_> = line.split(' ').collect();
            let [producer, number, padding] = words[..] else {
                panic!("a line that is torn or merged: {line:?}");
            };
            let number: usize = number.parse().unwrap();
            assert_eq!(padding, format!("{}.", "x".repeat(number % 200)));
            let next = &mut next[producer.parse::<usize>().unwrap()];
            assert!(number >= *next, "{line:?} comes after number {next}");
            *next = number + 1;
        }
    }
}

#[test]
fn an_address_that_does_not_resolve_is_told_at_set_up() {
    for address in ["name.invalid:1", "nonsense", "127.0.0.1:99999", "", ":"] {
        let tcp = TcpLines::to(address).unwrap_err();
        let udp = UdpLines::to(address).unwrap_err();

        for error in [tcp, udp] {
            assert_eq!(
                error.to_string(),
                format!("expected HOST:PORT that resolves, found {address:?}")
            );
            assert_eq!(error.address(), address);
            assert!(error.source().is_some());
        }
    }
    assert_eq!(
        TcpLines::to("127.0.0.1:0").unwrap_err().to_string(),
        "127.0.0.1:0: expected a port from 1 to 65535, found 0"
    );
}

/// A receiver whose tests fail rather than hang.
fn udp_receiver(address: impl std::net::ToSocketAddrs) -> UdpSocket {
    let receiver = UdpSocket::bind(address).unwrap();
    receiver.set_read_timeout(Some(LONG)).unwrap();
    receiver
}

fn datagram(receiver: &UdpSocket) -> String {
    let mut bytes = vec![0; 65_536];
    let length = receiver.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

#[test]
fn each_line_is_a_datagram_without_its_end() {
    let receiver = udp_receiver("127.0.0.1:0");
    let lines = UdpLines::to(receiver.local_addr().unwrap()).unwrap();
    let worker = Builder::new(lines).start().unwrap();

    let logged = numbered_lines(&worker, 100);
    worker.writer().write_line(b"no end");
    let outcome = worker.finish();

    for line in logged.lines() {
        assert_eq!(datagram(&receiver), line);
    }
    assert_eq!(datagram(&receiver), "no end");
    assert_eq!((outcome.written(), outcome.lost()), (101, 0));
}

#[test]
fn a_name_with_two_families_is_tried_in_both() {
    // On most systems this is `::1` first, where nobody listens.
    let receiver = udp_receiver("127.0.0.1:0");
    let port = receiver.local_addr().unwrap().port();
    let worker = Builder::new(UdpLines::to(format!("localhost:{port}")).unwrap())
        .start()
        .unwrap();

    worker.writer().write_line(b"hello\n");
    worker.flush(LONG).unwrap();

    assert_eq!(datagram(&receiver), "hello");
}

#[test]
fn the_largest_datagram_arrives_and_a_larger_one_is_counted_and_told() {
    let receiver = udp_receiver("127.0.0.1:0");
    let lines = UdpLines::to(receiver.local_addr().unwrap()).unwrap();
    let worker = Builder::new(lines).start().unwrap();
    let writer = worker.writer();
    let largest = "x".repeat(65_507);

    writer.write_line(format!("{largest}x\n").as_bytes());
    writer.write_line(format!("{largest}\n").as_bytes());
    let outcome = worker.finish();

    let mut expected = vec![format!("tasktrail-writer: {}", outcome.losses())];
    // Other systems take less, and both are too large.
    if cfg!(target_os = "linux") {
        assert_eq!((outcome.written(), outcome.lost()), (1, 1));
        expected.push(largest);
    }
    assert_eq!(
        outcome.lost(),
        outcome.losses().of(Cause::TooLarge),
        "{outcome:?}"
    );
    let mut received: Vec<_> = expected.iter().map(|_| datagram(&receiver)).collect();
    received.sort();
    assert!(received == expected);
}

#[test]
fn lines_for_a_port_where_nobody_listens_wait_for_somebody() {
    let address = free_address(3);
    let lines = UdpLines::to(address).unwrap();
    let worker = Builder::new(lines).start().unwrap();
    let logged = numbered_lines(&worker, 20);
    let (kind, failure) = last_failure(&worker);

    let receiver = udp_receiver(address);
    worker.writer().write_line(b"last\n");
    worker.flush(LONG).unwrap();
    let outcome = worker.finish();

    assert_eq!(kind, io::ErrorKind::ConnectionRefused);
    assert!(failure.contains(&address.to_string()), "{failure}");
    assert_eq!((outcome.written(), outcome.lost()), (21, 0));
    // If the answer of the system is late, a line is lost in between, but none comes twice.
    let mut logged = logged.lines().chain(["last"]);
    loop {
        let received = datagram(&receiver);
        assert!(logged.any(|line| line == received), "{received}");
        if received == "last" {
            break;
        }
    }
}

#[test]
fn a_failure_names_the_address_and_its_cause() {
    let address = free_address(4);
    let mut lines = TcpLines::to(address).unwrap();

    let error = lines.write(b"line\n").unwrap_err();

    let failure = lines.handle().last_failure().unwrap();
    let cause = failure.source().unwrap();
    assert_eq!(error.to_string(), failure.to_string());
    assert_eq!(
        cause.downcast_ref::<io::Error>().unwrap().kind(),
        io::ErrorKind::ConnectionRefused
    );
}

#[test]
fn a_worker_whose_receiver_reads_nothing_ends_at_its_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let lines = TcpLines::builder(listener.local_addr().unwrap())
        .write_timeout(Duration::from_millis(10))
        .resolve()
        .unwrap();
    let worker = Builder::new(lines).memory(64 << 20).start().unwrap();
    let line = vec![b'x'; 60 << 20];

    worker.writer().write_line(&line);
    let (sender, ended) = channel();
    let ending = thread::spawn(move || {
        let outcome = worker.finish_within(Duration::from_millis(100));
        sender.send(()).unwrap();
        outcome
    });
    ended.recv_timeout(LONG).unwrap();
    let outcome = ending.join().unwrap();

    assert_eq!(outcome.losses().of(Cause::Deadline), 1);
    drop(listener);
}

#[test]
fn a_notice_that_makes_too_large_a_datagram_does_not_count_as_written() {
    let receiver = udp_receiver("127.0.0.1:0");
    let lines = UdpLines::builder(receiver.local_addr().unwrap()).largest_datagram(8);
    let worker = Builder::new(lines.resolve().unwrap()).start().unwrap();

    worker.writer().write_line(b"longer than that\n");
    worker.flush(LONG).unwrap();
    let outcome = worker.finish();

    assert_eq!((outcome.lost(), outcome.notices()), (1, 0));
}
