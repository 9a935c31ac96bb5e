"""What processes that were killed left behind: found by their number, and deleted.

Apart from files.py, which goes along with every registered model: that has no psutil.
"""

import atexit
import os
import shutil
from pathlib import Path

import psutil

from stages.adapters.files import HERE


def sweep(folder: Path) -> None:
    """Delete what killed processes of this machine left in `folder`: halves, and their folders."""
    for left in folder.glob(f"*{HERE}-*"):
        process = left.name.removesuffix(".part").rpartition("-")[2]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def own_folder(parent: Path) -> Path:
    """A folder of this process in `parent`, gone with it; what killed ones left goes now."""
    sweep(parent)
    own = parent / f"purchasing-{HERE}-{os.getpid()}"
    own.mkdir(parents=True, exist_ok=True)
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own
