//! What must not be seen does not show, wherever it is said.
#[cfg(test)]
mod support;

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use support::{Captured, Message, assert_complete, assert_failed};
use tasktrail::record::Schema;
use tasktrail::{
    Actions, HashKey, JsonLayer, Redact, RedactedValues, Redaction, Sensitive, SpanFields,
    TaskLayer, fail,
};
use tracing::field::Empty;
use tracing::{error, info, info_span};
use tracing_subscriber::layer::SubscriberExt;

const CARD: &str = "4111 1111 1111 1111";
const ADDRESS: &str = "ada@example.com";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p";
const KINDS: [Sensitive; 3] = [
    Sensitive::PaymentCards,
    Sensitive::EmailAddresses,
    Sensitive::BearerTokens,
];

/// Runs `f` behind the task layer and one output, and gives what was written and counted.
#[cfg(test)]
fn logged(layer: JsonLayer, f: impl FnOnce()) -> (Captured, RedactedValues) {
    let output = Captured::new();
    let redacted = layer.redacted();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, f);
    (output, redacted)
}

/// The same in Eliot's schema, with the messages and their number of redacted values.
#[cfg(test)]
fn eliot(redaction: Redaction, f: impl FnOnce()) -> (Vec<Message>, u64) {
    let layer = JsonLayer::eliot().redact(redaction);
    let (output, redacted) = logged(layer, f);
    let messages = output.messages();
    assert_complete(&messages);
    (messages, redacted.count())
}

#[derive(Debug)]
struct Failed(&'static str, Option<Box<Self>>);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|source| source as _)
    }
}

