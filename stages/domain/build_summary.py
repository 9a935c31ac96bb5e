"""What a retrain came to, in one line and in one paragraph."""

from typing import Any


def headline(report: dict[str, Any]) -> str:
    """How good the model is, in one line; `report` is reports/metrics.json."""
    gain = report["gain"]
    if not gain:
        return "nothing to rank: " + "; ".join(report["notes"].values())
    return (
        f"out-of-time Gini {report['holdout']['gini']:.4f}, {abs(gain['gini']):.4f} "
        f"{'above' if gain['gini'] >= 0 else 'BELOW'} {gain['over']}, the better baseline "
        f"[{gain['low']:+.4f}, {gain['high']:+.4f}]"
    )


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
    why = f"Retrained because: {'; '.join(reasons)}." if reasons else "Retrained by hand."
    if version is None:
        return f"{why} No result was tracked; {_champion(champion)}."
    holdout, gain = metrics["holdout"], metrics["gain"] or {}
    figures = (
        f"Gini {_figure(holdout['gini'], '.3f')}, {_figure(gain.get('gini'), '+.3f')} to"
        f" {gain.get('over', 'any baseline')}, bias {_figure(holdout['bias'], '.2f')},"
        f" {metrics['customers']:,} customers"
    )
    stays = f"version {champion} stays" if champion else _champion(champion)
    became = "is champion" if version == champion else f"did not become champion; {stays}"
    return f"{why} Version {version} ({figures}) {became}. Run: {run}"


def _figure(value: float | None, how: str) -> str:
    """A figure; where nobody spent in the holdout there is none."""
    return "not known" if value is None else format(value, how)


def _champion(version: str | None) -> str:
    return f"version {version} is champion" if version else "there is no champion yet"
