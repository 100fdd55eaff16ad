//! The rows as a program does them with `tracing`.

use tracing::span::EnteredSpan;
use tracing::{info, info_span};

use crate::row::{Row, UseIt};

pub(crate) fn run(row: Row, use_it: UseIt<'_>) {
    match row {
        Row::Event { spans } => {
            let mut entered: Vec<_> = (0..spans).map(enter).collect();
            use_it(&mut |times| (0..times).for_each(event));
            // The innermost first, as a program leaves them.
            while entered.pop().is_some() {}
        }
        Row::Span => use_it(&mut |times| (0..times).for_each(span)),
    }
}

fn event(n: u64) {
    info!(
        n,
        delta = -3_i64,
        price = 12.5,
        cached = true,
        currency = "EUR",
        "priced"
    );
}

fn span(n: u64) {
    let _order = info_span!("order", id = n, customer = "ada", express = true).entered();
    info!(n, "sold");
}

/// Enters the span of a depth: one call site and two names for each, as in a program.
fn enter(depth: usize) -> EnteredSpan {
    macro_rules! spans {
        ($($depth:literal: $name:literal $number:ident $text:ident,)*) => {
            match depth {
                $($depth => info_span!($name, $number = $depth, $text = "shop"),)*
                _ => panic!("expected a depth below 32"),
            }
        };
    }
    let span = spans! {
        0: "step 0" number_0 text_0, 1: "step 1" number_1 text_1,
        2: "step 2" number_2 text_2, 3: "step 3" number_3 text_3,
        4: "step 4" number_4 text_4, 5: "step 5" number_5 text_5,
        6: "step 6" number_6 text_6, 7: "step 7" number_7 text_7,
        8: "step 8" number_8 text_8, 9: "step 9" number_9 text_9,
        10: "step 10" number_10 text_10, 11: "step 11" number_11 text_11,
        12: "step 12" number_12 text_12, 13: "step 13" number_13 text_13,
        14: "step 14" number_14 text_14, 15: "step 15" number_15 text_15,
        16: "step 16" number_16 text_16, 17: "step 17" number_17 text_17,
        18: "step 18" number_18 text_18, 19: "step 19" number_19 text_19,
        20: "step 20" number_20 text_20, 21: "step 21" number_21 text_21,
        22: "step 22" number_22 text_22, 23: "step 23" number_23 text_23,
        24: "step 24" number_24 text_24, 25: "step 25" number_25 text_25,
        26: "step 26" number_26 text_26, 27: "step 27" number_27 text_27,
        28: "step 28" number_28 text_28, 29: "step 29" number_29 text_29,
        30: "step 30" number_30 text_30, 31: "step 31" number_31 text_31,
    };
    span.entered()
}
