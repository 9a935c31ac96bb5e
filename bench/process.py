"""One measured process: how long it took, how much memory it held at most, what it said."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from stages.domain.errors import UserError


@dataclass(frozen=True)
class Ran:
    """A process that has ended well."""

    seconds: float  # from start to end, all included
    worked: float  # processor seconds, of all cores together
    peak_mb: float  # its own ru_maxrss; Linux counts what its parent held at the start, too
    output: str  # what it wrote to its standard output


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Ran:
    """Run a command in `folder` to its end; UserError, with its last words, if it fails."""
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=output, stderr=errors
        )
        try:
            _, status, used = os.wait4(child.pid, 0)
        except BaseException:  # an interrupt: the child does not outlive the benchmark
            child.kill()
            raise
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        if child.returncode:
            errors.seek(0)
            last = errors.read()[-2000:]
            raise UserError(f"{command[0]} ended with {child.returncode}: {last}")
        worked = used.ru_utime + used.ru_stime
        return Ran(seconds, worked, used.ru_maxrss / 1024, output.read())
