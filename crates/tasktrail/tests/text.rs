//! Text for a person at a terminal: each kind of message, each type of field, colours, and nothing
//! that a terminal obeys.
#[cfg(test)]
mod support;

use std::error::Error;
use std::fmt;
use std::io;

use support::Captured;
use tasktrail::{Actions, JsonLayer, SpanFields, TaskLayer, TimeUnit, When, continue_task, fail};
use tracing::field::Empty;
use tracing::{debug, error, info, info_span, trace, warn};
use tracing_subscriber::layer::SubscriberExt;

/// Runs `f` behind the task layer and an output of text, and gives what it wrote, each message in
/// one write.
#[cfg(test)]
fn written(layer: JsonLayer, f: impl FnOnce()) -> Vec<String> {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, f);
    let writes = output.writes().into_iter();
    writes
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect()
}

/// Gives the messages, one after the other, with the same time and duration in each.
#[cfg(test)]
fn text(layer: JsonLayer, f: impl FnOnce()) -> String {
    let writes = written(layer, f).into_iter();
    writes.map(|message| without_times(&message)).collect()
}

/// Does the same for a task that was continued: ids are the same each time.
#[cfg(test)]
fn text_of_task(layer: JsonLayer, f: impl FnOnce()) -> String {
    text(layer, || {
        continue_task("8ad6b04b-d8ca-4f8a-99d4-10742980c4ac@/3").run(f);
    })
}

/// Replaces the time of day, after a look at its form, and how long an action took.
#[cfg(test)]
fn without_times(message: &str) -> String {
    let start = message.find(|char: char| char.is_ascii_digit()).unwrap();
    // In colours the first digit is that of a colour.
    let start = if message.starts_with('\x1b') {
        message.find('m').unwrap() + 1
    } else {
        start
    };
    let (before, rest) = message.split_at(start);
    let (time, rest) = rest.split_at("12:04:31.123Z".len());
    let form: String = time
        .chars()
        .map(|char| if char.is_ascii_digit() { '0' } else { char })
        .collect();
    assert_eq!(form, "00:00:00.000Z", "{message}");
    let duration = [" ns", " µs", " ms", " s"].into_iter().find_map(|unit| {
        rest.match_indices(unit).find_map(|(at, _)| {
            let digits = rest[..at].trim_end_matches(|char: char| "0123456789.".contains(char));
            let end = at + unit.len();
            let is_whole = rest[end..].starts_with([':', ' ', '\n', '\x1b']);
            (digits.len() < at && is_whole).then_some(digits.len()..end)
        })
    });
    let mut rest = rest.to_owned();
    if let Some(duration) = duration {
        rest.replace_range(duration, "1 ms");
    }
    format!("{before}12:04:31.123Z{rest}")
}

#[derive(Debug)]
struct Unsold(fmt::Error);

impl fmt::Display for Unsold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody buys:\nthe price")
    }
}

impl Error for Unsold {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn each_kind_of_message_is_a_line_that_stands_as_far_right_as_it_is_deep() {
    let text = text_of_task(JsonLayer::text().field("service", "shop"), || {
        let order = info_span!("order", id = 17, state = Empty).entered();
        warn!(target: "shop::stock", left = 3, "few are left");
        info_span!("price", item = "pen").in_scope(|| {
            error!(target: "shop::prices", code = 5);
            fail(&fmt::Error);
        });
        info!(name: "order_sold", target: "shop", shares = 100, "sold");
        info!(name: "order_paid", target: "shop", "");
        order.record("state", "sold");
    });

