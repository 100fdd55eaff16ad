"""Reads lines by Python's own JSON and prints their shape: each key with the type of its value.

usage: shape.py LOG
"""
import itertools
import json
import sys

STANDARD = (
    "@timestamp @version source_host name args levelname levelno pathname filename module"
    " stack_info lineno funcName created msecs relativeCreated thread threadName processName"
    " process message exception"
).split()


def pairs(members):
    keys = [key for key, _ in members]
    assert len(keys) == len(set(keys)), "a key stands twice: %s" % keys
    return dict(members)


def no_constant(name):
    raise ValueError("%s is no JSON" % name)


def shape(value):
    if isinstance(value, list):
        # All of a list's items are alike, and how many there are is not its shape.
        return "[%s]" % ", ".join(sorted({shape(item) for item in value}))
    return type(value).__name__


def in_order(keys):
    """Keeps the order of the formatter's own keys, and the place of what the user adds."""
    for standard, run in itertools.groupby(keys, STANDARD.__contains__):
        # In which order the user adds things is not for the formatter to say.
        yield from run if standard else sorted(run)


with open(sys.argv[1], encoding="utf-8", newline="\n") as lines:
    for line in lines:
        record = json.loads(line, object_pairs_hook=pairs, parse_constant=no_constant)
        # Python has it from 3.12 on: the name of an asyncio task.
        record.pop("taskName", None)
        print(" ".join("%s:%s" % (key, shape(record[key])) for key in in_order(record)))
        print("    %s %s %r" % (record["levelname"], record["levelno"], record["message"]))
