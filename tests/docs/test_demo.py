"""The demo's script can be played, and what is in docs/demo was made from it."""

import re

import yaml
from pymediainfo import MediaInfo

from demo import film
from demo.__main__ import OUT, SCENES
from demo.place import READY
from stages.adapters.paths import ROOT

SCENES_OF_THE_DEMO = yaml.safe_load(SCENES.read_text())["scenes"]
STEPS = [step for scene in SCENES_OF_THE_DEMO for step in scene["steps"]]
ACTIONS = {"scroll", "fill", "click", "press", "wait"}


def test_a_step_says_something_and_shows_a_card_a_command_or_a_page():
    for step in STEPS:
        assert step.keys() <= {"say", "card", "run", "page", "at", "do", "needs"}
        assert step["say"]
        assert {"card", "run", "page", "do"} & step.keys()
        assert {*step.get("needs", []), step.get("page", "ui")} <= READY.keys()
        assert {verb for action in step.get("do", []) for verb in action} <= ACTIONS


def test_every_command_of_make_is_one_that_there_is():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {t for step in STEPS for t in re.findall(r"make ([a-z-]+)", step.get("run", ""))}
    assert asked
    assert asked <= targets


def test_the_transcript_is_that_of_the_scenes():
    transcript = (OUT / "transcript.md").read_text()
    assert re.findall(r"^## [\d:]+ (.+)$", transcript, re.MULTILINE) == [
        scene["title"] for scene in SCENES_OF_THE_DEMO
    ]
    for step in STEPS:
        assert " ".join(step["say"].split()) in transcript
        assert step.get("run", "").strip() in transcript


def test_a_sentence_without_a_voice_is_silence_as_long_as_it_takes_to_read(tmp_path, monkeypatch):
    monkeypatch.setattr(film, "tool", lambda name, needed=False: None)
    first, second = film.Voice(tmp_path, {}).say("A bank. It has customers.")
    assert (first.text, second.text) == ("A bank.", "It has customers.")
    assert second.seconds > first.seconds > 1
    assert set(second.samples) == {0}


def test_what_is_seen_lasts_through_most_of_what_is_said():
    class Frame:
        seconds = 1.0

    long = film.Take("a", None, [film.Sentence("x", 4.0 - film.PAUSE, b"")], [Frame(), Frame()])
    assert long.pace == 1.5
    assert long.seconds == 4.0 + film.LINGER
    assert film.Take("a", None, [], [Frame()]).seconds == 1.0 + film.LINGER


def test_the_video_is_five_to_eight_minutes_of_h264_that_can_be_read():
    video = OUT / "demo.mp4"
    assert video.stat().st_size < 12_000_000
    picture = MediaInfo.parse(video).video_tracks[0]
    assert (picture.format, picture.width, picture.height) == ("AVC", 1280, 720)  # H.264
    assert 300_000 <= float(picture.duration) <= 480_000
