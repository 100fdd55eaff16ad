"""Writes lines by the real logstash_formatter: what programs/logstash_lines.rs logs, logged in Python.

usage: logstash_lines.py SCHEMA LOG
"""
import logging
import sys

from logstash_formatter import LogstashFormatter, LogstashFormatterV1

TASK = "192f76ea-915e-4131-95dc-da28c6bcdbb5"
TRACE = 5
FORMATTERS = {
    "logstash": lambda: LogstashFormatterV1(fmt='{"extra": {"service": "orders"}}'),
    "logstash-v0": lambda: LogstashFormatter(fmt='{"extra": {"@fields": {"service": "orders"}}}'),
}


def main(schema, log):
    logging.addLevelName(TRACE, "TRACE")
    handler = logging.FileHandler(log, encoding="utf-8")
    handler.setFormatter(FORMATTERS[schema]())
    logger = logging.getLogger("logstash_lines")
    logger.setLevel(TRACE)
    logger.addHandler(handler)

    of_actions = {"order": 17}
    of_levels = dict(of_actions, shares=100, price=3.5, sold=True, user="anna")

    def place(*level):
        return {"task_uuid": TASK, "task_level": list(level)}

    def action(status, *level):
        return dict(place(*level), action_type="sell", action_status=status)

    logger.info("sell started", extra=dict(of_actions, **action("started", 1)))
    for number, level in enumerate(
        [TRACE, logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR], 2
    ):
        logger.log(level, "sold", extra=dict(of_levels, **place(number)))
    logger.info("sell succeeded", extra=dict(of_actions, **action("succeeded", 7)))

    logger.info("sell started", extra=dict(of_actions, **action("started", 1)))
    try:
        int("ten")
    except ValueError as error:
        failed = dict(of_actions, **action("failed", 2), reason=str(error))
        logger.error("sell failed", exc_info=True, extra=failed)

    logger.info("za\u017c\u00f3\u0142\u0107 \U0001f600 \"q\" \\ /\n\x1b", extra=place(1))


main(*sys.argv[1:])
