"""`make demo`: play scenes.yaml on a copy of this checkout, and write docs/demo/.

The copy has its own Cassandra node, tracking database and ports, and goes when it is done. Every
command really runs and every page is the product's; nothing shown is made up, only shortened.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from demo import film, place
from demo.camera import Camera
from stages.adapters.paths import ROOT
from tests.browser import site

SCENES = Path(__file__).parent / "scenes.yaml"
OUT = ROOT / "docs" / "demo"


def main() -> None:
    """Play each step while its sentences are spoken; then cut the film."""
    script = yaml.safe_load(SCENES.read_text())
    with (
        TemporaryDirectory(prefix="demo-") as folder,
        place.prepared(Path(folder) / "checkout") as where,
        site.chromium() as browser,
        site.session(browser, film.WIDTH) as context,
    ):
        reel = Path(folder) / "reel"
        reel.mkdir()
        voice = film.Voice(reel, script["spoken"])
        camera = Camera(context, reel)
        takes = []
        for scene in script["scenes"]:
            print(scene["title"], flush=True)
            card = camera.play({"card": [scene["title"]]}, where)
            takes.append(film.Take(scene["title"], None, [], card))
            for step in scene["steps"]:
                said = voice.say(step["say"])
                frames = camera.play(step, where)
                takes.append(film.Take(scene["title"], step.get("run"), said, frames))
        film.cut(takes, OUT, reel)


if __name__ == "__main__":
    main()
