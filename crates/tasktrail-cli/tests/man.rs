//! Pages of the manual, which the real groff sets.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use run::{Folder, assert_outcome, run_in, stdout};

/// Writes all pages.
fn pages(folder: &Folder) -> Vec<(String, PathBuf)> {
    let output = run_in(&folder.0, &["man", "--to", "new/man1"]);
    assert_outcome(&output, 0, "", "");
    let entries = fs::read_dir(folder.0.join("new/man1")).unwrap();
    let pages = entries.map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), path)
    });
    let mut pages: Vec<_> = pages.collect();
    pages.sort();
    pages
}

#[test]
fn there_is_a_page_for_each_command() {
    let folder = Folder::new("man-pages");
    let pages = pages(&folder);

    let names: Vec<_> = pages.iter().map(|(name, _)| name.as_str()).collect();
    let help = run_in(&folder.0, &["-h"]);
    let (_, commands) = stdout(&help).split_once("\nCommands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let commands = commands
        .lines()
        .map(|line| line.split_whitespace().next().unwrap());
    let mut expected: Vec<_> = commands
        .filter(|command| *command != "help")
        .map(|command| format!("tasktrail-{command}.1"))
        .collect();
    expected.push("tasktrail.1".to_owned());
    expected.sort();
    assert_eq!(names, expected);

    let first = run_in(&folder.0, &["man"]);
    let (_, path) = pages.last().unwrap();
    assert_outcome(&first, 0, &fs::read_to_string(path).unwrap(), "");
}

#[test]
fn groff_sets_each_page_without_a_warning() {
    let folder = Folder::new("man-groff");
    for (name, path) in pages(&folder) {
        let set = Command::new("groff")
            .args(["-man", "-ww", "-k", "-Tutf8", "-P-cbou"])
            .arg(path)
            .output();
        let Ok(set) = set else {
            run::leave_out("pages of the manual", "there is no groff");
            return;
        };

        assert_eq!(run::stderr(&set), "", "{name}");
        assert!(set.status.success(), "{name}");
        let text = stdout(&set);
        let headings = [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXIT STATUS",
            "SEE ALSO",
        ];
        let more = match name.as_str() {
            "tasktrail.1" => ["ENVIRONMENT", "FILES", "BEGIN WITH"].as_slice(),
            _ => &["EXAMPLE"],
        };
        for heading in headings.iter().chain(more) {
            let is_there = text
                .lines()
                .any(|line| line.trim_end_matches('S') == heading.trim_end_matches('S'));
            assert!(is_there, "{name} has no {heading}:\n{text}");
        }
    }
}

#[test]
fn the_page_of_the_command_tells_what_the_environment_does() {
    let folder = Folder::new("man-environment");
    let page = run_in(&folder.0, &["man"]);

    for variable in [
        "TASKTRAIL_CONFIG",
        "TASKTRAIL_PAGER",
        "PAGER",
        "LESS",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "COLUMNS",
        "XDG_CONFIG_HOME",
    ] {
        assert!(stdout(&page).contains(variable), "{variable}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let folder = Folder::new("man-file");
    folder.file("file", "");

    let output = run_in(&folder.0, &["man", "--to", "file"]);

    assert_eq!(output.status.code(), Some(2));
    assert!(
        run::stderr(&output).starts_with("file: "),
        "{}",
        run::stderr(&output)
    );
}
