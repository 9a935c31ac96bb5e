"""Where a node listens: a port that is free, and whether Cassandra answers there."""

import random
import socket
import ssl
from typing import NamedTuple

from stages.domain.errors import UserError

OPTIONS = bytes.fromhex("04 00 0000 05 00000000")  # CQL protocol v4: "what do you support?"
SUPPORTED = 0x06  # and its answer's opcode
TRIES = 9


class Address(NamedTuple):
    """Where clients connect."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def free_port(host: str, preferred: int = 0, but: int = 0) -> int:
    """Return `preferred` when nobody listens there on `host`, else some free port `but` that one.

    It is below those that systems give to clients: none can take it before its server listens.
    """
    others = random.sample(range(20_000, 32_000), TRIES)
    for port in [preferred, *others] if preferred else others:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the node will do
            try:
                probe.bind((host, port))
            except OSError:
                continue
            if port != but:
                return port
    raise UserError(f"no port is free on {host}: is it an address of this machine?")


def answers(where: Address, encrypted: bool) -> bool:
    """Whether CQL is spoken there; where it is encrypted, whether TLS is."""
    try:
        with socket.create_connection(where, timeout=2) as plain:
            if encrypted:
                trusting = ssl.create_default_context()
                trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
                with trusting.wrap_socket(plain):
                    return True
            plain.sendall(OPTIONS)
            return plain.recv(9)[4:5] == bytes([SUPPORTED])
    except OSError:
        return False
