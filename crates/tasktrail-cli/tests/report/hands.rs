//! What keys, clicks, controls and the address do in a page.

use std::path::Path;

use tasktrail_tests::Chromium;

use crate::run::Folder;
use crate::{line, opened, report, sold, steps, text_of, trail};

/// Does each step, and compares what is seen after it.
#[track_caller]
fn assert_steps(chromium: &Chromium, page: &Path, seen: &str, expected: &[(&str, &str, &str)]) {
    let scripts: Vec<_> = expected.iter().map(|(at, act, _)| (*at, *act)).collect();
    let found = steps(chromium, page, &scripts, seen);

    assert_eq!(found.len(), expected.len());
    for ((fragment, act, expected), found) in expected.iter().zip(found) {
        assert_eq!(found, *expected, "#{fragment}: {act}");
    }
}

#[test]
fn the_address_keeps_the_search_the_filter_and_the_order() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-search");
    let log =
        sold("ann", "succeeded", 1.0) + &sold("bob", "failed", 3.0) + &sold("cy", "succeeded", 2.0);
    folder.file("a.log", log);
    let page = report(&folder, &["a.log"]);

    assert_steps(
        &chromium,
        &page,
        "text('count') + ': ' + text('task-id')",
        &[
            ("", "", "3 tasks: ann"),
            ("sort=seconds", "", "3 tasks: bob"),
            ("sort=fastest&slower=1.5s", "", "2 of 3 tasks: cy"),
            ("sort=constructor", "", "3 tasks: ann"),
            ("failed=1", "", "1 of 3 tasks: bob"),
            ("incomplete=1", "", "0 of 3 tasks: "),
            ("q=OF+CY", "", "1 of 3 tasks: cy"),
            ("q=12.50+cy", "", "1 of 3 tasks: cy"),
            ("q=customer%3Dof+b", "", "1 of 3 tasks: bob"),
            ("q=\"of cy\"", "", "1 of 3 tasks: cy"),
            ("q=\"cy of\"", "", "0 of 3 tasks: "),
            ("q=nobody", "", "0 of 3 tasks: "),
            ("failed=1&q=ann", "", "0 of 3 tasks: "),
            ("slower=1500ms", "", "2 of 3 tasks: bob"),
            ("slower=2s", "", "1 of 3 tasks: bob"),
            ("slower=soon", "", "3 tasks: ann"),
            ("task=cy&level=/2", "", "3 tasks: cy"),
        ],
    );
    // So it is when the page is opened there.
    let document = opened(&chromium, &page, "sort=seconds&slower=1500ms&task=cy");
    assert_eq!(text_of(&document, "count"), "2 of 3 tasks");
    assert_eq!(text_of(&document, "task-id"), "cy");
}

#[test]
fn keys_and_clicks_do_what_they_say() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-keys");
    let log = sold("ann", "succeeded", 1.0) + &sold("bob", "succeeded", 2.0);
    folder.file("a.log", log);
    let page = report(&folder, &["a.log"]);

    assert_steps(
        &chromium,
        &page,
        "text('task-id') + ' ' + text('details').split('|')[0] + ' ' + rows('treeitem')",
        &[
            ("", "", "ann sell 2"),
            ("", "press('j');", "bob sell 2"),
            ("", "press('j', 'k', 'k');", "ann sell 2"),
            ("", "press('PageDown');", "bob sell 2"),
            ("", "press('Enter', 'j');", "ann paid 2"),
            ("", "press('Enter', 'Enter');", "ann sell 1"),
            ("", "press('Enter', 'Enter', 'l');", "ann sell 2"),
            ("", "press('Enter', 'j', 'h');", "ann sell 2"),
            ("", "press('Enter', 'Escape', 'j');", "bob sell 2"),
            // Letters that are typed into the search are no commands.
            ("", "press('/', 'j', 'j', 'n', '?');", "ann sell 2"),
            ("", "press('/', 'Enter', 'j');", "bob sell 2"),
            (
                "",
                "document.querySelectorAll('#tree .bar, #tree .tick')[1].click();",
                "ann paid 2",
            ),
            (
                "",
                "document.querySelector('#tree .fold').click();",
                "ann sell 1",
            ),
            (
                "",
                "byId('search').value = 'bob'; byId('search').dispatchEvent(new Event('input'));",
                "bob sell 2",
            ),
        ],
    );
}

#[test]
fn the_keys_that_scroll_do_so_in_the_details() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-details-keys");
    folder.file("a.log", sold("ann", "succeeded", 1.0));
    let page = report(&folder, &["a.log"]);

    assert_steps(
        &chromium,
        &page,
        "press('ArrowDown', 'PageDown', 'End', 'j').map((key) => key.defaultPrevented).join(' ')",
        &[
            ("", "byId('details').focus();", "false false false true"),
            ("", "byId('tree').focus();", "true true true true"),
            ("", "byId('list').focus();", "true true true true"),
        ],
    );
}

