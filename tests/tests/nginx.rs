//! The configuration that `docs/nginx.md` explains does what it says there, in the real nginx.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use tasktrail_tests::{Folder, nginx};

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");
const CONFIGURATION: &str = include_str!("../../examples/sell_order/nginx.conf");
const PAGE: &str = include_str!("../../docs/nginx.md");

#[test]
fn what_the_page_explains_is_the_configuration() {
    let plain = |text: &str| {
        let lines = text.lines().map(str::trim);
        lines.collect::<Vec<_>>().join("\n")
    };
    let blocks: Vec<&str> = PAGE.split("```nginx\n").skip(1).collect();

    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let (block, _) = block.split_once("```").unwrap();
        assert!(plain(CONFIGURATION).contains(&plain(block)), "{block}");
    }
}

#[test]
fn a_request_has_one_correlation_id_its_own_or_one_of_nginx() {
    let folder = Folder::new(TARGET, "nginx_correlation");
    let Some(nginx) = Running::start(&folder, &[&echo()]) else {
        return;
    };
    let longest = "x".repeat(128);
    let too_long = "x".repeat(129);
    let own = ["order-17", "a\"b\\c{}", &longest];
    let others = ["", "two words", "tr\u{e4}ge", &too_long];

    for id in own {
        assert_eq!(nginx.correlation_ids(&[id]), [id]);
    }
    for id in others {
        let ids = nginx.correlation_ids(&[id]);
        assert!(matches!(&ids[..], [id] if is_nginxs(id)), "{id:?}: {ids:?}");
    }
    let none = nginx.correlation_ids(&[]);
    assert!(matches!(&none[..], [id] if is_nginxs(id)), "{none:?}");
    assert_eq!(nginx.correlation_ids(&["first", "second"]).len(), 1);

    let sent = nginx.sent_on();
    let logged = nginx.stop();
    assert_eq!(logged, sent);
}

#[test]
fn no_position_and_no_trace_comes_from_outside() {
    let folder = Folder::new(TARGET, "nginx_outside");
    let Some(nginx) = Running::start(&folder, &[&echo()]) else {
        return;
    };

    let seen = nginx.get(
        "X-Eliot-Task-Id: 192f76ea-915e-4131-95dc-da28c6bcdbb5@/2\r\n\
         traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\
         tracestate: a=b\r\n\
         X-Other: stays\r\n",
    );

    let names: Vec<String> = seen
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    assert!(names.contains(&"x-other".to_owned()), "{seen}");
    for name in ["x-eliot-task-id", "traceparent", "tracestate"] {
        assert!(!names.contains(&name.to_owned()), "{seen}");
    }
}

#[test]
fn a_request_goes_to_one_server_alone() {
    let folder = Folder::new(TARGET, "nginx_once");
    let asked = Arc::new(AtomicUsize::new(0));
    let [first, second] = [(); 2].map(|()| breaking_off(Arc::clone(&asked)));
    let Some(nginx) = Running::start(&folder, &[&first, &second]) else {
        return;
    };

    let answer = nginx.ask("");

    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// nginx with the configuration, in a folder of its own.
struct Running {
    program: &'static str,
    folder: String,
    address: String,
    child: Child,
    /// The correlation ids that were sent on.
    sent_on: Mutex<Vec<String>>,
}

impl Running {
    fn start(folder: &Folder, servers: &[&str]) -> Option<Self> {
        let program = nginx()?;
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let address = address.unwrap().to_string();
        let servers: Vec<_> = servers.iter().map(|at| format!("server {at};")).collect();
        let configuration = CONFIGURATION
            .replace("127.0.0.1:8000", &address)
            .replace("server 127.0.0.1:8001;", &servers.join("\n"));
        fs::write(folder.file("nginx.conf"), configuration).unwrap();
        let folder = folder.path().to_str().unwrap().to_owned();
        let child = command(program, &folder).spawn().unwrap();
        let mut running = Self {
            program,
            folder,
            address,
            child,
            sent_on: Mutex::default(),
        };
        running.await_pid();
        Some(running)
    }

    /// Waits for the file that nginx writes when it listens.
    fn await_pid(&mut self) {
        let pid = Path::new(&self.folder).join("nginx.pid");
        while !pid.exists() {
            assert_eq!(self.child.try_wait().unwrap(), None, "nginx has ended");
            thread::yield_now();
        }
    }

    /// Sends a request with some headers and gives the answer.
    fn ask(&self, headers: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head =
            format!("GET /sell HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends a request with some headers and gives what the server behind nginx saw of it.
    fn get(&self, headers: &str) -> String {
        let answer = self.ask(headers);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let (_, seen) = answer.split_once("\r\n\r\n").unwrap();
        seen.to_owned()
    }

    /// Sends a request with these correlation ids and gives those that the server behind nginx saw.
    fn correlation_ids(&self, ids: &[&str]) -> Vec<String> {
        let headers = ids.iter().map(|id| format!("Correlation-Id: {id}\r\n"));
        let seen = self.get(&headers.collect::<String>());
        let ids = seen.lines().filter_map(|line| line.split_once(": "));
        let ids = ids.filter(|(name, _)| name.eq_ignore_ascii_case("correlation-id"));
        let ids: Vec<String> = ids.map(|(_, id)| id.to_owned()).collect();
        self.sent_on.lock().unwrap().extend(ids.clone());
        ids
    }

    fn sent_on(&self) -> Vec<String> {
        self.sent_on.lock().unwrap().clone()
    }

    /// Stops nginx and gives the correlation ids in its log.
    fn stop(mut self) -> Vec<String> {
        self.quit();
        let log = fs::read_to_string(Path::new(&self.folder).join("access.log")).unwrap();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
        lines
            .map(|line: Value| line["correlation_id"].as_str().unwrap().to_owned())
            .collect()
    }

    fn quit(&mut self) {
        let _ = command(self.program, &self.folder)
            .args(["-s", "quit"])
            .status();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.quit();
        }
    }
}

fn command(program: &str, folder: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["-p", folder, "-c", "nginx.conf", "-e", "error.log"]);
    command
}

/// Serves requests for ever, by telling what it saw of them.
fn echo() -> String {
    serve(|mut stream, head| {
        let length = head.len();
        let fields = format!("Connection: close\r\nContent-Length: {length}\r\n");
        let answer = format!("HTTP/1.1 200 OK\r\n{fields}\r\n{head}");
        stream.write_all(answer.as_bytes()).unwrap();
    })
}

/// Breaks off each connection after its request.
fn breaking_off(asked: Arc<AtomicUsize>) -> String {
    serve(move |stream, _| {
        asked.fetch_add(1, Ordering::SeqCst);
        drop(stream);
    })
}

/// Takes one request from each connection, and gives its head to `answer`.
fn serve(answer: impl Fn(TcpStream, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut head = Vec::new();
            let mut reader = BufReader::new(&stream);
            while !head.ends_with(b"\r\n\r\n") {
                let length = reader.read_until(b'\n', &mut head).unwrap();
                assert!(length > 0, "a request has a whole head");
            }
            answer(stream, String::from_utf8_lossy(&head).into_owned());
        }
    });
    address
}

/// Tells whether an id is one that nginx makes.
fn is_nginxs(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
