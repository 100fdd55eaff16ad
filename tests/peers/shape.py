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
        # Version 0 has all that version 1 has at the top, but the message, in an object.
        within = record.get("@fields", record)
        # Python has it from 3.12 on: the name of an asyncio task.
        within.pop("taskName", None)
        if within is not record:
            # Where `@fields` stands depends on whether there are defaults for it.
            print(" ".join("%s:%s" % (key, shape(record[key])) for key in sorted(record)))
        print(" ".join("%s:%s" % (key, shape(within[key])) for key in in_order(within)))
        message = record["message"] if within is record else record["@message"]
        print("    %s %s %r" % (within["levelname"], within["levelno"], message))
