"""Detect: is there a reason to train again? Exit 0 with the reasons, 3 where there is none."""

import logging
import sys

from stages.adapters import aliases, config, engine, raw, registry
from stages.adapters.batch import written
from stages.adapters.files import read_json, write_json
from stages.adapters.logs import stage
from stages.adapters.paths import REPORTS, SCORING
from stages.domain import cutoffs, policy
from stages.serving import registration

log = logging.getLogger(__name__)
NOTHING = 3  # the exit code that says: nothing to do


@stage
def main() -> None:
    """Write reports/detect.json; data/raw must be up to date (`dvc repro extract`)."""
    params, client = config.load(), registry.connect()
    champion = aliases.find(client, "champion")
    tags, made_for = (champion.tags, registry.model(champion).as_of) if champion else (None, None)
    backend = engine.connect(**params.engine)
    history = cutoffs.history(backend, engine.read(backend, raw.TRANSACTIONS))
    seen = REPORTS / "drift.json"
    drift = read_json(seen) if seen.exists() else None
    if champion is None or (drift and drift["champion"] != str(champion.version)):
        drift = None  # of another champion
    now = registration.made_from()
    refused = any(v.tags.items() >= now.items() for v in aliases.refused(client))
    if refused:
        log.info("a version made from these data, parameters and code was rolled back")
    fired = list(policy.reasons(tags, now, made_for, history.latest, drift, params.policy, refused))
    there = written()
    if champion and (
        SCORING.exists() or (there and there["model_version"] != str(champion.version))
    ):
        fired.append("scores: those published last from here are not all the champion's")
    write_json(REPORTS / "detect.json", {"retrain": bool(fired), "reasons": fired})
    for reason in fired or ["nothing has changed"]:
        log.info("%s", reason)
    if not fired:
        sys.exit(NOTHING)


if __name__ == "__main__":
    main()
