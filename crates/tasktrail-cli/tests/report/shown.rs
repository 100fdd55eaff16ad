//! What a page shows of a task.

use std::fs;
use std::path::Path;

use tasktrail_tests::{Chromium, Opened};

use crate::run::Folder;
use crate::{after, line, opened, report, rows, sold, text_of, trail, with_script};

#[test]
fn a_page_needs_nothing_else_and_runs_no_script_but_its_own() {
    let folder = Folder::new("report-alone");
    let page = report(&folder, &[trail().join("order.log").to_str().unwrap()]);

    let page = fs::read_to_string(page).unwrap();

    for outside in ["http:", "https:", " src=", " href=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'; script-src 'nonce-"));
    assert!(!page.contains("unsafe-inline"));
    assert!(!page.contains("innerHTML"));
}

#[test]
fn the_browser_lets_nothing_in_a_page_ask_the_network() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-network");
    folder.file("a.log", sold("ann", "succeeded", 1.0));
    let page = report(&folder, &["a.log"]);

    // Each thing that is refused is told to the console.
    let script = "document.addEventListener('securitypolicyviolation', (event) => { \
        document.getElementById('notice').textContent += `${event.effectiveDirective} `; }); \
        fetch('http://127.0.0.1:9/').catch(() => {}); \
        const image = new Image(); image.src = 'http://127.0.0.1:9/'; document.body.append(image);";
    let Opened { document, .. } = chromium.open(&with_script(&page, script), "");

    let refused = text_of(&document, "notice");
    let mut refused: Vec<_> = refused.split_whitespace().collect();
    refused.sort_unstable();
    assert_eq!(refused, ["connect-src", "img-src"]);
}

#[test]
fn the_list_the_tree_the_timeline_and_the_cause_are_there() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-shown");
    fs::copy(trail().join("order.log"), folder.0.join("order.log")).unwrap();
    let page = report(&folder, &["order.log"]);

    let document = opened(&chromium, &page, "");

    assert!(document.contains("<title>order.log · tasktrail</title>"));
    assert_eq!(text_of(&document, "count"), "2 tasks");
    assert_eq!(rows(&document, "option"), 2);
    assert_eq!(text_of(&document, "task-name"), "order");
    assert_eq!(text_of(&document, "task-id"), "order-17");
    let tree = text_of(&document, "tree");
    // Of the 9 nodes in order.txt, each is a row.
    assert_eq!(rows(&document, "treeitem"), 9);
    for text in [
        "✓|order|id=17  who=Ann Ash  paid=true|1.00 s",
        "✗|query|",
        "pack|",
    ] {
        assert!(tree.contains(text), "{tree}");
    }
    // `query` began 50 ms after the task and took 500 ms of its second.
    assert!(
        document.contains("left: min(5%, 100% - 2px); width: 50%;"),
        "{document}"
    );
    // The innermost action that failed is chosen at once.
    let details = text_of(&document, "details");
    for text in [
        "query|failed|",
        "db::Error: no answer|at src/db.rs:12|caused by: connection reset",
        "Fields|table|prices",
    ] {
        assert!(details.contains(text), "{details}");
    }
}

#[test]
fn what_begins_before_the_action_around_it_is_marked_and_its_host_named() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-hosts");
    let page = report(&folder, &[trail().join("two_hosts.log").to_str().unwrap()]);

    let document = opened(&chromium, &page, "task=hosts&level=/3");

    let tree = text_of(&document, "tree");
    assert!(tree.contains("answer|!|server-2|"), "{tree}");
    assert_eq!(tree.matches("|!|").count(), 1, "{tree}");
    let details = text_of(&document, "details");
    assert!(
        details.contains("begins before what is around it"),
        "{details}"
    );
}

#[test]
fn a_backtrace_and_a_value_of_many_lines_are_shown_whole() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-backtrace");
    let failed = r#""action_type":"a","action_status":"failed","exception":"E","reason":"r","exception_backtrace":"0: main\n1: start","number":123456789012345678901234567890"#;
    folder.file(
        "a.log",
        line(
            "t",
            "1",
            0.0,
            r#""action_type":"a","action_status":"started""#,
        ) + &line("t", "2", 1.0, failed),
    );
    let page = report(&folder, &["a.log"]);

    let document = opened(&chromium, &page, "");

    assert!(
        document.contains("<pre>0: main\n1: start</pre>"),
        "{document}"
    );
    assert!(text_of(&document, "details").contains("number|123456789012345678901234567890"));
}

#[test]
fn dark_and_light_change_places() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-theme");
    folder.file("a.log", sold("ann", "succeeded", 1.0));
    let page = report(&folder, &["a.log"]);

    let once = after(
        &chromium,
        &page,
        "document.getElementById('theme').click();",
    );
    let twice =
        "document.getElementById('theme').click(); document.getElementById('theme').click();";
    let twice = after(&chromium, &page, twice);

    // Chromium without a window prefers light.
    assert!(once.contains("<html lang=\"en\" data-theme=\"dark\">"));
    assert!(twice.contains("<html lang=\"en\" data-theme=\"light\">"));
}

