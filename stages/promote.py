"""Promote: the challenger becomes champion, if the gate passes and it loads and scores."""

import logging

from stages.adapters import aliases, config, registry
from stages.adapters.files import locked, write_json
from stages.adapters.logs import stage
from stages.adapters.paths import REPORTS
from stages.domain.errors import UserError
from stages.serving import judgement, registration

log = logging.getLogger(__name__)
PROMOTION = REPORTS / "promotion.json"


@stage
def main() -> None:
    """Move the alias champion to this result's version; reports/promotion.json: over another?

    A version that was rolled back stays where it is, unless FORCE is set in the environment.
    """
    params, client = config.load(), registry.connect()
    with locked(registry.LOCK):  # of two promotions at once, the second waits
        challenger = registration.challenger(client)
        champion = aliases.find(client, "champion")
        write_json(PROMOTION, {"replaced": False})
        if champion is not None and champion.version == challenger.version:
            log.info("version %s is champion already", champion.version)
            return
        own = challenger.tags[registry.CONTENT]
        refused = own in (v.tags.get(registry.CONTENT) for v in aliases.refused(client))
        if refused and not config.forced():
            log.warning(
                "version %s was rolled back and stays so: `make promote FORCE=1` promotes it",
                challenger.version,
            )
            return
        if not judgement.judge(client, challenger, params).passed:
            raise UserError(f"version {challenger.version} stays challenger: the gate did not pass")
        aliases.crown(client, challenger, champion)
        write_json(PROMOTION, {"replaced": champion is not None})
    log.info("version %s is champion", challenger.version)


if __name__ == "__main__":
    main()