/// Says a secret in each place where a program can: as the field `secret`, or within other texts.
#[cfg(test)]
fn say_everywhere(secret: &'static str) {
    #[derive(Debug)]
    #[expect(dead_code, reason = "shown by Debug")]
    struct Nested {
        inner: Option<[&'static str; 1]>,
        long: String,
    }
    let nested = Nested {
        inner: Some([secret]),
        long: format!("\n{secret}\t\u{1}{secret}\"\u{1b}"),
    };
    let _outer = info_span!("outer", secret, nested = ?nested, later = Empty).entered();
    let inner = info_span!("inner", secret = %secret, other = Empty).entered();
    inner.record("other", secret);
    tracing::Span::current().record("other", format!("again\n{secret}"));
    info!(secret, "\"{secret}\"\n{nested:?}");
    info!(text = secret, message = secret);
    info!(nested = ?nested, "{}", format_args!("é{secret}🦀\\{secret}"));
    error!(error = &Failed("e", None) as &dyn Error, secret = ?nested, "an error");
    drop(inner);
    info_span!("by_event").in_scope(|| error!(error = secret));
    info_span!("by_call").in_scope(|| {
        let source = Failed(secret, Some(Box::new(Failed(secret, None))));
        fail(&Failed(secret, Some(Box::new(source))));
    });
    let panicked = catch_unwind(|| {
        let _span = info_span!("by_panic").entered();
        panic!("no {secret}");
    });
    panicked.unwrap_err();
    info!("the last");
}

#[test]
fn a_value_of_a_kind_shows_nowhere_in_any_schema() {
    for schema in Schema::ALL {
        for which in [SpanFields::OfAllSpans, SpanFields::WhereTheyAreSet] {
            for secret in [CARD, ADDRESS, TOKEN] {
                let layer = JsonLayer::new(schema)
                    .actions(Actions::StartsAndEnds)
                    .span_fields(which)
                    .field("service", secret)
                    .field(
                        "build",
                        serde_json::json!({"by": [{"who": secret}], "n": 1}),
                    )
                    .redact(Redaction::new().values(KINDS, Redact::Mask));
                let (output, redacted) = logged(layer, || say_everywhere(secret));

                let text = output.text();
                assert!(!text.contains(secret), "{schema}: {text}");
                assert!(text.contains("the last") && text.contains("again\\n***"));
                // The spans' fields 1 + 3, 1, 1 and 1; the events' 1 + 4, 2, 3 + 2, 3 and 1; the
                // failures' 1, 3 and 1.
                assert_eq!(redacted.count(), 7 + 16 + 5, "{schema}: {text}");
            }
        }
    }
}

#[test]
fn a_named_field_shows_nowhere_in_any_schema() {
    const SECRET: &str = "hunter2";
    for schema in Schema::ALL {
        for how in [
            Redact::Mask,
            Redact::Drop,
            Redact::Hash(HashKey::new("key")),
            Redact::KeepFirst(3),
            Redact::KeepLast(3),
        ] {
            let layer = JsonLayer::new(schema)
                .actions(Actions::StartsAndEnds)
                .span_fields(SpanFields::OfAllSpans)
                .field("secret", SECRET)
                .field("error", SECRET)
                .rename("secret", "shown")
                .redact(Redaction::new().names(["SEC*", "error", "later", "tex?"], how));
            let (output, redacted) = logged(layer, || {
                let span = info_span!("span", secret = SECRET, later = Empty).entered();
                span.record("later", SECRET);
                info!(secret = ?Some(SECRET), "said");
                error!(error = SECRET);
                let panicked = catch_unwind(|| {
                    let _span = info_span!("by_panic").entered();
                    panic!("{SECRET}");
                });
                panicked.unwrap_err();
                let _span = info_span!("by_call").entered();
                fail(&Failed(SECRET, Some(Box::new(Failed(SECRET, None)))));
            });

            let text = output.text();
            assert!(!text.contains(SECRET), "{schema}: {text}");
            assert!(text.contains("said"));
            // The span's two, the two events', and the texts of three failures.
            assert_eq!(redacted.count(), 2 + 2 + 1 + 1 + 2, "{schema}: {text}");
        }
    }
}

#[test]
fn each_place_shows_what_the_rule_says_and_the_rest_as_it_is() {
    let (messages, count) = eliot(Redaction::new().values(KINDS, Redact::Mask), || {
        let span = info_span!("span", to = "<ada@example.com>", n = 5, later = Empty).entered();
        span.record("later", "Bearer abc.def");
        info!(card = ?Some(CARD), text = "plain \"text\"\n", "{CARD}\n{ADDRESS} é");
        fail(&Failed(
            "for ada@example.com",
            Some(Box::new(Failed(TOKEN, None))),
        ));
    });

    assert_eq!(messages[0].get("to"), "<***>");
    assert_eq!(messages[0].get("n"), 5);
    assert_eq!(messages[1].get("card"), "Some(\"***\")");
    assert_eq!(messages[1].get("text"), "plain \"text\"\n");
    assert_eq!(messages[1].name(), "***\n*** é");
    assert_eq!(messages[2].get("later"), "Bearer ***");
    let end = assert_failed(&messages, "span", "for ***");
    assert_eq!(end.get("exception_sources")[0], "***");
    assert_eq!(count, 7);
}

#[test]
fn names_are_those_of_the_program_with_stars_and_in_any_case() {
    let redaction = Redaction::new()
        .names(["token_count"], Redact::Nothing)
        .names(["password", "*token*", "card.*", "type"], Redact::Mask)
        .names(["token"], Redact::Drop);
    let (messages, count) = eliot(redaction, || {
        info!(
            Password = "a",
            token_count = 5,
            token = 6,
            card.number = 7_u64,
            card = 8,
            "first"
        );
        info!(AUTH_TOKEN_ID = true, my_password = "b", r#type = 1.5, password = ?Some("x"), "second");
    });

    let [first, second] = messages.as_slice() else {
        panic!("{messages:?}");
    };
    assert_eq!(first.get("Password"), "***");
    assert_eq!(first.get("token_count"), 5);
    assert_eq!(first.get("token"), "***", "the first rule counts");
    assert_eq!(first.get("card.number"), "***");
    assert_eq!(first.get("card"), 8);
    assert_eq!(second.get("AUTH_TOKEN_ID"), "***");
    assert_eq!(second.get("my_password"), "b");
    assert_eq!(second.get("type"), "***");
    assert_eq!(second.get("password"), "***");
    assert_eq!(count, 6);
}

#[test]
fn a_value_that_is_masked_or_dropped_is_not_even_formatted() {
    struct Counted<'a>(&'a AtomicU64);
    impl fmt::Debug for Counted<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fetch_add(1, Ordering::Relaxed);
            f.write_str("x")
        }
    }
    let formatted = AtomicU64::new(0);
    let value = Counted(&formatted);
    let redaction = Redaction::new()
        .names(["a"], Redact::Mask)
        .names(["b"], Redact::Drop);
    let (messages, count) = eliot(
        redaction,
        || info!(a = ?value, b = ?value, c = ?value, "said"),
    );

    assert_eq!(formatted.load(Ordering::Relaxed), 1);
    assert!(!messages[0].has("b") && messages[0].has("c"));
    assert_eq!(count, 2);
}

