"""A stage that sends itself a signal at a known place, so that a fault comes at that instant.

`python -m tests.drills.halted SIGNAL PLACE STAGE`, in a project: when PLACE, `module:function`,
is called, or called with the argument of `module:function=argument`, or for the nth time with
`module:function#n`, the signal comes first, once.
"""

import importlib
import os
import runpy
import signal
import sys
from itertools import count
from typing import Any


def halt(number: int, place: str) -> None:
    """Replace the function at `place` by one that first sends this process the signal."""
    counted, _, argument = place.partition("=")
    target, _, nth = counted.partition("#")
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    function = getattr(owner, name)
    calls = count(1)

    def halting(*arguments: Any, **named: Any) -> Any:
        if (not argument or argument in arguments) and next(calls) == int(nth or 1):
            os.kill(os.getpid(), number)
        return function(*arguments, **named)

    setattr(owner, name, halting)


if __name__ == "__main__":
    halt(signal.Signals[sys.argv[1]], sys.argv[2])
    runpy.run_module(f"stages.{sys.argv[3]}", run_name="__main__", alter_sys=True)