    assert_eq!(
        text,
        "\
12:04:31.123Z INFO  8ad6   → eliot:remote_task started service=shop  /3/1
12:04:31.123Z INFO  8ad6     → order started id=17 service=shop  /3/2/1
12:04:31.123Z WARN  8ad6       shop::stock: few are left left=3 service=shop  /3/2/2
12:04:31.123Z INFO  8ad6       → price started item=pen service=shop  /3/2/3/1
12:04:31.123Z ERROR 8ad6         shop::prices: code=5 service=shop  /3/2/3/2
12:04:31.123Z ERROR 8ad6       ✗ price failed 1 ms: core::fmt::Error: an error occurred when formatting an argument service=shop  /3/2/3/3
12:04:31.123Z INFO  8ad6       shop: order_sold sold shares=100 service=shop  /3/2/4
12:04:31.123Z INFO  8ad6       shop: order_paid service=shop  /3/2/5
12:04:31.123Z INFO  8ad6     ← order succeeded 1 ms state=sold service=shop  /3/2/6
12:04:31.123Z INFO  8ad6   ← eliot:remote_task succeeded 1 ms service=shop  /3/3
"
    );
}

/// What the guide shows.
mod shop {
    use super::*;

    #[derive(Debug)]
    struct StoreError(io::Error);

    impl fmt::Display for StoreError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the order is lost")
        }
    }

    impl Error for StoreError {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    pub(crate) fn serve() {
        info!(target: "shop", port = 80, "listening");
        let first = info_span!("request", method = "PUT", path = "/orders/17");
        let second = info_span!("request", method = "GET", path = "/orders");
        first.in_scope(|| {
            let _store = info_span!("store", customer = "ada the first").entered();
            warn!(target: "shop::stock", parent: &second, left = 3, "few are left");
            let backtrace = "0: write\n1: store";
            error!(target: "shop::disk", backtrace, code = 28, "can't write");
            fail(&StoreError(io::Error::other("disk full")));
        });
    }
}

#[test]
fn the_guide_shows_what_a_program_writes() {
    let guide = include_str!("../../../docs/guide.md");
    let section = guide.split("\n## Text in a terminal\n").nth(1).unwrap();
    let shown = section.split("```text\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap();
    // Each message without its time, and the tasks by the order in which they come.
    let plain = |text: &str| {
        let mut tasks = Vec::new();
        let mut plain = String::new();
        for line in text.lines() {
            if line.starts_with(' ') {
                plain += &format!("{line}\n");
                continue;
            }
            let mut line = without_times(&format!("{line}\n"));
            let task = line[20..24].to_owned();
            if task != "    " {
                if !tasks.contains(&task) {
                    tasks.push(task.clone());
                }
                let number = tasks.iter().position(|other| *other == task).unwrap();
                line.replace_range(20..24, &format!("{number:04}"));
            }
            plain += &line;
        }
        plain
    };

    let written = written(JsonLayer::text(), shop::serve).concat();
    // The program of the guide is not called after this test.
    let written = written.replace("text::shop::", "shop::");

    assert_eq!(plain(&written), plain(shown), "{written}");
}

#[test]
fn a_task_that_starts_here_stands_at_the_left_and_an_event_outside_has_no_id() {
    let text = text(JsonLayer::text(), || {
        info!(target: "shop", "open");
        let _order = info_span!("order").entered();
        debug!(target: "shop", "received");
    });

    let lines: Vec<&str> = text.lines().collect();
    let id = &lines[1][20..24];
    assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}");
    assert_eq!(
        text,
        format!(
            "\
12:04:31.123Z INFO       shop: open
12:04:31.123Z INFO  {id} → order started  /1
12:04:31.123Z DEBUG {id}   shop: received  /2
12:04:31.123Z INFO  {id} ← order succeeded 1 ms  /3
"
        )
    );
}

#[test]
fn without_a_task_layer_there_is_no_place_for_an_id() {
    let output = Captured::new();
    let subscriber =
        tracing_subscriber::registry().with(JsonLayer::text().with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        info!(target: "shop", n = 1, "sold");
    });

    assert_eq!(
        without_times(&output.text()),
        "12:04:31.123Z INFO  shop: sold n=1\n"
    );
}

