"""Takes part in a task that goes through several processes.

usage: relay.py LOG first         begins a task, hands it on and prints its id
       relay.py LOG between ID    continues it, hands it on and prints its id
       relay.py LOG last ID       continues and ends it
"""
import sys

from eliot import Action, log_message, start_action, to_file


def main(log, place, task_id=None):
    to_file(open(log, "ab"))
    if place == "first":
        action = start_action(action_type="python:relay", place=place)
    else:
        action = Action.continue_task(task_id=task_id, place=place)
    with action:
        with start_action(action_type="python:work") as work:
            log_message("python:working", at=1)
            work.add_success_fields(done=True)
        if place != "last":
            print(action.serialize_task_id().decode("ascii"))
            log_message("python:handed-on")


main(*sys.argv[1:])