#[test]
fn a_link_leads_to_a_task_and_a_message_and_back_to_where_one_was() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-links");
    let log = sold("ann", "succeeded", 1.0) + &sold("bob", "succeeded", 2.0);
    folder.file("a.log", log);
    let page = report(&folder, &["a.log"]);

    assert_steps(
        &chromium,
        &page,
        "[text('task-id'), text('details').split('|')[0], text('notice')].join(' ')",
        &[
            ("task=bob&level=/2", "", "bob paid "),
            ("task=bob&level=/7", "", "bob sell "),
            ("task=carl", "", "ann sell This page has no task carl"),
            (
                "task=ann&level=/2",
                "document.querySelectorAll('#list .row')[1].click();",
                "bob sell ",
            ),
            (
                "task=ann&level=/2",
                "document.querySelectorAll('#list .row')[1].click(); \
                 { const there = moved(); history.back(); await there; }",
                "ann paid ",
            ),
            (
                "",
                "document.querySelectorAll('#list .row')[1].click(); \
                 { const there = moved(); history.back(); await there; } \
                 { const there = moved(); history.forward(); await there; }",
                "bob sell ",
            ),
        ],
    );
}

#[test]
fn what_the_search_finds_is_counted_and_gone_through() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-hits");
    let log: String = (2..=501)
        .map(|place| {
            let total = format!("\"message_type\":\"m\",\"total\":{}", place % 250);
            line("t", &format!("{place}"), 1.0, &total)
        })
        .collect();
    folder.file("a.log", log);
    let page = report(&folder, &["a.log"]);

    assert_steps(
        &chromium,
        &page,
        // How many, the level of the chosen row, and how many marked ones are in sight.
        "[text('hit'), text('details').match(/(\\/[0-9]*)\\|/)[1], \
          document.querySelectorAll('#tree .is-hit').length].join(' ')",
        &[
            ("q=total%3D249", "", "2 hits / 0"),
            ("q=total%3D249", "press('n');", "1 of 2 hits /249 1"),
            ("q=total%3D249", "press('n', 'n');", "2 of 2 hits /499 1"),
            (
                "q=total%3D249",
                "press('n', 'n', 'n');",
                "1 of 2 hits /249 1",
            ),
            ("q=total%3D249", "press('N');", "2 of 2 hits /499 1"),
            // What is folded is unfolded for it.
            (
                "q=total%3D249",
                "document.querySelector('#tree .fold').click(); byId('hit-next').click();",
                "1 of 2 hits /249 1",
            ),
        ],
    );
}

#[test]
fn all_below_an_action_is_folded_and_unfolded_at_once() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-folds");
    let page = report(&folder, &[trail().join("order.log").to_str().unwrap()]);

    // Of the 9 rows, 3 are in an action that is itself in the outermost one.
    assert_steps(
        &chromium,
        &page,
        "rows('treeitem')",
        &[
            ("", "byId('fold-all').click();", "6"),
            (
                "",
                "byId('fold-all').click(); byId('unfold-all').click();",
                "9",
            ),
            (
                "",
                "press('Enter', 'Home'); document.activeElement.dispatchEvent(new KeyboardEvent('keydown', \
                 { key: 'Enter', shiftKey: true, bubbles: true })); press('Enter');",
                "6",
            ),
        ],
    );
}

#[test]
fn a_part_of_the_time_is_shown_and_all_of_it_again() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-zoom");
    let page = report(&folder, &[trail().join("order.log").to_str().unwrap()]);
    let point = "const point = (share, ...kinds) => { \
        const { left, top, width } = byId('ticks').getBoundingClientRect(); \
        for (const kind of kinds) byId('ticks').dispatchEvent(new PointerEvent(kind, { bubbles: true, \
        clientX: left + width * share, clientY: top + 5, button: 0, pointerType: 'mouse' })); };";
    let drag = format!(
        "{point} point(0.25, 'pointerdown'); point(0.5, 'pointermove'); point(0.75, 'pointerup');"
    );
    let twice = format!(
        "press('z'); {point} point(0.5, 'pointerdown', 'pointerup', 'pointerdown', 'pointerup');"
    );
    let all = "0 500 ms 1.00 s";

    // `query` began 50 ms after the task and took 500 ms; a twentieth of that is room at each side.
    assert_steps(
        &chromium,
        &page,
        "text('ticks').split('|').filter((_, place) => place % 2 === 0).join(' ')",
        &[
            ("", "", all),
            ("", "press('z');", "25 ms 300 ms 575 ms"),
            ("", "byId('zoom-in').click();", "25 ms 300 ms 575 ms"),
            ("", "press('z', '0');", all),
            ("", &drag, "250 ms 500 ms 750 ms"),
            ("", &twice, all),
            // It never shows what is not there.
            ("", "press('+', '-', '-', '-');", all),
        ],
    );
}

#[test]
fn an_id_a_position_a_link_and_a_value_are_copied_as_they_are() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-copied");
    let value = r#""message_type":"m","value":"a\u0007b""#;
    folder.file("a.log", line("ann", "2", 0.0, value));
    let page = report(&folder, &["a.log"]);
    let clipboard = "Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { \
                     writeText: async (text) => { window.copied = JSON.stringify(text); } } });";
    let at = "task=ann&level=/2";

    assert_steps(
        &chromium,
        &page,
        "window.copied.replace(/.*#/, '#')",
        &[
            (
                at,
                &format!("{clipboard} byId('copy-id').click();"),
                "\"ann\"",
            ),
            (
                at,
                "document.querySelector('h3 .copy').click();",
                "\"ann@/2\"",
            ),
            (
                at,
                "document.querySelector('.fields .copy').click();",
                "\"a\\u0007b\"",
            ),
            (at, "byId('copy-link').click();", "#task=ann&level=/2\""),
        ],
    );
}
