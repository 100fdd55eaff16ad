#!/bin/sh
# Counts the instructions of one event with 5 fields in 3 spans, with task id and level, by
# callgrind: the difference between two runs, so that what a run costs besides falls away.
# The counts repeat exactly for one binary. Fails above the bound; rules about the names of fields may
# cost a tenth more.
#
# usage: tests/instructions.sh [BOUND]        needs valgrind
set -eu
cd "$(dirname "$0")/.."
bound=${1:-6000}
cargo build --quiet --release --package tasktrail --bench event
binary=$(cargo build --release --package tasktrail --bench event --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*event-[^"]*\)".*/\1/p' | tail -n 1)
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$binary" "$@" 2>&1 |
        sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p'
}
status=0
for schema in logstash eliot; do
    event=$((($(count $schema 3000) - $(count $schema 1000)) / 2000))
    echo "$schema: $event instructions for an event"
    [ "$event" -le "$bound" ] || { echo "expected at most $bound" >&2; status=1; }
    for rules in names matched values; do
        redacted=$((($(count $schema 3000 $rules) - $(count $schema 1000 $rules)) / 2000))
        echo "$schema: $redacted where $rules are redacted"
        [ $rules = values ] || [ $((redacted * 10)) -le $((event * 11)) ] ||
            { echo "expected at most a tenth more" >&2; status=1; }
    done
done
exit $status
