//! `tasktrail report`: what is in the page, and what a real browser makes of it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::path::{Path, PathBuf};

use run::{Folder, run_in, stderr};
use tasktrail_tests::{Chromium, Opened};

fn trail() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trail")
}

/// Writes a page of these logs, and gives where it is.
#[track_caller]
fn report(folder: &Folder, arguments: &[&str]) -> PathBuf {
    let page = folder.0.join("page.html");
    let to = ["-o", page.to_str().unwrap()];
    let output = run_in(&folder.0, &[&["report"][..], arguments, &to].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    page
}

/// Opens a page, in which nothing goes wrong.
#[track_caller]
fn opened(chromium: &Chromium, page: &Path, fragment: &str) -> String {
    let Opened { document, console } = chromium.open(page, fragment);
    assert_eq!(console, [""; 0]);
    document
}

/// Opens a copy of a page in which a script of the test runs last.
#[track_caller]
fn after(chromium: &Chromium, page: &Path, script: &str) -> String {
    let text = fs::read_to_string(page).unwrap();
    let (_, nonce) = text.split_once("<script nonce=\"").unwrap();
    let (nonce, _) = nonce.split_once('"').unwrap();
    let script = format!("<script nonce=\"{nonce}\">{script}</script></body>");
    let copy = page.with_extension("copy.html");
    fs::write(&copy, text.replace("</body>", &script)).unwrap();
    opened(chromium, &copy, "")
}

/// Gives the texts between tags of the element with that id, one behind the other.
fn text_of(document: &str, id: &str) -> String {
    let (_, rest) = document.split_once(&format!("id=\"{id}\"")).unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    let mut depth = 1;
    let mut text = String::new();
    for part in rest.split('<') {
        if !text.is_empty() || part.len() < rest.len() {
            let (tag, inner) = part.split_once('>').unwrap_or(("", part));
            if tag.starts_with('/') {
                depth -= 1;
            } else if !tag.is_empty() && !tag.starts_with("input") {
                depth += 1;
            }
            if depth == 0 {
                break;
            }
            text.push_str(inner);
            text.push('|');
        }
    }
    let parts = text.split('|').filter(|part| !part.trim().is_empty());
    parts.collect::<Vec<_>>().join("|")
}

/// Counts the elements of that class that are in the document.
fn rows(document: &str, role: &str) -> usize {
    document.matches(&format!("role=\"{role}\"")).count()
}

fn line(task: &str, level: &str, seconds: f64, rest: &str) -> String {
    format!(
        "{{\"task_uuid\":\"{task}\",\"task_level\":[{level}],\"timestamp\":{seconds},{rest}}}\n"
    )
}

fn sold(task: &str, status: &str, seconds: f64) -> String {
    let name = r#""action_type":"sell","action_status""#;
    line(
        task,
        "1",
        0.0,
        &format!("{name}:\"started\",\"customer\":\"of {task}\""),
    ) + &line(
        task,
        "2",
        seconds / 2.0,
        r#""message_type":"paid","total":12.50"#,
    ) + &line(task, "3", seconds, &format!("{name}:\"{status}\""))
}

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

    let document = opened(&chromium, &page, "task=1&node=2");

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
fn nothing_in_a_log_runs_or_becomes_an_element() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let hostile = [
        "<script>document.title='owned'</script>",
        "</script><script>document.title='owned'</script>",
        "<img src=x onerror=document.title='owned'>",
        "<!--<script>",
        "\\u2028';document.title='owned'//",
        "{{trees}}",
        "javascript:document.title='owned'",
    ];
    let folder = Folder::new("report-hostile");
    let mut log = String::new();
    for (place, text) in hostile.iter().enumerate() {
        let task = format!("{text}{place}");
        let name = format!("\"action_type\":\"{text}\",\"action_status\"");
        let all = format!("\"{text}\":\"{text}\",\"service\":\"{text}\",\"list\":[\"{text}\"]");
        log += &line(&task, "1", 0.0, &format!("{name}:\"started\",{all}"));
        log += &line(
            &task,
            "2",
            0.5,
            &format!("\"message_type\":\"{text}\",{all}"),
        );
        let cause = format!(
            "\"exception\":\"{text}\",\"reason\":\"{text}\",\"exception_location\":\"{text}\",\
             \"exception_sources\":[\"{text}\"],\"exception_backtrace\":\"{text}\""
        );
        log += &line(&task, "3", 1.0, &format!("{name}:\"failed\",{cause},{all}"));
    }
    let log_name = "<img src=x onerror=document.title=1>.log";
    folder.file(log_name, log);
    let page = report(&folder, &[log_name]);

    for task in 1..=hostile.len() {
        let document = opened(&chromium, &page, &format!("task={task}"));

        assert!(
            document.contains(
                "<title>&lt;img src=x onerror=document.title=1&gt;.log · tasktrail</title>"
            )
        );
        // Those of the page itself: about, summaries, trees, and its script.
        assert_eq!(document.matches("<script").count(), 4);
        assert!(!document.contains("<img"));
        assert_eq!(text_of(&document, "count"), "7 tasks");
        // The text itself is seen: as the name, in the chip, and in the details.
        let shown = hostile[task - 1].replace("\\u2028", "\u{2028}");
        let shown = shown.replace('<', "&lt;").replace('>', "&gt;");
        assert_eq!(text_of(&document, "task-name"), shown);
        assert!(text_of(&document, "details").contains(&format!("{shown}: {shown}")));
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

    for (fragment, count, ids) in [
        ("", "3 tasks", "ann"),
        ("sort=seconds", "3 tasks", "bob"),
        ("failed=1", "1 of 3 tasks", "bob"),
        ("q=OF+CY", "1 of 3 tasks", "cy"),
        ("q=12.50+cy", "1 of 3 tasks", "cy"),
        ("q=nobody", "0 of 3 tasks", ""),
        ("failed=1&q=ann", "0 of 3 tasks", ""),
        ("task=3&node=1", "3 tasks", "cy"),
    ] {
        let document = opened(&chromium, &page, fragment);

        assert_eq!(text_of(&document, "count"), count, "{fragment}");
        assert_eq!(text_of(&document, "task-id"), ids, "{fragment}");
    }
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
    let press = "const press = (...keys) => keys.forEach((key) => document.activeElement.dispatchEvent(\
                 new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })));";

    for (script, task, details, shown) in [
        ("press('j');", "bob", "sell|succeeded", 2),
        ("press('j', 'k', 'k');", "ann", "sell|succeeded", 2),
        ("press('Enter', 'j');", "ann", "paid|message", 2),
        ("press('Enter', 'Enter');", "ann", "sell|succeeded", 1),
        ("press('Enter', 'Enter', 'l');", "ann", "sell|succeeded", 2),
        ("press('Enter', 'Escape', 'j');", "bob", "sell|succeeded", 2),
        // Letters that are typed into the search are no commands.
        ("press('/', 'j', 'j');", "ann", "sell|succeeded", 2),
        ("press('/', 'Enter', 'j');", "bob", "sell|succeeded", 2),
        (
            "document.querySelectorAll('#tree .bar, #tree .tick')[1].click();",
            "ann",
            "paid|message",
            2,
        ),
        (
            "document.querySelector('#tree .fold').click();",
            "ann",
            "sell|succeeded",
            1,
        ),
        (
            "const search = document.getElementById('search'); search.value = 'bob'; \
             search.dispatchEvent(new Event('input'));",
            "bob",
            "sell|succeeded",
            2,
        ),
    ] {
        let document = after(&chromium, &page, &format!("{press}{script}"));

        assert_eq!(text_of(&document, "task-id"), task, "{script}");
        let found = text_of(&document, "details");
        assert!(found.starts_with(details), "{script}: {found}");
        assert_eq!(rows(&document, "treeitem"), shown, "{script}");
    }
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
fn of_ten_thousand_tasks_only_those_in_sight_are_in_the_document() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-many");
    let log: String = (0..10_000)
        .map(|task| sold(&format!("task-{task}"), "succeeded", 1.0))
        .collect();
    folder.file("a.log", log);
    let page = report(&folder, &["a.log"]);

    let document = opened(&chromium, &page, "");
    assert_eq!(text_of(&document, "count"), "10,000 tasks");
    assert!(rows(&document, "option") < 50);
    let document = opened(&chromium, &page, "q=task-9999");
    assert_eq!(text_of(&document, "count"), "1 of 10,000 tasks");
    assert_eq!(text_of(&document, "task-id"), "task-9999");
    let end = "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'End' }));";
    let document = after(&chromium, &page, end);
    assert_eq!(text_of(&document, "task-id"), "task-9999");
    assert!(rows(&document, "option") < 50);
    // Three lines of about 110 bytes, and the page itself.
    let bytes = fs::metadata(&page).unwrap().len();
    assert!((1_000_000..10_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn a_task_may_be_ten_thousand_actions_deep() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-deep");
    let level = "2,".repeat(10_000) + "1";
    folder.file("a.log", line("t", &level, 1.0, r#""message_type":"deep""#));
    let page = report(&folder, &["a.log"]);

    let document = opened(&chromium, &page, "task=1&node=10001");

    assert!(text_of(&document, "details").starts_with("deep|message"));
    assert!(rows(&document, "treeitem") < 60);
}

#[test]
fn tasks_are_chosen_as_for_tree() {
    let folder = Folder::new("report-chosen");
    folder.file(
        "a.log",
        sold("ann", "succeeded", 1.0) + &sold("bob", "failed", 3.0),
    );

    for (arguments, expected) in [
        (&[][..], "2 tasks in"),
        (&["--failed"], "1 task in"),
        (&["--slower", "2s"], "1 task in"),
        (&["--where", "customer == 'of ann'"], "1 task in"),
        (&["--slower", "1h"], "0 tasks in"),
    ] {
        let output = run_in(
            &folder.0,
            &[&["report", "a.log", "-o", "page.html"][..], arguments].concat(),
        );

        assert_eq!(output.status.code(), Some(0));
        assert!(
            stderr(&output).starts_with(expected),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_page_that_can_not_be_written_is_told() {
    let folder = Folder::new("report-unwritten");
    folder.file("a.log", sold("ann", "succeeded", 1.0) + "no line\n");

    let output = run_in(&folder.0, &["report", "a.log", "-o", "no/page.html"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no/page.html: can't be written: "));
    let output = run_in(&folder.0, &["report", "a.log", "-o", "-"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.starts_with(b"<!DOCTYPE html>"));
}

#[test]
fn the_page_of_the_docs_shows_pictures_that_are_there_and_small() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page = fs::read_to_string(docs.join("report.md")).unwrap();

    for picture in ["pictures/report.png", "pictures/report-dark.png"] {
        assert!(page.contains(&format!("]({picture})")), "{picture}");
        let bytes = fs::metadata(docs.join(picture)).unwrap().len();
        assert!(bytes < 200_000, "{picture}: {bytes}");
    }
}