#[test]
fn each_type_of_value_is_told_from_the_others() {
    let layer = JsonLayer::text()
        .field("list", serde_json::json!([1, "a b", { "c": null }]))
        .actions(Actions::Neither);
    let error: &(dyn Error + 'static) = &fmt::Error;
    let text = text(layer, || {
        info!(
            target: "shop",
            signed = -3,
            unsigned = u64::MAX,
            wide = u128::MAX,
            float = 12.5,
            nan = f64::NAN,
            flag = true,
            word = "pen",
            words = "a pen",
            digits = "17",
            empty = "",
            debug = ?"a \"pen\"",
            nothing = ?None::<u8>,
            display = %17,
            path = r"C:\temp",
            error,
            { "unit price" } = 3,
            "sold"
        );
    });

    assert_eq!(
        text,
        concat!(
            "12:04:31.123Z INFO       shop: sold signed=-3 unsigned=18446744073709551615 ",
            "wide=\"340282366920938463463374607431768211455\" float=12.5 nan=null flag=true ",
            "word=pen words=\"a pen\" digits=\"17\" empty=\"\" debug=\"a \\\"pen\\\"\" nothing=None ",
            "display=\"17\" path=\"C:\\\\temp\" error=\"an error occurred when formatting an argument\" ",
            "\"unit price\"=3 list=[1,\"a b\",{\"c\":null}]\n"
        )
    );
}

#[test]
fn what_has_several_lines_is_one_write_and_begins_further_to_the_right() {
    let messages = written(JsonLayer::text(), || {
        continue_task("8ad6b04b-d8ca-4f8a-99d4-10742980c4ac@/3").run(|| {
            fail(&Unsold(fmt::Error));
            error!(
                target: "shop",
                backtrace = "0: main\n  1: sell\r\n",
                code = 5,
                "no paper:\n{}\n",
                "12:04:31.123Z INFO       shop: forged"
            );
        });
    });

    assert_eq!(messages.len(), 3, "{messages:?}");
    assert_eq!(
        without_times(&messages[1]),
        "\
12:04:31.123Z ERROR 8ad6     shop: no paper: code=5  /3/2
                               12:04:31.123Z INFO       shop: forged
                               backtrace=
                                 0: main
                                   1: sell
"
    );
    assert_eq!(
        without_times(&messages[2]),
        "\
12:04:31.123Z ERROR 8ad6   ✗ eliot:remote_task failed 1 ms: text::Unsold: nobody buys:  /3/3
                             the price
                             caused by: an error occurred when formatting an argument
"
    );
}

#[test]
fn a_panic_tells_its_place() {
    let messages = written(JsonLayer::text(), || {
        let _ = std::panic::catch_unwind(|| {
            let _order = info_span!("order").entered();
            panic!("no price");
        });
    });

    let [_, end] = messages.as_slice() else {
        panic!("{messages:?}");
    };
    let end = without_times(end);
    let (first, rest) = end.split_once('\n').unwrap();
    assert!(
        first.ends_with(" ✗ order failed 1 ms: panic: no price  /2"),
        "{end}"
    );
    let location = format!("{}at {}:", " ".repeat(27), file!());
    assert!(rest.starts_with(&location), "{end}");
}

const STEERING: &str =
    "\u{0}\u{7}\u{8}\t\u{b}\u{c}\r\u{1b}[31m\u{1b}]0;title\u{7}\u{7f}\u{80}\u{9b}2J\u{9f}\u{85}";

#[derive(Debug)]
struct Steering;

impl fmt::Display for Steering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STEERING)
    }
}

impl Error for Steering {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&Self)
    }
}

