//! The sell order over three processes, in each of its stories.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;

use tasktrail_record::{Drawing, Record, Records, Trees};

use crate::{assert_golden, example, text, without_measures, without_times};

/// What flags lead to: a name, which is also that of the drawing, and the flags.
const STORIES: [(&str, &[&str]); 5] = [
    ("sold", &[]),
    ("refused", &["--fail"]),
    ("retried", &["--retry"]),
    ("timed_out", &["--timeout"]),
    ("hung_up", &["--hang-up"]),
];

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn logs(&self) -> Vec<Vec<u8>> {
        ["gateway", "orders", "market"]
            .map(|name| std::fs::read(self.0.join(format!("{name}.log"))).unwrap())
            .into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sell_order(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = example("sell_order");
    command.args(arguments).arg("--dir").arg(&folder.0);
    command.output().unwrap()
}

fn records(folder: &Folder) -> Vec<Record> {
    let logs = folder.logs();
    let records = logs.iter().flat_map(|log| Records::new(&log[..]));
    records.map(Result::unwrap).collect()
}

#[test]
fn an_order_is_one_tree_over_three_processes() {
    let folder = Folder::new("one_order");

    let output = sell_order(&folder, &[]);

    assert!(output.status.success(), "{}", text(output.stderr));
    let printed = text(output.stdout);
    let end = format!("The logs are in {}\n", folder.0.display());
    let tree = printed.strip_suffix(&end).unwrap();
    assert_golden("sell_order.txt", &without_measures(&without_times(tree)));
}

#[test]
fn the_tree_shows_what_became_of_an_order() {
    for (story, flags) in STORIES {
        let folder = Folder::new(story);

        let output = sell_order(&folder, flags);

        assert!(
            output.status.success(),
            "{flags:?}: {}",
            text(output.stderr)
        );
        assert_golden(&format!("{story}.txt"), &what_became(&folder));
    }
}

#[test]
fn lines_of_logstash_tell_the_same_as_those_of_eliot() {
    for (story, flags) in STORIES {
        let folder = Folder::new(&format!("{story}_logstash"));

        let output = sell_order(&folder, &[flags, &["--schema", "logstash"]].concat());

        assert!(
            output.status.success(),
            "{flags:?}: {}",
            text(output.stderr)
        );
        let golden = format!("{story}.txt");
        let drawn = what_became(&folder);
        assert_eq!(drawn, crate::golden(&golden), "{story}");
    }
}

/// Draws the tree of the logs with what the story is told by.
fn what_became(folder: &Folder) -> String {
    let told = ["status", "reason"];
    let in_names = ["action_type", "action_status", "message_type", "message"];
    let mut others = HashSet::from(in_names.map(str::to_owned));
    for record in records(folder) {
        let keys = record.attributes().iter().chain(record.fields());
        others.extend(keys.map(|(key, _)| key.clone()));
    }
    others.retain(|key| !told.contains(&&**key));
    let logs = folder.logs();
    let drawing = Drawing::new().ignored_keys(others);
    without_times(&drawing.draw_logs(logs.iter().map(|log| &log[..])).unwrap())
}

#[test]
fn many_orders_at_once_are_as_many_tasks_without_gap_and_double() {
    for schema in ["eliot", "logstash"] {
        for (story, flags) in STORIES {
            let folder = Folder::new(&format!("many_{story}_{schema}"));
            let many = ["--orders", "20", "--schema", schema];

            let output = sell_order(&folder, &[flags, &many].concat());

            assert!(
                output.status.success(),
                "{flags:?}: {}",
                text(output.stderr)
            );
            let mut positions = HashSet::new();
            let mut trees = Trees::new();
            let mut complete = 0;
            for record in records(&folder) {
                let position = record.position().unwrap();
                assert!(
                    positions.insert(position.clone()),
                    "{position} stands twice"
                );
                complete += usize::from(trees.add(record).unwrap().is_some());
            }
            assert_eq!((complete, trees.finish().count()), (20, 0), "{story}");
        }
    }
}

#[test]
fn sell_order_says_what_is_wrong_with_the_run() {
    let file = Folder::new("a_file");
    std::fs::create_dir_all(file.0.parent().unwrap()).unwrap();
    let mut in_the_way = std::fs::File::create(&file.0).unwrap();
    in_the_way.write_all(b"no folder").unwrap();

    let blocked = Folder::new("a_folder_for_a_log");
    let log = blocked.0.join("market.log");
    std::fs::create_dir_all(&log).unwrap();

    let no_folder = sell_order(&file, &[]);
    let no_log = sell_order(&blocked, &[]);
    let no_schema = example("sell_order")
        .args(["--schema", "xml"])
        .output()
        .unwrap();

    let _ = std::fs::remove_file(&file.0);
    assert_eq!(no_folder.status.code(), Some(1));
    let error = text(no_folder.stderr);
    let expected = format!("sell_order: can't make the folder {}: ", file.0.display());
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");

    assert_eq!(no_log.status.code(), Some(1));
    let error = text(no_log.stderr);
    assert!(error.contains(log.to_str().unwrap()), "{error}");
    assert!(
        error.contains("sell_order: market could not start: "),
        "{error}"
    );

    assert_eq!(no_schema.status.code(), Some(2));
}
