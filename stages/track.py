"""Track: the result becomes an MLflow run and a registered version, the challenger."""

from stages.adapters import registry
from stages.adapters.files import write_json
from stages.adapters.logs import stage
from stages.adapters.paths import REPORTS
from stages.serving import registration


@stage
def main() -> None:
    """Find or log the run of this content; write reports/tracked.json."""
    client = registry.connect()
    key = registration.content()
    version = registration.register(client, key)
    client.set_registered_model_alias(registry.NAME, "challenger", version.version)
    made = registration.made_from() | registration.result()
    write_json(REPORTS / "tracked.json", {"content": key} | made)


if __name__ == "__main__":
    main()
