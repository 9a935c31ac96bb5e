"""From pictures and sentences to docs/demo: demo.mp4 with captions, demo.srt, transcript.md.

Sentences are spoken by espeak-ng where it is; without it the film has captions alone.
"""

import os
import re
import shutil
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.camera import Frame

WIDTH, HEIGHT, STRIP = 1280, 612, 108  # the picture, and the captions' strip below it
RATE, PAUSE, LINGER = 22050, 0.35, 0.5  # samples a second; seconds after a sentence, after a step
SLOWEST = 4.0
LOOK = (
    "FontName=DejaVu Sans,FontSize=13,PrimaryColour=&H00FFFFFF,BorderStyle=1,Outline=0,Shadow=0,"
    "Alignment=2,MarginV=9,MarginL=14,MarginR=14"
)


@dataclass(frozen=True)
class Sentence:
    """A sentence, how long it is said, and its samples; without a voice silence."""

    text: str
    seconds: float
    samples: bytes


@dataclass(frozen=True)
class Take:
    """A step of a scene: what is said, and what is seen meanwhile."""

    scene: str
    command: str | None
    said: Sequence[Sentence]
    frames: Sequence["Frame"]

    @property
    def seconds(self) -> float:
        """As long as what is said and what is seen, whichever is longer."""
        return max(self._spoken, self._seen) + LINGER

    @property
    def pace(self) -> float:
        """By how much what is seen is slowed down, to last through most of what is said."""
        return min(max(1.0, 0.75 * self._spoken / self._seen), SLOWEST)

    @property
    def _spoken(self) -> float:
        return sum(s.seconds + PAUSE for s in self.said)

    @property
    def _seen(self) -> float:
        return sum(f.seconds for f in self.frames)


class Voice:
    """Speaks; `spoken` says how a word is pronounced."""

    def __init__(self, folder: Path, spoken: dict[str, str]) -> None:
        self._file, self._spoken = folder / "sentence.wav", spoken
        self._there = bool(tool("espeak-ng"))
        if not self._there:
            print("captions alone: for a voice, apt-get install espeak-ng", flush=True)
        tool("ffmpeg", needed=True)

    def say(self, text: str) -> list[Sentence]:
        """Each sentence of `text`."""
        return [self._say(part) for part in re.split(r"(?<=[.?!:])\s+", text.strip())]

    def _say(self, text: str) -> Sentence:
        if not self._there:
            seconds = 1 + len(text) / 14
            return Sentence(text, seconds, b"\0\0" * round(RATE * seconds))
        said = text
        for word, sound in self._spoken.items():
            said = said.replace(word, sound)
        command = ["espeak-ng", "-v", "en-gb", "-s", "158", "-g", "2", "-w", str(self._file), said]
        subprocess.run(command, check=True)
        with wave.open(str(self._file)) as spoken:
            assert spoken.getframerate() == RATE
            samples = spoken.readframes(spoken.getnframes())
        return Sentence(text, len(samples) / 2 / RATE, samples)


def tool(name: str, needed: bool = False) -> str | None:
    """Where a program of Debian's is, installed where it is absent and that is allowed."""
    if shutil.which(name) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for step in (["update"], ["install", "--yes", "--no-install-recommends", name]):
            subprocess.run(["apt-get", "--quiet", *step], check=False, stdout=subprocess.DEVNULL)
    found = shutil.which(name)
    assert found or not needed, f"{name} is not installed: apt-get install {name}"
    return found


def cut(takes: Sequence[Take], out: Path, folder: Path) -> None:
    """Write the film, its captions and its transcript to `out`; `folder` holds what it needs."""
    out.mkdir(parents=True, exist_ok=True)
    pictures, sound, now, scene = ["ffconcat version 1.0"], bytearray(), 0.0, ""
    cues: list[str] = []
    text: list[str] = []
    for take in takes:
        left, start = take.seconds, now
        if take.scene != scene:
            scene = take.scene
            text.append(f"\n## {_clock(now)} {scene}\n")
        for frame in take.frames[:-1]:
            shown = frame.seconds * take.pace
            pictures.append(f"file '{frame.file}'\nduration {shown:.3f}")
            left -= shown
        pictures.append(f"file '{take.frames[-1].file}'\nduration {left:.3f}")
        for sentence in take.said:
            end = start + sentence.seconds + PAUSE
            cues.append(f"{len(cues) + 1}\n{_stamp(start)} --> {_stamp(end)}\n{sentence.text}\n")
            sound += b"\0\0" * (round(start * RATE) - len(sound) // 2) + sentence.samples
            start = end
        text += [" ".join(s.text for s in take.said) + "\n"] if take.said else []
        if take.command:
            text.append(f"```\n{take.command.strip()}\n```\n")
        now += take.seconds
    sound += b"\0\0" * (round(now * RATE) - len(sound) // 2)
    (folder / "pictures.txt").write_text(
        "\n".join([*pictures, f"file '{takes[-1].frames[-1].file}'"])
    )
    (folder / "demo.srt").write_text("\n".join(cues))
    with wave.open(str(folder / "sound.wav"), "wb") as track:
        track.setparams((1, 2, RATE, 0, "NONE", ""))
        track.writeframes(bytes(sound))
    _encode(folder, out / "demo.mp4")
    shutil.copy(folder / "demo.srt", out / "demo.srt")
    (out / "transcript.md").write_text(HEAD + "\n".join(text))


def _encode(folder: Path, film: Path) -> None:
    picture = f"fps=10,pad={WIDTH}:{HEIGHT + STRIP}:0:0:color=0x0b1622,subtitles=demo.srt"
    command = [
        *("ffmpeg", "-y", "-loglevel", "error", "-f", "concat", "-safe", "0"),
        *("-i", "pictures.txt", "-i", "sound.wav", "-vf", f"{picture}:force_style='{LOOK}'"),
        *("-c:v", "libx264", "-preset", "medium", "-crf", "24", "-tune", "stillimage"),
        *("-g", "300", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "48k", "-shortest"),
        *("-map_metadata", "-1", "-movflags", "+faststart", str(film.resolve())),
    ]
    subprocess.run(command, cwd=folder, check=True)


def _stamp(seconds: float) -> str:
    milli = round(1000 * seconds)
    minutes, rest = divmod(milli, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02},{rest % 1000:03}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


HEAD = """# Demo

Recorded by `make demo`, which plays `demo/scenes.yaml` on a fresh copy of the checkout, with its
own Cassandra node: every command really ran, every page is the product's. Waiting is cut.

<video controls preload="none" width="100%" src="demo.mp4"></video>

What is said, and the commands that are run:
"""
