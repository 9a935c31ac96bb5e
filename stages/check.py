"""Check: a dry run of ingest, which shows what would be refused and where, and writes nothing."""

import logging
from datetime import UTC, datetime

from stages.adapters import config, sources
from stages.adapters.logs import stage
from stages.domain.contract import split
from stages.domain.errors import UserError

log = logging.getLogger(__name__)
SHOWN = 10


@stage
def main() -> None:
    """Count what the contract accepts and refuses; name the first lines that it refuses."""
    group = config.load().source
    good, bad, problems = 0, 0, []
    for draft in sources.module(group.name).transactions(group):
        accepted, rejected = split(draft, datetime.now(UTC))
        good, bad = good + accepted.num_rows, bad + rejected.num_rows
        if "line" in rejected.column_names:
            problems += rejected.select(["line", "reason"]).to_pylist()
    for problem in sorted(problems, key=lambda p: p["line"])[:SHOWN]:
        log.warning("line %d: %s", problem["line"], problem["reason"])
    log.info("%s rows would be loaded, %s refused", f"{good:,}", f"{bad:,}")
    if not good:
        raise UserError("no row would be loaded: correct the mapping in source.columns")


if __name__ == "__main__":
    main()