#[test]
fn equal_values_have_equal_hashes_by_one_key_and_others_by_another() {
    let hash = |key: &str| {
        let redaction = Redaction::new().names(["id", "name"], Redact::Hash(HashKey::new(key)));
        let (messages, _) = eliot(redaction, || {
            let _span = info_span!("span", id = "say \"hi\"\n", name = 17).entered();
            info!(id = 17, name = ?"say", "said");
            info!(id = %"say \"hi\"\n", name = "17", "said");
        });
        let values: Vec<_> = messages[..3]
            .iter()
            .flat_map(|message| [message.get("id"), message.get("name")])
            .map(|value| value.as_str().unwrap().to_owned())
            .collect();
        values
    };
    let (one, two) = (hash("one"), hash("two"));

    let is_hash =
        |value: &String| value.len() == 16 && value.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(one.iter().chain(&two).all(is_hash), "{one:?} {two:?}");
    assert_eq!(one[0], one[4]);
    assert!(one[1] == one[2] && one[1] == one[5]);
    assert!(one[0] != one[1] && one[3] != one[0] && one[3] != one[1]);
    assert!(one.iter().all(|value| !two.contains(value)));
}

#[test]
fn of_all_but_some_fields_nothing_shows_in_any_place() {
    let layer = |schema| {
        let redaction = Redaction::new()
            .names(["order_secret"], Redact::Drop)
            .all_but(["order*", "service"], Redact::Mask)
            .values([Sensitive::EmailAddresses], Redact::Mask);
        JsonLayer::new(schema)
            .actions(Actions::StartsAndEnds)
            .span_fields(SpanFields::OfAllSpans)
            .field("service", "orders")
            .field("owner", "hidden")
            .redact(redaction)
    };
    let say = || {
        let span = info_span!("span", order_id = 17, other = "hidden", later = Empty).entered();
        span.record("later", "hidden");
        info!(
            n = 5,
            order = "for ada@example.com",
            order_secret = "hidden",
            "hidden {}",
            1
        );
        error!(error = "hidden");
        fail(&Failed("hidden", Some(Box::new(Failed("hidden", None)))));
    };
    for schema in Schema::ALL {
        let (output, _) = logged(layer(schema), say);
        let text = output.text();
        assert!(
            !text.contains("hidden") && text.contains("orders"),
            "{schema}: {text}"
        );
    }

    let (output, redacted) = logged(layer(Schema::Eliot), say);
    let messages = output.messages();
    assert_eq!(messages[0].get("order_id"), 17);
    assert_eq!(
        (messages[0].get("service"), messages[0].get("owner")),
        (&"orders".into(), &"***".into())
    );
    assert_eq!(messages[1].name(), "***");
    assert_eq!(messages[1].get("n"), "***");
    assert_eq!(messages[1].get("order"), "for ***");
    assert_eq!(messages[3].get("reason"), "***");
    assert_eq!(redacted.count(), 2 + 4 + 1 + 2);
    assert!(!messages[1].has("order_secret"));

    let named = Redaction::new().all_but(["message", "error"], Redact::Mask);
    let (messages, count) = eliot(named, || {
        let _span = info_span!("span").entered();
        error!(error = "why", "shown");
    });
    assert_eq!(
        (messages[1].name(), messages[1].get("error")),
        ("shown", &"why".into())
    );
    assert_failed(&messages, "span", "why");
    assert_eq!(count, 0);
}

