"""Rollback: the former champion takes the alias back; its scores are published by `score`."""

import logging

from stages.adapters import registry
from stages.adapters.logs import stage
from stages.domain.errors import UserError
from stages.serving.trial import trial

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Swap the aliases champion and former; nothing moves unless the former loads and scores."""
    client = registry.connect()
    with registry.promoting():
        champion, former = (registry.alias(client, name) for name in ("champion", "former"))
        if former is None or champion is None:
            raise UserError("there is no former champion to go back to: nothing was promoted twice")
        trial(former)
        registry.crown(client, former, champion)
    log.info("version %s is champion again, in place of %s", former.version, champion.version)


if __name__ == "__main__":
    main()
