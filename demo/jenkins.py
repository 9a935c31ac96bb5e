"""A build of the Jenkinsfile in this folder, on Jenkins' own Groovy and CPS engine, and its log.

`python -m demo.jenkins`. No Jenkins controller: tests/jenkins/harness stands in for one. The tests'
stage runs those of the gate alone here; the endpoint is that of SERVE_URL.
"""

import os
import sys
from pathlib import Path

from tests.jenkins.controller import Controller


def main() -> None:
    """Build; the exit code says how it ended."""
    few = {"PYTEST_ADDOPTS": "tests/domain/test_gate.py", "CASSANDRA_USERNAME": "purchasing"}
    controller = Controller()
    try:
        done = controller.build(Path.cwd(), dict(os.environ) | few, cause="Started by timer")
    finally:
        controller.stop()
    print(done.log)
    print("\n".join(done.errors))
    for name, status in done.stages.items():
        print(f"{name:<16}{status}")
    print(f"{done.result}: {done.description}")
    sys.exit(done.result != "SUCCESS")


if __name__ == "__main__":
    main()