/// Logs what a terminal would obey wherever a program may say something.
#[cfg(test)]
fn steer() {
    let order = info_span!(target: "t\u{1b}[1m\u{9b}", "s\u{1b}[1m\u{9b}\r", { "k\u{1b}\u{9b}" } = STEERING, late = Empty)
        .entered();
    info!(target: "t\u{1b}[1m\u{9b}", n = 1, { "k\u{1b}\u{9b}\u{7f}" } = STEERING, "{STEERING}");
    info!(debug = ?STEERING, display = %STEERING, text = STEERING);
    info!(target: "t", lines = format!("a\n{STEERING}\nb"), "a\n{STEERING}\nb");
    info!(name: "n\u{1b}\u{9b}", "{STEERING}");
    order.record("late", format!("\"{STEERING}\""));
    fail(&Steering);
}

#[test]
fn nothing_that_a_terminal_obeys_gets_through() {
    let layer = |when| {
        JsonLayer::text()
            .color(when)
            .field(
                STEERING,
                serde_json::json!([STEERING, { STEERING: STEERING }]),
            )
            .rename("late", STEERING)
    };
    let plain = written(layer(When::Never), steer).concat();
    let colored = written(layer(When::Always), steer).concat();

    assert_eq!(
        plain.replace('\n', "").find(char::is_control),
        None,
        "{plain:?}"
    );
    let steered =
        r"\u0000\u0007\b\t\u000b\f\r\u001b[31m\u001b]0;title\u0007\u007f\u0080\u009b2J\u009f\u0085";
    assert!(
        plain.contains(&format!(r"t\u001b[1m\u009b: {steered} ")),
        "{plain}"
    );
    // Of a colour's command nothing but digits may stand between its beginning and its end.
    let mut rest = colored.as_str();
    while let Some(at) = rest.find(|char: char| char.is_control() && char != '\n') {
        let command = rest[at..].strip_prefix("\x1b[").expect(rest);
        let end = command.find(|char: char| !char.is_ascii_digit()).unwrap();
        rest = command[end..].strip_prefix('m').expect(rest);
    }
}

