"""The compliance service: tells whether an order may go to the market. It logs by the real Eliot.

usage: compliance.py LOG MARKET

It prints its address, and serves until its standard input ends.
"""
import signal
import sys
import threading

import requests
from eliot import Action, FileDestination, add_destinations, add_global_fields
from eliot import log_message, start_action
from flask import Flask, has_request_context, request
from werkzeug.serving import WSGIRequestHandler, make_server

# What an order may be worth.
LIMIT = 10_000

app = Flask("compliance")


@app.post("/check")
def check():
    # The task of whoever sent the request goes on, at the position that was handed over.
    task_id = request.headers["X-Eliot-Task-Id"]
    with Action.continue_task(task_id=task_id, action_type="check_order") as action:
        order = request.get_json()
        worth = price(order["stock"]) * order["shares"]
        log_message("limit looked up", limit=LIMIT)
        action.add_success_fields(worth=worth)
        return {"allowed": worth <= LIMIT}


def price(stock):
    with start_action(action_type="http_call", path="/price") as action:
        # And this is handed over to the market: a position of its own for each request.
        ids = {"X-Eliot-Task-Id": action.serialize_task_id()}
        if "Correlation-Id" in request.headers:
            ids["Correlation-Id"] = request.headers["Correlation-Id"]
        with requests.Session() as session:
            # For requests on this machine, which no proxy of the environment shall see.
            session.trust_env = False
            url = f"{app.config['market']}/price"
            # No redirection, which would bring the position to two servers.
            answer = session.get(
                url, params={"stock": stock}, headers=ids, timeout=60, allow_redirects=False
            )
        action.add_success_fields(status=answer.status_code)
        answer.raise_for_status()
        return answer.json()["price"]


def lines(log):
    """Gives a destination that shows the correlation id of the request on each of its lines."""
    write = FileDestination(file=open(log, "wb"))

    def shown(message):
        if has_request_context() and "Correlation-Id" in request.headers:
            message = dict(message, correlation_id=request.headers["Correlation-Id"])
        write(message)

    return shown


class Silent(WSGIRequestHandler):
    """Leaves out the development server's own line for each request."""

    def log_request(self, *_):
        pass


def main(log, market):
    # Ctrl-C reaches all processes of a terminal; the one that started this one says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    add_global_fields(service="compliance")
    add_destinations(lines(log))
    app.config["market"] = market

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    # Closing the server awaits the requests that are under way, and so their last lines.
    server.daemon_threads = False
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    print(f"http://127.0.0.1:{server.port}", flush=True)
    sys.stdin.read()
    server.shutdown()
    serving.join()
    server.server_close()


main(*sys.argv[1:])
