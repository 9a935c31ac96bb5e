"""Node: the local Cassandra of this checkout, `python -m stages.node up|down|status`."""

import argparse
import os
import sys

from stages.adapters import config
from stages.adapters.local import node, node_state
from stages.adapters.local.listening import answers
from stages.adapters.local.node_config import NodeConfig
from stages.adapters.logs import stage
from stages.adapters.paths import NODE


@stage
def main() -> None:
    """Start, stop or find the node."""
    parser = argparse.ArgumentParser(prog="python -m stages.node", description=__doc__)
    parser.add_argument("what", choices=("up", "down", "status"))
    {"up": _up, "down": _down, "status": _status}[parser.parse_args().what]()


def _up() -> None:
    kind = config.load().store.kind
    if os.environ.get("CASSANDRA_CONTACT_POINTS") or kind != "local":
        print("the cluster of CASSANDRA_CONTACT_POINTS or conf/store is used; none is started here")
        return
    print(f"Cassandra answers at {node.up(NodeConfig(NODE))}")


def _down() -> None:
    print("Cassandra is stopped" if node.down(NODE) else "Cassandra was not running")


def _status() -> None:
    found, log = node_state.find(NODE), NodeConfig(NODE).log
    if found is None:
        print(f"stopped; log {log}")
        sys.exit(1)
    now = f"running at {found.address}" if found.ready else "starting"
    if found.ready and not answers(found.address, encrypted=False):
        now = f"not answering at {found.address} (`make down up` starts it anew)"
    print(f"{now}, process {found.process.pid}, log {log}")


if __name__ == "__main__":
    main()
