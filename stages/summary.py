"""Summary: what the last retrain came to, one paragraph on the standard output."""

from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from stages.adapters import aliases, registry, runs
from stages.adapters.files import read_json
from stages.adapters.logs import stage
from stages.adapters.paths import REPORTS
from stages.domain.build_summary import paragraph


@stage
def main() -> None:
    """Say why it was made, how good it is, who is champion and where its run is."""
    client = registry.connect()
    champion = aliases.find(client, "champion")
    reasons, key = told(REPORTS)
    version = registry.find(client, key) if key else None
    print(
        paragraph(
            reasons,
            read_json(REPORTS / "metrics.json") if version else {},
            str(version.version) if version else None,
            str(champion.version) if champion else None,
            _run(client, version) if version else None,
        )
    )


def told(reports: Path) -> tuple[list[str], str | None]:
    """Why a retrain was asked for, and what identifies the result that was tracked since."""
    tracked, detected = reports / "tracked.json", reports / "detect.json"
    reasons = read_json(detected)["reasons"] if detected.exists() else []
    if not tracked.exists():
        return reasons, None
    # What was tracked before there were these reasons is not what they led to.
    former = reasons and tracked.stat().st_mtime < detected.stat().st_mtime
    return reasons, None if former else read_json(tracked)["content"]


def _run(client: MlflowClient, version: ModelVersion) -> str:
    """The address of the version's run for a browser; its id where no server is used."""
    server = runs.server()
    if server is None:
        return str(version.run_id)
    experiment = client.get_run(str(version.run_id)).info.experiment_id
    return f"{server}/#/experiments/{experiment}/runs/{version.run_id}"


if __name__ == "__main__":
    main()
