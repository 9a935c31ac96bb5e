"""A stage run on a terminal of its own, watched by what its progress bar shows."""

import os
import pty
import re
import subprocess
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

_BAR = re.compile(r"[\r\n](?!check)[^\r\n]* (\d+)/(\d+) \[")  # not that of ingest's check
_PAUSE = 0.002  # seconds between two looks


class Run:
    """A running stage: how far it is, what it wrote, how much memory it took."""

    def __init__(self, stage: str, root: Path, environment: dict[str, str]) -> None:
        self._terminal, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 120))
        # Not psutil's, whose wait says None where poll, in a thread below, saw the end first.
        self.process = subprocess.Popen(
            ["python", "-m", f"stages.{stage}"],
            cwd=root,
            env=environment | {"TQDM_MININTERVAL": "0"},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.text = ""
        self.rows, self.of = 0, 0
        self.peak = 0  # bytes
        self._threads = [threading.Thread(target=f) for f in (self._listen, self._weigh)]
        for thread in self._threads:
            thread.start()

    def at(self, share: float) -> int:
        """Wait until this share of the rows is done; return how many are."""
        while not self.of or self.rows < share * self.of:
            assert self.process.poll() is None, f"it ended before the drill\n{self.text}"
            time.sleep(_PAUSE)
        return self.rows

    def end(self, within: float = 1800) -> int:
        """Wait for the end; return the exit status."""
        try:
            status = self.process.wait(within)
        finally:
            self.process.kill()  # nothing to one that has ended
            for thread in self._threads:
                thread.join()
            os.close(self._terminal)
        return status

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.end()

    def said(self) -> list[str]:
        """The lines of its log, without the bar."""
        return [line for line in re.split(r"[\r\n]+", self.text) if re.match(r"\d\d:\d\d", line)]

    def _listen(self) -> None:
        while True:
            try:
                read = os.read(self._terminal, 1 << 16)
            except OSError:  # nobody writes any more
                return
            self.text += read.decode(errors="replace")
            for rows, of in _BAR.findall(self.text[-400:]):
                self.rows, self.of = int(rows), int(of)

    def _weigh(self) -> None:
        with suppress(psutil.NoSuchProcess):
            weighed = psutil.Process(self.process.pid)
            while self.process.poll() is None:
                self.peak = max(self.peak, weighed.memory_info().rss)
                time.sleep(0.05)
