#!/bin/sh
# Runs the writer's queue under valgrind's memcheck: four threads, each rule for a full memory,
# flushes, both ends. Fails at an invalid or uninitialised access and at a leak.
#
# Not under drd and helgrind: the locks of Rust's standard library are futexes on Linux, which both do
# not know, so they see a race in whatever a Mutex guards. Two threads that count to 2000 in a
# Mutex<u64>, and nothing else: 2019 errors by drd, 20 by helgrind. loom covers the orders.
#
# usage: tests/valgrind.sh        needs valgrind
set -eu
cd "$(dirname "$0")/.."
cargo build --quiet --package tasktrail-writer --example all_rules
valgrind --quiet --tool=memcheck --leak-check=full --errors-for-leak-kinds=definite,indirect \
    --show-leak-kinds=definite,indirect --error-exitcode=1 \
    "${CARGO_TARGET_DIR:-target}/debug/examples/all_rules"
