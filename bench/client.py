"""HTTP clients that cost little themselves: bare sockets, each asking again when it is answered."""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from stages.domain.errors import UserError


@dataclass(frozen=True)
class Load:
    """What some clients saw."""

    latencies: list[float]  # seconds, of every request
    seconds: float  # from the first request to the last answer

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds


def request(path: str, body: bytes | None = None) -> bytes:
    """A request as it goes over the wire: POST of JSON with a body, GET without."""
    begin = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if body is not None:
        begin += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return begin.encode() + b"\r\n" + (body or b"")


def ask(port: int, wire: bytes, clients: int, seconds: float, least: int) -> Load:
    """Ask for `seconds` and at least `least` times a client; UserError unless all goes well."""
    latencies: list[list[float]] = [[] for _ in range(clients)]
    failed: list[str] = []

    def client(mine: list[float]) -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                until = time.perf_counter() + seconds
                while len(mine) < least or time.perf_counter() < until:
                    began = time.perf_counter()
                    connection.sendall(wire)
                    _receive(connection)
                    mine.append(time.perf_counter() - began)
        except (OSError, UserError) as error:
            failed.append(str(error))

    threads = [threading.Thread(target=client, args=[mine]) for mine in latencies]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise UserError(f"a request failed: {failed[0]}")
    return Load([each for mine in latencies for each in mine], time.perf_counter() - began)


def percentile(latencies: Sequence[float], share: float) -> float:
    """Milliseconds within which a share of the answers came."""
    return sorted(latencies)[min(len(latencies) - 1, int(share * len(latencies)))] * 1000


def _receive(connection: socket.socket) -> None:
    """Read one answer to its end; UserError unless it is 200 and says how long it is."""
    received = _some(connection)
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    sizes = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
    if b" 200 " not in lines[0] or not sizes:
        raise UserError(lines[0].decode())
    left = sizes[0] - len(body)
    while left > 0:
        left -= len(_some(connection))


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(262_144)
    if not received:
        raise ConnectionError("the server closed the connection before its answer was whole")
    return received