#[test]
fn an_event_whose_text_is_dropped_has_none() {
    let (messages, count) = eliot(Redaction::new().names(["message"], Redact::Drop), || {
        info!(target: "orders", n = 5, "hidden");
    });

    assert_eq!(
        (messages[0].name(), messages[0].get("n")),
        ("orders", &5.into())
    );
    assert_eq!(count, 1);
}

#[test]
fn a_predicate_is_asked_for_each_value_as_text() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let redaction = Redaction::new()
        .names(["named"], Redact::Mask)
        .when(
            move |name, value| {
                seen.lock().unwrap().push(format!("{name}={value}"));
                value.contains("secret") || value == "17"
            },
            Redact::KeepFirst(1),
        )
        .when(|name, _| name == "dropped", Redact::Drop);
    let (messages, count) = eliot(redaction, || {
        let span = info_span!("span", named = "secret", n = 17, later = Empty).entered();
        span.record("later", "\"a\n\u{1}secret\"");
        info!(
            dropped = 1,
            float = 1.5,
            truth = true,
            wide = u128::MAX,
            "the {}",
            "secret"
        );
        fail(&Failed("secret", Some(Box::new(Failed("x", None)))));
    });

    assert_eq!(
        (messages[0].get("n"), messages[0].get("named")),
        (&"1***".into(), &"***".into())
    );
    assert_eq!(messages[1].name(), "t***");
    assert!(!messages[1].has("dropped"));
    assert_eq!(messages[1].get("float"), 1.5);
    assert_eq!(messages[1].get("wide"), &u128::MAX.to_string());
    let end = assert_failed(&messages, "span", "s***");
    assert_eq!(end.get("later"), "\"***");
    assert_eq!(end.get("exception_sources")[0], "x");
    assert_eq!(count, 6);
    let wide = format!("wide={}", u128::MAX);
    let mut asked = asked.lock().unwrap().clone();
    asked.sort();
    let mut expected = [
        "n=17",
        "later=\"a\n\u{1}secret\"",
        "dropped=1",
        "float=1.5",
        "truth=true",
        &wide,
        "message=the secret",
        "reason=secret",
        "exception_sources=x",
        "error=x",
    ];
    expected.sort_unstable();
    assert_eq!(asked, expected);
}

#[test]
fn a_predicate_that_panics_says_yes_and_harms_nothing_else() {
    let redaction = Redaction::new()
        .when(
            |name, _| {
                if name == "bad" {
                    panic!("in a predicate")
                } else {
                    false
                }
            },
            Redact::Mask,
        )
        .names(["x"], Redact::Mask);
    let (messages, count) = eliot(redaction, || {
        let _span = info_span!("span", bad = "secret", good = 1).entered();
        info!(good = 2, bad = "secret", last = 3, "said");
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _span = info_span!("inner").entered();
            panic!("outside");
        }));
        panicked.unwrap_err();
    });

    assert_eq!(messages[0].get("bad"), "***");
    assert_eq!(
        (
            messages[1].get("good"),
            messages[1].get("bad"),
            messages[1].get("last")
        ),
        (&2.into(), &"***".into(), &3.into())
    );
    assert_failed(&messages, "inner", "outside");
    assert_eq!(count, 2);
}

