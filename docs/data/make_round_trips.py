"""Times requests to an HTTP server on the same machine, one after another, and writes round_trips.npy."""

import time
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

REQUESTS, WARM_UP = 20_000, 1_000


class Answer(BaseHTTPRequestHandler):
    """Answers every request with a hundred bytes."""

    protocol_version = "HTTP/1.1"
    wbufsize = 4096  # header and body leave as one packet
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = bytes(100)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def serve(port: Connection) -> None:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    port.send(server.server_port)
    server.serve_forever()


def round_trip(connection: HTTPConnection) -> int:
    """Return the nanoseconds from a request to the end of its answer."""
    start = time.perf_counter_ns()
    connection.request("GET", "/")
    connection.getresponse().read()
    return time.perf_counter_ns() - start


if __name__ == "__main__":
    here, there = Pipe()
    server = Process(target=serve, args=(there,), daemon=True)
    server.start()
    with closing(HTTPConnection("127.0.0.1", here.recv())) as connection:
        times = [round_trip(connection) for _ in range(WARM_UP + REQUESTS)][WARM_UP:]
    server.terminate()
    np.save(Path(__file__).with_name("round_trips.npy"), np.array(times, dtype=np.uint32))