#[test]
fn the_page_of_the_docs_shows_pictures_that_are_there_and_small() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page = fs::read_to_string(docs.join("report.md")).unwrap();

    for picture in ["report", "report-dark", "report-phone"] {
        let picture = &format!("pictures/{picture}.png");
        assert!(page.contains(&format!("]({picture})")), "{picture}");
        let bytes = fs::metadata(docs.join(picture)).unwrap().len();
        assert!(bytes < 100_000, "{picture}: {bytes}");
    }
}

#[test]
fn the_call_that_wrote_a_message_is_shown() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-origin");
    let logstash = r#"{"@timestamp":"2026-11-22T14:10:03.911Z","@version":1,"levelname":"INFO","name":"shop::db","pathname":"src/db.rs","lineno":12,"funcName":"ask","message":"m","task_uuid":"one","task_level":[1]}"#;
    let eliot = line(
        "two",
        "1",
        0.0,
        r#""message_type":"m","log_level":"WARN","logger":"shop::till","total":3"#,
    );
    folder.file("a.log", format!("{logstash}\n{eliot}"));
    let page = report(&folder, &["a.log"]);

    let one = opened(&chromium, &page, "task=one");
    let two = opened(&chromium, &page, "task=two");
    let found = opened(&chromium, &page, "q=SHOP::DB");

    let details = text_of(&one, "details");
    assert!(
        details.contains("INFO · shop::db · src/db.rs:12 · in ask"),
        "{details}"
    );
    // What is shown there is no field too.
    let details = text_of(&two, "details");
    assert!(
        details.ends_with("WARN · shop::till|Fields of the message|total|3"),
        "{details}"
    );
    assert_eq!(text_of(&found, "count"), "1 of 2 tasks");
}

#[test]
fn moments_are_shown_in_utc_or_in_the_zone_of_who_looks() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-zone");
    folder.file("a.log", sold("ann", "succeeded", 1.5));
    let page = report(&folder, &["a.log"]);

    let utc = opened(&chromium, &page, "task=ann&level=/2");
    let zones = [
        (-330, "1970-01-01 05:30:00.000+05:30"),
        (210, "1969-12-31 20:30:00.000-03:30"),
    ];
    for (behind, expected) in zones {
        let script = format!(
            "Date.prototype.getTimezoneOffset = () => {behind}; document.getElementById('zone').click();"
        );
        let local = after(&chromium, &page, &script);

        let facts = text_of(&local, "task-facts");
        assert!(facts.starts_with(expected), "{facts}");
        assert_eq!(text_of(&local, "zone"), "UTC");
    }

    let facts = text_of(&utc, "task-facts");
    assert!(
        facts.starts_with("1970-01-01 00:00:00.000Z · 1.50 s"),
        "{facts}"
    );
    let details = text_of(&utc, "details");
    assert!(
        details.contains("1970-01-01 00:00:00.750000Z · 750 ms after the first line"),
        "{details}"
    );
}

#[test]
fn who_does_not_see_the_page_is_told_what_each_row_is() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-names");
    let page = report(&folder, &[trail().join("order.log").to_str().unwrap()]);

    let document = opened(&chromium, &page, "");

    let row = "aria-label=\"query, failed, at 50 ms, 500 ms, table=prices  code=7\"";
    assert!(document.contains(row), "{document}");
    let (_, row) = document.split_once(row).unwrap();
    let (row, _) = row.split_once('>').unwrap();
    assert!(row.contains("aria-level=\"3\""), "{row}");
    assert!(row.contains("aria-selected=\"true\""), "{row}");
}

#[test]
fn on_paper_are_all_rows_and_light_colours() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-printed");
    let name = r#""action_type":"a","action_status""#;
    let messages =
        (2..200).map(|place| line("t", &format!("{place}"), 1.0, r#""message_type":"m""#));
    let log = line("t", "1", 0.0, &format!("{name}:\"started\""))
        + &messages.collect::<String>()
        + &line("t", "200", 2.0, &format!("{name}:\"succeeded\""));
    folder.file("a.log", log);
    let page = report(&folder, &["a.log"]);
    let dark = "document.getElementById('theme').click();";

    let printing = after(
        &chromium,
        &page,
        &format!("{dark} dispatchEvent(new Event('beforeprint'));"),
    );
    let printed = after(
        &chromium,
        &page,
        &format!(
            "{dark} dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint'));"
        ),
    );

    // The action, and the 198 messages in it.
    assert_eq!(rows(&printing, "treeitem"), 199);
    assert!(printing.contains("data-theme=\"light\""));
    assert!(rows(&printed, "treeitem") < 60);
    assert!(printed.contains("data-theme=\"dark\""));
}
