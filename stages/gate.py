"""Gate: judge the challenger against the baselines and the champion; no alias moves."""

import logging

from stages.adapters import config, registry
from stages.adapters.logs import stage
from stages.domain.errors import UserError
from stages.serving import judgement, registration

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write reports/gate.json; UserError where the challenger does not pass."""
    client = registry.connect()
    challenger = registration.challenger(client)
    if not judgement.judge(client, challenger, config.load()).passed:
        raise UserError(f"version {challenger.version} does not pass the gate")
    log.info("version %s passes the gate", challenger.version)


if __name__ == "__main__":
    main()
