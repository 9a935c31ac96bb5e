"""The retrain policy: which reasons there are to train again."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from stages.domain.gate import most_coverage


def reasons(
    champion: Mapping[str, str] | None,
    now: Mapping[str, str],
    made_for: date | None,
    latest: date,
    drift: Mapping[str, Any] | None,
    policy: Mapping[str, Any],
    refused: bool = False,
) -> Iterator[str]:
    """One sentence for each reason that holds.

    `champion` and `now` are digests of data, params and code, the champion's None where there is
    no champion; `made_for` is its as_of, `latest` the as_of that the data allow now; `drift` is
    reports/drift.json, None where nobody looked; `policy` is conf/policy; `refused` says that what
    there is `now` was champion once and was rolled back: made again, it would be no other.
    """
    if champion is None or made_for is None:
        yield "there is no champion yet"
        return
    for what, said in (("data", "new data"), ("params", "configuration"), ("code", "code")):
        if champion.get(what) != now[what] and not refused:
            yield f"{said}: not what the champion was made from"
    age = (latest - made_for).days
    if age > policy["oldest"]:
        yield f"age: the champion was made as of {made_for}, {age} days before the newest data"
    if drift is None:
        return
    for finding in drift["findings"]:
        if finding["fires"]:
            yield f"drift: {finding['sentence']}"
    lowest, highest = policy["coverage"]
    for past in drift["realised"]:  # of the former champion, too: it is not the one to replace
        own = past["version"] == drift["champion"]
        if own and not lowest <= past["coverage"] <= most_coverage(highest, past["zeros"]):
            yield (
                f"coverage: {past['coverage']:.1%} of what came after {past['as_of']} lay in the "
                f"80 % intervals of version {past['version']}"
            )
