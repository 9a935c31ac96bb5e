"""What processes that were killed left behind: found by their number, and deleted.

Apart from files.py, which goes along with every registered model: that has no psutil.
"""

import atexit
import os
import re
import shutil
from pathlib import Path

import psutil

from stages.adapters.files import HERE

# The names of `own_folder` and of files.replacing; another machine's name may hold this one's.
OURS = re.compile(rf"(?:purchasing-|\..+\.){re.escape(HERE)}-(\d+)(?:\.part)?")


def sweep(folder: Path) -> None:
    """Delete what killed processes of this machine left in `folder`: halves, and their folders."""
    for left in folder.glob(f"*{HERE}-*"):
        ours = OURS.fullmatch(left.name)
        if ours and not psutil.pid_exists(int(ours[1])):
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
