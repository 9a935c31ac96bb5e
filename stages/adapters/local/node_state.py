"""The state file of a node's folder, believed only as far as its process lives."""

from pathlib import Path
from typing import NamedTuple

import psutil

from stages.adapters.files import read_json, write_json
from stages.adapters.local.listening import Address
from stages.adapters.local.node_config import identity


class Node(NamedTuple):
    """A living process and what the state file says of it; `ready` once it has answered CQL."""

    process: psutil.Process
    address: Address
    ready: bool


def find(folder: Path) -> Node | None:
    """The node of `folder`, None when it has ended, whatever the state file still says.

    Process ids come round again: only one whose command line names this folder is the node.
    """
    try:
        state = read_json(_file(folder))
        process = psutil.Process(state["pid"])
        if identity(folder) not in process.cmdline():
            return None
    except (FileNotFoundError, psutil.Error):
        return None
    return Node(process, Address(state["host"], state["port"]), state["ready"])


def write(folder: Path, node: Node) -> None:
    """Say in `folder` where its node is."""
    host, port = node.address
    state = {"pid": node.process.pid, "host": host, "port": port, "ready": node.ready}
    write_json(_file(folder), state)


def clear(folder: Path) -> None:
    """Say in `folder` that no node runs. Only for who holds the turn: another may be starting."""
    _file(folder).unlink(missing_ok=True)


def _file(folder: Path) -> Path:
    return folder / "node.json"