#[test]
fn parts_of_two_kinds_that_overlap_are_replaced_as_one() {
    let redaction = Redaction::new()
        .values([Sensitive::EmailAddresses], Redact::Drop)
        .values([Sensitive::PaymentCards], Redact::KeepLast(4))
        .values([Sensitive::BearerTokens], Redact::Mask);
    let (messages, count) = eliot(redaction, || {
        info!("4111111111111111@example.com, 4111-1111-1111-1111; Bearer {TOKEN}.");
        // The first four groups have the right check digit, and so have the last four.
        info!("9209 8752 8214 7292 3247 8502, bye");
    });

    assert_eq!(messages[0].name(), ", ***1111; Bearer ***");
    assert_eq!(messages[1].name(), "***8502, bye");
    assert_eq!(count, 4);
}

#[test]
fn rules_that_are_said_twice_follow_each_other() {
    let layer = JsonLayer::eliot()
        .redact(Redaction::new().names(["a"], Redact::Mask))
        .redact(Redaction::new().names(["a", "b"], Redact::Drop));
    let (output, redacted) = logged(layer, || info!(a = 1, b = 2, c = 3, "said"));

    let messages = output.messages();
    assert_eq!(
        (messages[0].get("a"), messages[0].get("c")),
        (&"***".into(), &3.into())
    );
    assert!(!messages[0].has("b"));
    assert_eq!(redacted.count(), 2);
}

#[test]
fn what_is_left_out_or_shown_in_another_layer_is_not_counted_or_changed() {
    let (one, other) = (Captured::new(), Captured::new());
    let rules = Redaction::new().names(["secret", "gone"], Redact::Mask);
    let layer = JsonLayer::eliot().leave_out("gone").redact(rules);
    let redacted = layer.redacted();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(one.clone()))
        .with(JsonLayer::eliot().with_writer(other.clone()));
    tracing::subscriber::with_default(subscriber, || info!(secret = 1, gone = 2, "said"));

    assert_eq!(one.messages()[0].get("secret"), "***");
    assert_eq!(other.messages()[0].get("secret"), 1);
    assert_eq!(redacted.count(), 1);
}

#[test]
fn a_message_of_megabytes_is_looked_through_in_a_time_that_grows_with_its_length() {
    for piece in [
        "1 ", "1", "41", "@", "a", "a@", "a.b@", "%40", "a%40b.", "eyJ", "eyJ.", "bearer ", "b",
        "ñ\n", "4111-",
    ] {
        let text = format!("{} {ADDRESS} end", piece.repeat(2_000_000 / piece.len()));
        let (messages, count) = eliot(Redaction::new().values(KINDS, Redact::Mask), || {
            info!("{text}");
        });

        assert!(messages[0].name().ends_with("*** end") && !messages[0].name().contains(ADDRESS));
        assert!(count >= 1);
    }
}

/// What is planted into a text, and must not be seen there.
#[cfg(test)]
fn planted() -> impl Strategy<Value = String> {
    let card = (
        "[2-9][0-9]{11,17}",
        prop_oneof![Just(""), Just(" "), Just("-")],
    );
    let card = card.prop_map(|(digits, between)| {
        let mut digits = digits;
        // The check digit is the one that makes the sum a multiple of ten.
        let sum: u32 = digits
            .chars()
            .rev()
            .enumerate()
            .map(|(at, digit)| {
                let digit = digit.to_digit(10).unwrap();
                if at % 2 == 0 {
                    digit * 2 / 10 + digit * 2 % 10
                } else {
                    digit
                }
            })
            .sum();
        digits.push(char::from_digit((10 - sum % 10) % 10, 10).unwrap());
        let groups: Vec<_> = digits
            .as_bytes()
            .chunks(4)
            .map(String::from_utf8_lossy)
            .collect();
        groups.join(between)
    });
    let address = "[a-z0-9][a-z0-9._%+-]{3,9}[a-z0-9]@([a-z]{3,8}\\.){1,3}[a-z]{2,5}";
    let token = "eyJ[A-Za-z0-9_-]{5,20}\\.[A-Za-z0-9_-]{5,20}\\.[A-Za-z0-9_-]{5,20}";
    prop_oneof![card, address, token]
}

