//! The commands that read a log, of this project and of others.

use std::path::Path;

use tasktrail_tests::Peers;

use super::contents::Contents;
use super::run::Prints;

/// A command to be measured.
#[derive(Debug)]
pub(crate) struct Way {
    /// What the table calls it.
    pub(crate) name: String,
    /// What the shell is told.
    pub(crate) script: String,
    pub(crate) prints: Prints,
}

const TASKTRAIL: &str = env!("CARGO_BIN_EXE_tasktrail");

impl Contents<'_> {
    /// Gives the commands that read all of the log.
    pub(crate) fn whole(&self) -> Vec<Way> {
        let records = self.records;
        let mut ways = vec![
            self.cat(),
            self.shell("wc -l", Prints::Number(records)),
            self.shell("grep -c task_uuid", Prints::Number(records)),
            self.shell("rg -c task_uuid", Prints::Number(records)),
            self.floor(1),
            self.floor(2),
            self.audit(),
            self.tasktrail("query --count", Prints::Number(records)),
            self.tasktrail("query --count --failed", Prints::Number(0)),
            self.tasktrail("stats", Prints::Something),
            self.tasktrail("dedup", Prints::Lines(records)),
            self.tasktrail("convert --to logstash", Prints::Lines(records)),
            self.tasktrail("query --task ID", Prints::Lines(self.task_lines)),
        ];
        ways.extend(self.searches());
        ways
    }

    /// Gives the commands that look for one task, and one that only reads.
    pub(crate) fn one_task(&self) -> Vec<Way> {
        [self.cat()].into_iter().chain(self.searches()).collect()
    }

    fn searches(&self) -> [Way; 3] {
        [
            self.shell("grep -F ID", Prints::Lines(self.task_lines)),
            self.shell("rg -F ID", Prints::Lines(self.task_lines)),
            self.tasktrail("tree --task-uuid ID", Prints::Something),
        ]
    }

    /// Gives the commands that count the starts and ends of one action.
    pub(crate) fn one_action(&self) -> Vec<Way> {
        let count = || Prints::Number(self.starts_and_ends);
        let others = [
            (r#"rg -c '"action_type":"order"'"#, ""),
            (
                r#"agrind 'action_type | json | where action_type == "order" | count' --file"#,
                "",
            ),
            (r#"jq 'select(.action_type == "order") | 1'"#, " | wc -l"),
            (r#"fblog --filter 'action_type == "order"'"#, " | wc -l"),
        ];
        let others = others.into_iter().map(|(command, rest)| Way {
            // A bar would end the cell of the table.
            name: format!("`{}`", format!("{command}{rest}").replace('|', "\\|")),
            script: format!("{command} '{}'{rest}", self.path.display()),
            prints: count(),
        });
        let ours = self.tasktrail("query --action order --count", count());
        [ours].into_iter().chain(others).collect()
    }

    /// Gives the commands that draw all tasks; the real eliot-tree is left out, with a reason, if it
    /// can't be installed.
    pub(crate) fn drawings(&self) -> Vec<Way> {
        let peers = Peers::find(env!("CARGO_TARGET_TMPDIR"));
        let eliot_tree = peers.map(|peers| peers.interpreter().with_file_name("eliot-tree"));
        let program = eliot_tree.as_deref().unwrap_or(Path::new("eliot-tree"));
        let log = self.path.display();
        vec![
            self.tasktrail("tree", Prints::Something),
            Way {
                name: "`eliot-tree`".to_owned(),
                // A configuration in the user's home would change what it prints.
                script: format!(
                    "HOME=/nonexistent PYTHONUTF8=1 '{}' '{log}'",
                    program.display()
                ),
                prints: Prints::Something,
            },
        ]
    }

    fn cat(&self) -> Way {
        self.shell("cat", Prints::Lines(self.records))
    }

    fn shell(&self, command: &str, prints: Prints) -> Way {
        let script = command.replace("ID", self.task);
        Way {
            name: format!("`{command}`"),
            // In other locales, grep looks at what the characters are.
            script: format!("LC_ALL=C {script} '{}'", self.path.display()),
            prints,
        }
    }

    fn tasktrail(&self, command: &str, prints: Prints) -> Way {
        let script = command.replace("ID", self.task);
        Way {
            name: format!("`tasktrail {command}`"),
            script: format!("'{TASKTRAIL}' {script} '{}'", self.path.display()),
            prints,
        }
    }

    /// It tells what it has read on the standard error.
    fn audit(&self) -> Way {
        let mut way = self.tasktrail(
            "audit",
            Prints::Text(format!("; {} records in 1 log", self.records)),
        );
        way.script += " 2>&1";
        way
    }

    fn floor(&self, threads: usize) -> Way {
        let program = std::env::current_exe().unwrap();
        let plural = if threads == 1 { "" } else { "s" };
        Way {
            name: format!("newlines and keys, {threads} thread{plural}"),
            script: format!(
                "'{}' --floor {threads} '{}'",
                program.display(),
                self.path.display()
            ),
            prints: Prints::Number(self.records),
        }
    }
}

/// Gives the versions of the programs of others that are installed.
pub(crate) fn versions() -> String {
    let version = |program: &str| {
        let output = std::process::Command::new(program)
            .arg("--version")
            .output();
        let output = output.ok().filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        let first = text.lines().next()?;
        // Some say their names before it.
        Some(match first.starts_with(|first: char| first.is_numeric()) {
            true => format!("{program} {first}"),
            false => first.to_owned(),
        })
    };
    ["grep", "rg", "jq", "agrind", "fblog"]
        .into_iter()
        .filter_map(version)
        .collect::<Vec<_>>()
        .join(", ")
}
