"""A Cassandra node on this machine: started, found and ended by its folder."""

import itertools
import logging
import os
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from stages.adapters.files import locked
from stages.adapters.local import node_config, node_state
from stages.adapters.local.jars import classpath
from stages.adapters.local.listening import Address, answers, free_port
from stages.adapters.local.node_config import NodeConfig
from stages.adapters.local.node_state import Node
from stages.domain.errors import UserError

log = logging.getLogger(__name__)

START_SECONDS = 180  # on a busy machine; a process that ends is noticed at once
STOP_SECONDS = 30

# One node at a time starts or stops for this user, so that a port seen free stays free and two
# starts of one folder meet.
_TURN = Path(tempfile.gettempdir()) / f"cassandra-node-{os.getuid()}.lock"


def up(config: NodeConfig) -> Address:
    """Start the node, or find it running; return its address once it answers CQL.

    Raises UserError, naming the log and its last error, when it does not answer in START_SECONDS.
    """
    found = address(config.folder)
    if found and answers(found, _encrypted(config)):
        return found
    jars = classpath([node_config.CASSANDRA])
    with locked(_TURN):
        # A start that was itself killed leaves a node that only has to be waited for.
        node = node_state.find(config.folder) or _launch(config, jars)
        return _ready(config, node)


def down(folder: Path) -> bool:
    """End the node of `folder`; False when none runs. What it has acknowledged is kept."""
    with locked(_TURN):
        node = node_state.find(folder)
        if node:
            _end(node.process)
        node_state.clear(folder)
        return node is not None


def address(folder: Path) -> Address | None:
    """Return where the node of `folder` answers, None when it does not run or is still starting."""
    node = node_state.find(folder)
    return node.address if node and node.ready else None


def _launch(config: NodeConfig, jars: list[Path]) -> Node:
    port = free_port(config.host, config.port)
    storage_port = config.extra.get("storage_port") or free_port(config.host, but=port)
    node_config.write(config, port, storage_port)
    with config.log.open("wb") as output:
        child = subprocess.Popen(
            node_config.command(config, jars),
            cwd=config.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it outlives the terminal
        )
    node = Node(psutil.Process(child.pid), Address(config.host, port), ready=False)
    try:
        node_state.write(config.folder, node)
    except BaseException:  # nobody would find it
        _end(node.process)
        raise
    return node


def _encrypted(config: NodeConfig) -> bool:
    return bool(config.extra.get("client_encryption_options", {}).get("enabled", False))


def _ready(config: NodeConfig, node: Node) -> Address:
    """Wait until the node answers and say so in its folder; end a node that does not."""
    deadline = time.monotonic() + START_SECONDS
    try:
        while not answers(node.address, _encrypted(config)):
            if _ends(node.process, within=0.1) or time.monotonic() > deadline:
                raise UserError(_failure(config))
    except BaseException:  # an interrupt too: nobody is left to wait for it
        _end(node.process)
        node_state.clear(config.folder)
        raise
    node_state.write(config.folder, node._replace(ready=True))
    return node.address


def _ends(process: psutil.Process, within: float) -> bool:
    """Whether the process ends in so many seconds."""
    return bool(psutil.wait_procs([process], within)[0])


def _end(process: psutil.Process) -> None:
    """Ask the process to drain and end; make it end when it does not."""
    try:
        process.terminate()
        if not _ends(process, STOP_SECONDS):
            log.warning("process %d did not end in %d s: killed", process.pid, STOP_SECONDS)
            process.kill()
            process.wait()
    except psutil.NoSuchProcess:
        pass


def _failure(config: NodeConfig) -> str:
    lines = config.log.read_text(errors="replace").splitlines()
    said = "none was written"
    for line, following in itertools.pairwise([*lines, ""]):
        if " ERROR " in line or line.startswith("Error"):
            why = "" if following[:1].isdigit() else following  # not another entry: its cause
            said = f"{line} {why}".strip()
    return f"Cassandra did not start in {config.folder}: see {config.log}; its last error: {said}"
