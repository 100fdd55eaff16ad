"""Reads logs as one by the parser of the real Eliot, and draws the tasks it found.

usage: tasks.py LOG...              draws each task, complete or not, as it comes
       tasks.py --without-each LOG  names the lines whose loss the parser doesn't notice
"""
import json
import sys

import orjson
from eliot.parse import Parser, WrittenAction

OWN = ("action_type", "action_status", "message_type", "log_level", "logger")


def main(arguments):
    if arguments[0] == "--without-each":
        without_each(messages(arguments[1:]))
        return
    for task in Parser.parse_stream(messages(arguments)):
        print("task complete" if task.is_complete() else "task incomplete")
        draw(task.root(), 0)


def messages(logs):
    """Reads lines with Eliot's own JSON, which is stricter than Python's."""
    found = []
    for log in logs:
        with open(log, "rb") as lines:
            for line in lines:
                assert line.endswith(b"\n"), line
                found.append(orjson.loads(line))
    return found


def draw(node, depth):
    if isinstance(node, WrittenAction):
        start, end = node.start_message, node.end_message
        draw_line(
            depth,
            node.action_type,
            fields(start) if start else "(no start)",
            "=> %s" % node.status,
            fields(end) if end else "",
        )
        for child in node.children:
            draw(child, depth + 1)
        check_numbers(node, depth + 1)
    else:
        contents = node.contents
        draw_line(
            depth,
            contents.get("log_level", ""),
            contents.get("message_type"),
            fields(node),
        )


def fields(message):
    contents = {k: v for k, v in message.contents.items() if k not in OWN}
    if not contents:
        return ""
    return json.dumps(contents, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def check_numbers(action, depth):
    """The parser counts the messages of an action; their numbers must have no gap either."""
    inside = list(action.children)
    levels = [node.task_level.level for node in inside]
    if action.start_message:
        levels.insert(0, action.start_message.task_level.level)
    if action.end_message:
        levels.append(action.end_message.task_level.level)
    prefix = action.task_level.level
    wanted = [prefix + [number] for number in range(1, len(levels) + 1)]
    if [list(level) for level in levels] != [list(level) for level in wanted]:
        draw_line(depth, "(numbers: %s)" % levels)


def draw_line(depth, *parts):
    print("  " * depth + " ".join(str(part) for part in parts if part != ""))


def without_each(all_messages):
    tasks = list(Parser.parse_stream(all_messages))
    assert all(task.is_complete() for task in tasks)
    for lost in range(len(all_messages)):
        rest = all_messages[:lost] + all_messages[lost + 1 :]
        found = list(Parser.parse_stream(rest))
        if len(found) == len(tasks) and all(task.is_complete() for task in found):
            print("line %d is not missed: %s" % (lost + 1, all_messages[lost]))
    print("%d lines, each taken away once" % len(all_messages))


main(sys.argv[1:])
