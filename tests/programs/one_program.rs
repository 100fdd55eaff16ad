//! Logs all that one thread can: `one_program LOG`.

use std::error::Error;
use std::num::ParseIntError;
use std::panic::catch_unwind;
use std::{env, fmt, io};

use tracing::{debug, error, field, info, info_span, instrument, trace, warn};

fn main() -> Result<(), Box<dyn Error>> {
    let log = env::args_os().nth(1).ok_or("usage: one_program LOG")?;
    let worker = tasktrail::eliot().filter("trace").file(log).start()?;

    info!(shares = 100, "outside of all actions");
    nested();
    let _ = parse("ten");
    failing();
    let _ = catch_unwind(|| info_span!("panics").in_scope(|| limit(3)));
    values();
    names();
    handed_over();

    match worker.finish().lost() {
        0 => Ok(()),
        lost => Err(format!("{lost} lines lost").into()),
    }
}

fn nested() {
    let order = info_span!("order", id = 17, price = field::Empty, buyer = field::Empty);
    order.in_scope(|| {
        trace!("a trace");
        info_span!("ask").in_scope(|| debug!(market = "XETRA", "asked"));
        warn!("slow");
        info_span!("buy", shares = 100).in_scope(|| {
            info_span!("pay").in_scope(|| info!("paid"));
            info_span!("book").in_scope(|| {});
        });
        order.record("price", 3.5);
        error!(price = 3.5, "only a message, for it has no field `error`");
    });
    order.record("buyer", "anna");
}

#[instrument(err)]
fn parse(text: &str) -> Result<u32, ParseIntError> {
    info_span!("within").in_scope(|| text.parse())
}

fn failing() {
    let error = Refused(io::Error::other("the market is closed"));
    info_span!("sell", shares = 7).in_scope(|| {
        info_span!("goes_well").in_scope(|| {});
        tasktrail::fail(&error);
        info!("after the failure");
    });
}

#[derive(Debug)]
struct Refused(io::Error);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order was refused")
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[expect(clippy::panic, reason = "it is this that is to be logged")]
fn limit(shares: u32) {
    info_span!("panics_within", shares).in_scope(|| panic!("{shares} shares are too few"));
}

fn values() {
    let error = Refused(io::Error::other("unseen"));
    let error: &dyn Error = &error;
    info_span!("values").in_scope(|| {
        info!(
            i8 = i8::MIN,
            i64 = i64::MIN,
            u64 = u64::MAX,
            i128 = i128::MIN,
            u128 = u128::MAX,
            small = 7_u128,
            "integers"
        );
        info!(
            whole = 7.0,
            third = 1.0 / 3.0,
            huge = f64::MAX,
            tiny = 5e-324,
            e16 = 1e16,
            nan = f64::NAN,
            infinity = f64::NEG_INFINITY,
            "floats"
        );
        info!(
            yes = true,
            none = field::Empty,
            some = Some(1),
            debug = ?vec![Some("a"), None],
            display = %error,
            error,
            "others"
        );
        info!(
            empty = "",
            control = "\0\u{1}\t\n\r\u{1b}\u{7f}",
            quotes = r#"" \ / '"#,
            wide = "zażółć 😀 \u{2028}",
            long = "0123456789".repeat(20),
            lines = "first\nsecond\n",
            "texts"
        );
    });
    info!("a text with \"quotes\", \\ and\na second line 😀");
}

fn names() {
    info_span!(
        "names",
        task_uuid = "mine",
        reason = "the span's",
        r#type = "a"
    )
    .in_scope(|| {
        info!(
            timestamp = 0,
            task_level = "/9",
            action_type = "none",
            message_type = "mine",
            log_level = "loud",
            "like those of the schema"
        );
        info!(
            user.name = "anna",
            "with a dot" = 1,
            "żółć" = 2,
            "\"" = 3,
            "odd ones"
        );
        info!(name: "named", "with a name and a text");
        info!(shares = 1);
        info!(name: "with_a_name", target: "another", shares = 1);
    });
}

fn handed_over() {
    info_span!("hands_over").in_scope(|| {
        let late = tasktrail::preserve_context(|| info!("in a closure"));
        drop(tasktrail::hand_over());
        info!("before the closure");
        late();
    });
}
