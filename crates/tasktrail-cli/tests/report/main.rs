//! `tasktrail report`: what is in the page, and what a real browser makes of it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod hands;
mod hostile;
#[path = "../run/mod.rs"]
mod run;
mod shown;
#[cfg(unix)]
mod written;

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
    opened(chromium, &with_script(page, script), "")
}

/// Makes a copy of a page in which a script of the test runs last.
fn with_script(page: &Path, script: &str) -> PathBuf {
    let text = fs::read_to_string(page).unwrap();
    let (_, nonce) = text.split_once("<script nonce=\"").unwrap();
    let (nonce, _) = nonce.split_once('"').unwrap();
    let script = format!("<script nonce=\"{nonce}\">{script}</script></body>");
    let copy = page.with_extension("copy.html");
    fs::write(&copy, text.replace("</body>", &script)).unwrap();
    copy
}

/// What scripts of tests have: a key that is pressed where the focus is, the texts in an element, how
/// many rows there are, and what is at the next place of the address.
const HAND: &str = r"
const byId = (id) => document.getElementById(id);
const press = (...keys) => keys.map((key) => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(event);
  return event;
});
const text = (id) => {
  const walker = document.createTreeWalker(byId(id), NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.trim()) texts.push(walker.currentNode.data);
  return texts.join('|');
};
const rows = (role) => document.querySelectorAll(`[role=${role}]`).length;
const moved = () => new Promise((go) => addEventListener('hashchange', go, { once: true }));
";

/// Runs scripts in one page, each at its fragment of the address and with the focus on the list, and
/// gives what the expression `seen` is after each. No letter in `seen` may be a line break.
#[track_caller]
fn steps(chromium: &Chromium, page: &Path, steps: &[(&str, &str)], seen: &str) -> Vec<String> {
    let mut script = format!("{{ {HAND} (async () => {{ const found = [];");
    for (place, (fragment, act)) in steps.iter().enumerate() {
        script += &format!(
            "{{ const there = moved(); location.hash = '{fragment}&step={place}'; await there; \
             byId('list').focus(); {act} found.push({seen}); }}\n"
        );
    }
    script += "const all = document.createElement('pre'); all.id = 'found'; \
               all.textContent = found.join('\\n'); document.body.append(all); })(); }";
    let document = after(chromium, page, &script);
    let found = text_of(&document, "found");
    let found = found.replace("&lt;", "<").replace("&gt;", ">");
    let found = found.replace("&amp;", "&");
    found.split('\n').map(str::to_owned).collect()
}

/// Writes a text as a browser has it in an address.
fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| format!("%{byte:02x}"));
    bytes.collect()
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
