"""What a retrain came to, in one paragraph."""

from typing import Any


def paragraph(
    reasons: list[str],
    metrics: dict[str, Any],
    version: str | None,
    champion: str | None,
    run: str | None,
) -> str:
    """Why it was made, how good `version` is, who is champion, where the MLflow `run` is.

    `metrics` is reports/metrics.json; `version` is None where no result was tracked.
    """
    why = f"Retrained because: {'; '.join(reasons)}." if reasons else "Retrained without a reason."
    if version is None:
        return f"{why} No result was tracked; {_champion(champion)}."
    gain = metrics["gain"]
    figures = (
        f"Gini {metrics['holdout']['gini']:.3f}, {gain['gini']:+.3f} to {gain['over']}, "
        f"bias {metrics['holdout']['bias']:.2f}, {metrics['customers']:,} customers"
    )
    became = "is champion" if version == champion else f"is not; {_champion(champion)}"
    return f"{why} Version {version} ({figures}) {became}. Run: {run}"


def _champion(version: str | None) -> str:
    return f"version {version} is champion" if version else "there is no champion yet"
