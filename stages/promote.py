"""Promote: the challenger becomes champion, if the gate passes and it loads and scores."""

import logging

from stages.adapters import config, registry
from stages.adapters.files import read_json, write_json
from stages.adapters.logs import stage
from stages.adapters.paths import REPORTS
from stages.domain import gate
from stages.domain.errors import UserError
from stages.serving import registration

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Move the alias champion to this result's version; reports/promotion.json: over another?"""
    tracked = REPORTS / "tracked.json"
    if not tracked.exists():
        raise UserError("nothing to promote: rebuild first with `make run` or `dvc repro`")
    params, client = config.load(), registry.connect()
    key = read_json(tracked)["content"]
    challenger = registry.find(client, key)
    if challenger is None:
        log.warning("the tracking database does not know this result: tracking it again from files")
        challenger = registration.register(client, key)
    client.set_registered_model_alias(registry.NAME, "challenger", challenger.version)
    champion = registry.alias(client, "champion")
    if champion is not None and champion.version == challenger.version:
        write_json(REPORTS / "promotion.json", {"replaced": False})
        log.info("version %s is champion already", champion.version)
        return
    decision = gate.decide(read_json(REPORTS / "metrics.json"), **params.gate)
    for check, passed in decision.checks:
        log.info("%s %s", "pass" if passed else "FAIL", check)
    if not decision.passed:
        raise UserError(f"version {challenger.version} stays challenger: the gate did not pass")
    registration.trial(challenger)
    client.set_registered_model_alias(registry.NAME, "champion", challenger.version)
    write_json(REPORTS / "promotion.json", {"replaced": champion is not None})
    log.info("version %s is champion", challenger.version)


if __name__ == "__main__":
    main()
