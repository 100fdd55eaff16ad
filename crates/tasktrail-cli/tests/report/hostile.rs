//! What a log may not do to a page, and how much of it a page takes.

use std::fs;

use tasktrail_tests::Chromium;

use crate::run::Folder;
use crate::{after, encoded, line, opened, report, rows, sold, steps, text_of};

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

    for (place, text) in hostile.iter().enumerate() {
        let task = format!("{text}{place}").replace("\\u2028", "\u{2028}");
        let document = opened(&chromium, &page, &format!("task={}", encoded(&task)));

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
        let shown = text.replace('<', "&lt;").replace('>', "&gt;");
        assert_eq!(text_of(&document, "task-name"), shown);
        assert!(text_of(&document, "details").contains(&format!("{shown}: {shown}")));
    }
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

    let document = opened(
        &chromium,
        &page,
        &format!("task=t&level=/{}1", "2/".repeat(10_000)),
    );

    assert!(text_of(&document, "details").starts_with("deep|message"));
    assert!(rows(&document, "treeitem") < 60);
}

#[test]
fn what_can_not_be_seen_or_turns_the_line_around_is_shown_by_its_number() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-unseen");
    let text = "a\\u202etxt.exe\\u2066\\u0000\\u001b[31m\\u200b\\ufeff";
    let pairs = format!(
        "\"message_type\":\"{text}\",\"{text}\":\"{text}\\ttab\\r\\nline\",\"\\ud800\":\"\\udc00\""
    );
    folder.file("a.log", line("t\\u202e", "1", 0.0, &pairs));
    let page = report(&folder, &["a.log"]);

    let document = opened(&chromium, &page, "");

    let shown = "a\\u202etxt.exe\\u2066\\u0000\\u001b[31m\\u200b\\ufeff";
    assert_eq!(text_of(&document, "task-name"), shown);
    assert_eq!(text_of(&document, "task-id"), "t\\u202e");
    let details = text_of(&document, "details");
    assert!(
        details.contains(&format!("|{shown}|{shown}\ttab\nline|\u{fffd}|\u{fffd}")),
        "{details}"
    );
    // Nowhere is the character itself: not in a tip, not in what is read aloud.
    let (_, body) = document.split_once("<main>").unwrap();
    let (body, _) = body.split_once("</main>").unwrap();
    assert!(!body.contains(['\u{202e}', '\u{2066}', '\u{1b}', '\u{200b}', '\u{feff}']));
}

#[test]
fn of_what_is_long_more_comes_when_it_is_asked_for() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-long");
    let name = "n".repeat(10_000);
    let pairs = format!(
        "\"message_type\":\"{name}\",\"data\":\"{}\"",
        "x".repeat(10_000_000)
    );
    folder.file("a.log", line("t", "1", 0.0, &pairs));
    let page = report(&folder, &["a.log"]);

    let document = opened(&chromium, &page, "");
    let more = after(
        &chromium,
        &page,
        "const more = [...document.querySelectorAll('button.more')]; more.at(-1).click();",
    );

    assert_eq!(
        document.matches('x').count() / 10_000,
        10_000_000 / 10_000 + 1
    );
    assert!(text_of(&document, "task-name").len() < 400);
    let details = text_of(&document, "details");
    // The name is there whole, as a row of its own.
    assert!(
        details.contains(&format!("|name|{name}|")),
        "{}",
        details.len()
    );
    assert!(details.contains("Show 100,000 more of 10,000,000 characters"));
    let details = text_of(&more, "details");
    assert!(details.contains(&format!("|{}… |", "x".repeat(110_000))));
}

#[test]
fn names_that_javascript_knows_are_names_like_others() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-known-names");
    let pairs = r#""message_type":"constructor","__proto__":"p","constructor":"c","hasOwnProperty":"h","toString":"t""#;
    folder.file(
        "a.log",
        line("__proto__", "1", 0.0, pairs) + &line("toString", "1", 0.0, pairs),
    );
    let page = report(&folder, &["a.log"]);

    for task in ["__proto__", "toString"] {
        let document = opened(&chromium, &page, &format!("task={task}"));

        assert_eq!(text_of(&document, "task-id"), task);
        assert_eq!(text_of(&document, "notice"), "");
        let details = text_of(&document, "details");
        let fields = "__proto__|p|constructor|c|hasOwnProperty|h|toString|t";
        assert!(details.ends_with(fields), "{details}");
    }
    let none = opened(&chromium, &page, "task=constructor");
    assert_eq!(
        text_of(&none, "notice"),
        "This page has no task constructor"
    );
}

#[test]
fn any_moment_or_none_has_a_page() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-moments");
    let message = r#""message_type":"m""#;
    let mut log = r#"{"task_uuid":"none","task_level":[1],"message_type":"m"}"#.to_owned() + "\n";
    for (task, seconds) in [
        ("old", -5e9),
        ("year", 2.6e11),
        ("far", 1e13),
        ("farther", 1e300),
    ] {
        log += &line(task, "1", seconds, message);
    }
    let name = r#""action_type":"a","action_status""#;
    log += &line("wide", "1", -1e308, &format!("{name}:\"started\""));
    log += &line("wide", "2", 1e308, &format!("{name}:\"succeeded\""));
    log += &line("left", "2,1", 3.0, &format!("{name}:\"started\""));
    folder.file("a.log", log);
    let page = report(&folder, &["a.log"]);

    let tasks = [
        ("task=none", "0 actions · 1 message"),
        (
            "task=old",
            "1811-07-23 15:06:40.000Z · 0 actions · 1 message",
        ),
        (
            "task=year",
            "+010209-01-27 06:13:20.000Z · 0 actions · 1 message",
        ),
        (
            "task=far",
            "10000000000000 s after 1970 · 0 actions · 1 message",
        ),
        (
            "task=farther",
            "1e+300 s after 1970 · 0 actions · 1 message",
        ),
        (
            "task=left",
            "1970-01-01 00:00:03.000Z · 2 actions · 0 messages| · |incomplete",
        ),
    ];
    let scripts = tasks.map(|(task, _)| (task, ""));
    let found = steps(&chromium, &page, &scripts, "text('task-facts')");
    assert_eq!(found, tasks.map(|(_, facts)| facts));
    let document = opened(&chromium, &page, "task=wide");
    assert_eq!(rows(&document, "treeitem"), 1);
}

#[test]
fn a_page_without_tasks_says_so() {
    let Some(chromium) = Chromium::find() else {
        return;
    };
    let folder = Folder::new("report-none");
    folder.file("a.log", "");
    let page = report(&folder, &["a.log"]);

    let document = opened(&chromium, &page, "");

    assert_eq!(text_of(&document, "count"), "0 tasks");
    assert_eq!(
        text_of(&document, "details"),
        "There are no tasks in this page."
    );
}
