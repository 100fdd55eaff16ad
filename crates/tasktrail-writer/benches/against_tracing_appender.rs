//! The cost of a line, for the caller and in all, next to `tracing_appender::non_blocking`.
//!
//! ```text
//! cargo bench -p tasktrail-writer [-- <lines for each thread>]
//! ```
//!
//! Both write to `/dev/null` (where there is one), wait when they are full, and are waited for at the
//! end. `caller` is the time that a thread needs for a line; `paced` is the same for a thread
//! that writes one line each 20 us; `in all` is wall time to the last byte; `cpu` is user and system
//! time of all threads.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise, and prints"
)]

#[cfg(loom)]
fn main() {}

#[cfg(not(loom))]
fn main() {
    appender::compare();
}

#[cfg(not(loom))]
mod appender {
    use std::fs::{self, File, OpenOptions};
    use std::hint::spin_loop;
    use std::io::{self, Write};
    use std::thread;
    use std::time::{Duration, Instant};

    use tasktrail_writer::{Builder, Worker, Writer};
    use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

    const LINE: &[u8; 200] = &[b'x'; 200];

    /// One way to write lines without waiting.
    trait Contender {
        const NAME: &'static str;
        type Writer: Clone + Send;
        type Guard;
        fn start(destination: Destination) -> (Self::Writer, Self::Guard);
        fn write(writer: &mut Self::Writer, line: &[u8]);
    }

    struct Tasktrail;

    impl Contender for Tasktrail {
        const NAME: &'static str = "tasktrail-writer";
        type Writer = Writer;
        type Guard = Worker;

        fn start(destination: Destination) -> (Writer, Worker) {
            let worker = Builder::new(destination).start().unwrap();
            (worker.writer(), worker)
        }

        fn write(writer: &mut Writer, line: &[u8]) {
            writer.write_line(line);
        }
    }

    struct TracingAppender;

    impl Contender for TracingAppender {
        const NAME: &'static str = "tracing-appender";
        type Writer = NonBlocking;
        type Guard = WorkerGuard;

        fn start(destination: Destination) -> (NonBlocking, WorkerGuard) {
            NonBlockingBuilder::default()
                .lossy(false)
                .finish(destination)
        }

        fn write(writer: &mut NonBlocking, line: &[u8]) {
            writer.write_all(line).unwrap();
        }
    }

    struct Destination(Option<File>);

    impl Destination {
        fn new() -> Self {
            Self(OpenOptions::new().write(true).open("/dev/null").ok())
        }
    }

    impl Write for Destination {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match &mut self.0 {
                Some(file) => file.write(bytes),
                None => Ok(bytes.len()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(super) fn compare() {
        let lines = std::env::args()
            .find_map(|word| word.parse().ok())
            .unwrap_or(500_000);
        println!("{lines} lines of {} bytes for each thread", LINE.len());
        for threads in [1, 2, 4] {
            measure::<Tasktrail>(threads, lines);
            measure::<TracingAppender>(threads, lines);
        }
        measure_paced::<Tasktrail>(lines / 20);
        measure_paced::<TracingAppender>(lines / 20);
    }

    fn measure<C: Contender>(threads: u32, lines: u32) {
        let (writer, guard) = C::start(Destination::new());
        let (begun, cpu) = (Instant::now(), cpu_time());
        thread::scope(|scope| {
            for _ in 0..threads {
                let mut writer = writer.clone();
                scope.spawn(move || (0..lines).for_each(|_| C::write(&mut writer, LINE)));
            }
        });
        let caller = begun.elapsed();
        drop(guard);
        let all = begun.elapsed();
        let cpu = cpu_time().zip(cpu).map(|(after, before)| after - before);
        println!(
            "{:18} {threads} threads: caller {:5.0} ns, in all {:5.0} ns, cpu {}",
            C::NAME,
            nanoseconds(caller, lines),
            nanoseconds(all, lines * threads),
            cpu.map_or("unknown".to_owned(), |cpu| {
                format!("{:5.0} ns", nanoseconds(cpu, lines * threads))
            }),
        );
    }

    fn measure_paced<C: Contender>(lines: u32) {
        let (mut writer, guard) = C::start(Destination::new());
        let mut times: Vec<_> = (0..lines)
            .map(|_| {
                let begun = Instant::now();
                C::write(&mut writer, LINE);
                let time = begun.elapsed();
                while begun.elapsed() < Duration::from_micros(20) {
                    spin_loop();
                }
                time
            })
            .collect();
        drop(guard);
        times.sort_unstable();
        let at = |part: f64| {
            times
                .get((times.len() as f64 * part) as usize)
                .unwrap()
                .as_nanos()
        };
        println!(
            "{:18} paced: caller median {} ns, 99% {} ns, 99.9% {} ns",
            C::NAME,
            at(0.5),
            at(0.99),
            at(0.999),
        );
    }

    fn nanoseconds(time: Duration, lines: u32) -> f64 {
        time.as_nanos() as f64 / f64::from(lines)
    }

    /// User and system time of this process, in ticks of 10 ms, where Linux says it.
    fn cpu_time() -> Option<Duration> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let after_name = stat.rsplit_once(')')?.1;
        let words: Vec<_> = after_name.split_whitespace().collect();
        let ticks = |place: usize| words.get(place)?.parse::<u64>().ok();
        Some(Duration::from_millis(10 * (ticks(11)? + ticks(12)?)))
    }
}
