//! What the other end does at a certain moment, which only the connection itself can tell.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::*;

fn connected() -> (TcpLines, TcpListener, TcpStream) {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut lines = TcpLines::to(receiver.local_addr().unwrap()).unwrap();
    assert_eq!(lines.write(b"one\n").unwrap(), 4);
    let (peer, _) = receiver.accept().unwrap();
    (lines, receiver, peer)
}

fn read_to_end(mut peer: TcpStream) -> String {
    let mut received = String::new();
    peer.read_to_string(&mut received).unwrap();
    received
}

#[test]
fn no_line_goes_to_a_connection_that_the_receiver_has_closed() {
    let (mut lines, receiver, mut peer) = connected();
    peer.read_exact(&mut [0; 4]).unwrap();
    drop(peer);
    while lines.connection.as_mut().unwrap().look().is_ok() {
        thread::yield_now();
    }

    let taken = lines.write(b"two\n").unwrap();
    let handle = lines.handle();
    drop(lines);

    assert_eq!(taken, 4);
    assert_eq!((handle.connections(), handle.failures()), (2, 1));
    assert_eq!(read_to_end(receiver.accept().unwrap().0), "two\n");
}

#[test]
fn what_the_receiver_sends_is_thrown_away() {
    let (mut lines, _receiver, mut peer) = connected();
    peer.write_all(b"thank you\n").unwrap();
    wait_for_bytes_from_peer(&lines);

    lines.write(b"two\n").unwrap();
    let handle = lines.handle();
    drop(lines);

    assert_eq!(read_to_end(peer), "one\ntwo\n");
    assert_eq!((handle.connections(), handle.failures()), (1, 0));
}

#[test]
fn a_connection_begins_with_the_beginning_of_a_line_that_comes_after_what_a_fallback_took() {
    let (mut lines, receiver, mut peer) = connected();
    assert_eq!(lines.write(b"two and").unwrap(), 7);
    peer.read_exact(&mut [0; 11]).unwrap();
    drop(peer);
    drop(receiver);
    while lines.connection.as_mut().unwrap().look().is_ok() {
        thread::yield_now();
    }
    lines.write(b" more\n").unwrap_err();
    lines.flush().unwrap();
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    lines.address = Address::new(receiver.local_addr().unwrap().to_string()).unwrap();

    lines.write(b" more\n").unwrap();
    lines.flush().unwrap();
    drop(lines);

    assert_eq!(read_to_end(receiver.accept().unwrap().0), "two and more\n");
}

#[test]
fn the_end_sends_what_the_system_took_also_to_a_receiver_that_has_sent_something() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut lines = TcpLines::builder(receiver.local_addr().unwrap())
        .write_timeout(Duration::from_millis(20))
        .resolve()
        .unwrap();
    let more = vec![b'x'; 1 << 20];
    let mut taken = 0;
    while let Ok(count) = lines.write(&more) {
        taken += count;
    }
    let (mut peer, _) = receiver.accept().unwrap();
    peer.write_all(b"thank you\n").unwrap();
    wait_for_bytes_from_peer(&lines);

    drop(lines);

    assert_eq!(read_to_end(peer).len(), taken);
}

#[test]
fn each_address_is_tried_until_one_connects() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = receiver.local_addr().unwrap();
    // A datagram socket has a port, and nobody listens there.
    let other = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let nobody = other.local_addr().unwrap();
    let mut lines = TcpLines::to(address).unwrap();

    let connection = lines.connect_to_one_of(vec![nobody, address]).unwrap();
    let refused = lines.connect_to_one_of(vec![nobody]).map(drop).unwrap_err();

    assert_eq!(connection.peer, address);
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(
        refused.to_string(),
        format!("expected a connection to {address}, found none ({nobody})")
    );
}

fn wait_for_bytes_from_peer(lines: &TcpLines) {
    let stream = &lines.connection.as_ref().unwrap().stream;
    assert_eq!(stream.peek(&mut [0]).unwrap(), 1);
}
