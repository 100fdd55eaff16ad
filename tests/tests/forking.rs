//! A fork without `exec`: the parent's lines are the parent's, and a child's are not lost in silence.
#![cfg(unix)]

use std::fs;
use std::process::Command;

use tasktrail_tests::Folder;

const FORKS: usize = 100;

#[test]
fn children_say_that_the_worker_is_gone_and_start_their_own_while_the_parent_goes_on() {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), "forking");
    let (parent, child) = (folder.file("parent.log"), folder.file("child.log"));

    let mut program = Command::new(env!("CARGO_BIN_EXE_forking"));
    let output = program
        .arg(&parent)
        .arg(&child)
        .arg(FORKS.to_string())
        .output()
        .unwrap();

    assert!(output.status.success(), "{output:?}");
    let expected: String = (0..FORKS).map(|fork| format!("child {fork}\n")).collect();
    assert_eq!(fs::read_to_string(&child).unwrap(), expected);
    let mut next = [0, 0];
    for line in fs::read_to_string(&parent).unwrap().lines() {
        let words: Vec<_> = line.split(' ').collect();
        assert_eq!(
            (words[0], words[2], words[4]),
            ("thread", "line", "end"),
            "{line:?}"
        );
        let next: &mut usize = &mut next[words[1].parse::<usize>().unwrap()];
        assert_eq!(words[3], next.to_string(), "{line:?}");
        *next += 1;
    }
    assert!(next[0] > 0 && next[1] > 0);
}