/// Text in which none of the kinds is, and that is no part of one that stands beside it.
#[cfg(test)]
fn innocent() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| {
        let changed = |character: char| match character {
            '@' | '0'..='9' => '#',
            'e' | 'E' | 'b' | 'B' => 'x',
            other => other,
        };
        format!(" {}\n", text.chars().map(changed).collect::<String>())
    })
}

proptest! {
    #[test]
    fn what_is_planted_in_any_text_never_shows_and_the_text_around_stays(
        parts in proptest::collection::vec((innocent(), planted()), 1..4),
        last in innocent(),
    ) {
        let said: String = parts.iter().map(|(text, secret)| format!("{text}{secret}")).collect();
        let said = said + &last;
        let shown: String = parts.iter().map(|(text, _)| format!("{text}***")).collect();
        let shown = shown + &last;
        let (messages, count) = eliot(Redaction::new().values(KINDS, Redact::Mask), || {
            let span = info_span!("span", text = said, later = Empty).entered();
            span.record("later", &*said);
            info!(text = %said, nested = ?Some(&said), "{said}");
            fail(&std::io::Error::other(said.clone()));
        });

        prop_assert_eq!(messages[0].get("text"), &shown);
        prop_assert_eq!(messages[1].get("text"), &shown);
        prop_assert_eq!(messages[1].name(), &shown);
        prop_assert_eq!(messages[2].get("later"), &shown);
        prop_assert_eq!(messages[2].get("reason"), &shown);
        let nested = messages[1].get("nested").as_str().unwrap();
        for (_, secret) in &parts {
            prop_assert!(!nested.contains(secret), "{}", nested);
        }
        prop_assert_eq!(count, 6 * parts.len() as u64);
    }

    #[test]
    fn a_text_without_any_stays_as_it_is(text in innocent(), digits in "4[0-9]{15}") {
        let wrong = match luhn(&digits) {
            true => digits.replacen('4', "5", 1),
            false => digits,
        };
        let text = format!("{text}{wrong} ada at example.com, x@y, Basic abc{text}");
        let (messages, count) = eliot(Redaction::new().values(KINDS, Redact::Mask), || {
            info!(text, debug = ?text, "{text}");
        });

        prop_assert_eq!(messages[0].get("text"), &text);
        prop_assert_eq!(messages[0].get("debug"), &format!("{text:?}"));
        prop_assert_eq!(messages[0].name(), &text);
        prop_assert_eq!(count, 0);
    }
}

/// Says whether the last digit is the right one for those before it.
#[cfg(test)]
fn luhn(digits: &str) -> bool {
    let digits = digits
        .chars()
        .rev()
        .map(|digit| digit.to_digit(10).unwrap());
    let sum: u32 = digits
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => digit,
            _ if digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[test]
fn what_caused_an_error_is_redacted_as_the_error_is() {
    #[derive(Debug)]
    struct Refused(std::io::Error);

    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("refused")
        }
    }

    impl std::error::Error for Refused {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    let redactions = [
        Redaction::new().names(["cause"], Redact::Mask),
        Redaction::new().names(["cause"], Redact::Drop),
        Redaction::new().values([Sensitive::EmailAddresses], Redact::Mask),
    ];
    for redaction in redactions {
        let output = Captured::new();
        let layer = JsonLayer::logstash().redact(redaction);
        let redacted = layer.redacted();
        let subscriber = tracing_subscriber::registry().with(layer.with_writer(output.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let error = Refused(std::io::Error::other("no mailbox ada@example.org"));
            let cause: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(cause, "not sent");
        });

        assert!(!output.text().contains("ada@"), "{}", output.text());
        assert!(redacted.count() > 0);
    }
}
