//! Logs 10,000 lines, says that it is ready, and waits for a signal: `signalled WAY LOG`.
#![expect(clippy::print_stdout, reason = "the test waits for what is said")]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    on_unix::run()
}

#[cfg(unix)]
mod on_unix {
    use std::env;
    use std::error::Error;
    use std::fs::{File, OpenOptions};
    use std::io::{self, Write};
    use std::process;
    use std::sync::OnceLock;
    use std::thread;
    use std::time::Duration;

    use tasktrail_writer::{
        AfterSignal, Builder, LogFile, SIGHUP, SIGINT, SIGTERM, Worker, Writer, flush_on_signals,
    };
    use tokio::signal::unix::{SignalKind, signal};

    const LINES: u32 = 10_000;

    /// The worker writes when it is told to, and not before.
    const NEVER: Duration = Duration::from_secs(3600);

    /// Long enough for a destination that works.
    const SHORT: Duration = Duration::from_secs(2);

    static WRITER: OnceLock<Writer> = OnceLock::new();

    pub(crate) fn run() -> Result<(), Box<dyn Error>> {
        let mut arguments = env::args().skip(1);
        let (Some(way), Some(log)) = (arguments.next(), arguments.next()) else {
            return Err("usage: signalled WAY LOG".into());
        };
        let file = OpenOptions::new().append(true).create(true).open(&log)?;
        match way.as_str() {
            "terminate" => {
                flush_on_signals([SIGTERM, SIGINT], NEVER, AfterSignal::Terminate)?;
                let _worker = log_lines(builder(file))?;
                ready();
            }
            "terminate_while_others_log" => {
                flush_on_signals([SIGTERM, SIGINT], NEVER, AfterSignal::Terminate)?;
                let _worker = log_lines(builder(file))?;
                others_log()?;
                ready();
            }
            "terminate_a_hanging_destination" => {
                flush_on_signals([SIGTERM, SIGINT], NEVER, AfterSignal::Terminate)?;
                let _hanging = log_lines(builder(Hanging))?;
                ready();
            }
            "terminate_a_hanging_destination_in_time" => {
                flush_on_signals([SIGTERM, SIGINT], SHORT, AfterSignal::Terminate)?;
                let _worker = log_lines(builder(file))?;
                let hanging = builder(Hanging).start()?;
                hanging.writer().write_line(b"never taken\n");
                ready();
            }
            "terminate_without_the_feature" => {
                let _worker = log_lines(builder(file))?;
                ready();
            }
            "own_handler" => own_handler(file)?,
            "own_handler_goes_on" => {
                flush_on_signals([SIGINT], NEVER, AfterSignal::GoOn)?;
                let _worker = log_lines(builder(file))?;
                ready();
            }
            "reopen" => reopen(&log)?,
            way => return Err(format!("expected a way to be ended, found {way}").into()),
        }
        Ok(())
    }

    fn builder<D: Write + Send + 'static>(destination: D) -> Builder<D> {
        Builder::new(destination).longest_delay(NEVER)
    }

    fn log_lines<D: Write + Send + 'static>(builder: Builder<D>) -> Result<Worker, Box<dyn Error>> {
        let worker = builder.start()?;
        let writer = WRITER.get_or_init(|| worker.writer());
        for number in 0..LINES {
            writer.write_line(format!("thread 0 line {number} end\n").as_bytes());
        }
        Ok(worker)
    }

    /// Says so, and waits for ever.
    fn ready() {
        println!("ready");
        loop {
            thread::park();
        }
    }

    /// Has three threads log as fast as they can, and waits until some of it is written.
    fn others_log() -> Result<(), Box<dyn Error>> {
        let writer = WRITER.get().ok_or("expected a writer")?;
        for name in 1..4 {
            thread::spawn(move || {
                for number in 0.. {
                    writer.write_line(format!("thread {name} line {number} end\n").as_bytes());
                }
            });
        }
        while writer.outcome().written() < u64::from(10 * LINES) {
            thread::yield_now();
        }
        Ok(())
    }

    /// Answers SIGTERM by a last line and an exit.
    fn own_handler(file: File) -> Result<(), Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut asked_to_end = signal(SignalKind::terminate())?;
            flush_on_signals([SIGTERM, SIGINT], NEVER, AfterSignal::GoOn)?;
            let worker = log_lines(builder(file))?;
            println!("ready");

            asked_to_end.recv().await;

            let writer = worker.writer();
            writer.write_line(format!("thread 0 line {LINES} end\n").as_bytes());
            let outcome = worker.finish();
            let (written, lost) = (outcome.written(), outcome.lost());
            println!("{written} written, {lost} lost");
            process::exit(0);
        })
    }

    /// Logs a line into the file, and another one after each line on the standard input.
    fn reopen(log: &str) -> Result<(), Box<dyn Error>> {
        let file = LogFile::open(log)?;
        file.handle().reopen_on(SIGHUP)?;
        let worker = Builder::new(file).start()?;
        worker.writer().write_line(b"line 0\n");
        worker.flush(NEVER)?;
        println!("ready");
        for (number, asked) in io::stdin().lines().enumerate() {
            asked?;
            let line = format!("line {}\n", number + 1);
            worker.writer().write_line(line.as_bytes());
            worker.flush(NEVER)?;
            println!("written");
        }
        Ok(())
    }

    /// Takes nothing, for ever, and says so.
    struct Hanging;

    impl Write for Hanging {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            println!("hanging");
            loop {
                thread::park();
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
