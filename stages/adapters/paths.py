"""Where everything lies in the checkout; dvc.yaml names the same places."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# `dvc exp run --temp` and queued experiments work in a copy below .dvc/tmp/exps; what is
# shared between experiments (the node, the tracking database) stays with the checkout itself.
HOME = Path(str(ROOT).partition("/.dvc/tmp/exps/")[0])

CONF = ROOT / "conf"
PARAMS = ROOT / "params.yaml"
PIPELINE = ROOT / "dvc.yaml"
DVC_LOCK = ROOT / "dvc.lock"
NODE = HOME / ".cassandra"
LOGS = HOME / "logs"

DATA = ROOT / "data"
RAW = DATA / "raw"
REJECTS = DATA / "rejects"
DRAFTS = DATA / ".drafts"  # of sources that are being read
PROCESSED = DATA / "processed"
SCORES = DATA / "scores"
SCORED = SCORES / "scores.parquet"
SCORING = SCORES / ".scoring"  # under way
REASONS = SCORES / "reasons.parquet"
MODELS = ROOT / "models"
REPORTS = ROOT / "reports"
SEGMENTS = REPORTS / "segments.json"
CHAMPION = REPORTS / "champion.json"