#[test]
fn colours_are_those_of_the_terminal_and_each_is_taken_back() {
    let text = text_of_task(
        JsonLayer::text().color(When::Always).field("a b", 1),
        || {
            warn!(name: "named", target: "shop", left = 3, "few\nleft");
            fail(&fmt::Error);
        },
    );

    let time = "\x1b[2m12:04:31.123Z\x1b[0m";
    let (info, warn) = ("\x1b[32mINFO\x1b[0m ", "\x1b[33mWARN\x1b[0m ");
    let id = task_color(&text);
    let field = "\x1b[2m\"a b\"=\x1b[0m1";
    assert_eq!(
        text,
        format!(
            "\
{time} {info} \x1b[{id}m8ad6\x1b[0m   → \x1b[1meliot:remote_task\x1b[0m started {field}  \x1b[2m/3/1\x1b[0m
{time} {warn} \x1b[{id}m8ad6\x1b[0m     \x1b[2mshop\x1b[0m\x1b[2m:\x1b[0m \x1b[1mnamed\x1b[0m few \x1b[2mleft=\x1b[0m3 {field}  \x1b[2m/3/2\x1b[0m
                               left
{time} \x1b[31mERROR\x1b[0m \x1b[{id}m8ad6\x1b[0m   \x1b[31m✗ \x1b[0m\x1b[1meliot:remote_task\x1b[0m\x1b[31m failed\x1b[0m \x1b[2m1 ms\x1b[0m: \x1b[31mcore::fmt::Error\x1b[0m: an error occurred when formatting an argument {field}  \x1b[2m/3/3\x1b[0m
"
        )
    );
}

/// Gives the colour of the first task id.
#[cfg(test)]
fn task_color(text: &str) -> &str {
    let before = text.split("m8ad6").next().unwrap();
    before.rsplit("\x1b[").next().unwrap()
}

#[test]
fn tasks_have_several_colours_and_none_is_red() {
    let colors: std::collections::BTreeSet<String> = (0..100)
        .map(|n| {
            let position = format!("8ad6b04b-d8ca-4f8a-99d4-1074298{n:05}@/3");
            let layer = JsonLayer::text().color(When::Always);
            let messages = written(layer, || continue_task(&position).run(|| ()));
            let of = |message: &String| task_color(message).to_owned();
            assert_eq!(of(&messages[0]), of(&messages[1]));
            of(&messages[0])
        })
        .collect();

    let all = ["32", "33", "34", "35", "36", "92", "93", "94", "95", "96"];
    assert_eq!(colors, all.map(str::to_owned).into());
}

#[test]
fn each_level_has_a_colour_and_the_same_width() {
    let text = text(JsonLayer::text().color(When::Always), || {
        trace!(target: "t", "");
        debug!(target: "t", "");
        info!(target: "t", "");
        warn!(target: "t", "");
        error!(target: "t", "");
    });

    let levels: Vec<&str> = text
        .lines()
        .map(|line| line.split_once("Z\x1b[0m ").unwrap().1)
        .map(|line| line.split_once("\x1b[2mt").unwrap().0)
        .collect();
    assert_eq!(
        levels,
        [
            "\x1b[35mTRACE\x1b[0m      ",
            "\x1b[34mDEBUG\x1b[0m      ",
            "\x1b[32mINFO\x1b[0m       ",
            "\x1b[33mWARN\x1b[0m       ",
            "\x1b[31mERROR\x1b[0m      ",
        ]
    );
}

#[test]
fn the_layers_other_settings_hold_for_text_too() {
    let layer = JsonLayer::text()
        .span_fields(SpanFields::OfAllSpans)
        .actions(Actions::Ends)
        .durations(TimeUnit::Nanoseconds)
        .rename("id", "order")
        .leave_out("secret");
    let text = text_of_task(layer, || {
        let _order = info_span!("order", id = 17, secret = "x", duration = 1, name = "n").entered();
        info!(target: "shop", message_type = "m", exception = "e", "sold");
    });

    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "12:04:31.123Z INFO  8ad6       shop: sold message_type=m exception=e order=17 duration_=1 name=n  /3/2/2"
    );
    let (shown, durations) = lines[1].split_once(" duration=").unwrap();
    assert_eq!(shown, "12:04:31.123Z INFO  8ad6     ← order succeeded 1 ms");
    assert!(
        durations.contains(" busy=") && durations.contains(" idle="),
        "{text}"
    );
    assert!(
        durations.ends_with(" order=17 duration_=1 name=n  /3/2/3"),
        "{text}"
    );
}

#[test]
fn a_message_deeper_than_sixteen_goes_no_further_to_the_right() {
    let text = text(JsonLayer::text().actions(Actions::Neither), || {
        let mut spans = Vec::new();
        for depth in 1..=18 {
            spans.push(info_span!("span").entered());
            info!(target: "t", depth);
        }
        // The innermost first.
        while spans.pop().is_some() {}
    });

    for (line, depth) in text.lines().zip(1..) {
        let column = 25 + 2 * depth.min(16);
        assert_eq!(line.find("t: "), Some(column), "{line}");
    }
}

#[test]
fn a_writer_that_is_not_known_to_be_a_terminal_gets_no_colours() {
    for layer in [JsonLayer::text(), JsonLayer::text().color(When::Auto)] {
        let text = text(layer, || info!("sold"));

        assert!(!text.contains('\x1b'), "{text}");
    }
}

#[test]
fn json_has_no_colours() {
    let messages = written(JsonLayer::eliot().color(When::Always), || info!("sold"));

    assert!(messages[0].starts_with('{') && !messages[0].contains("\\u001b"));
}

#[test]
fn what_the_layer_says_itself_is_text() {
    let mut line = Vec::new();
    JsonLayer::text()
        .field("service", "shop")
        .teller()
        .write("17 lines lost", &mut line);

    assert_eq!(
        without_times(&String::from_utf8(line).unwrap()),
        "12:04:31.123Z WARN       tasktrail: 17 lines lost service=shop\n"
    );
}
