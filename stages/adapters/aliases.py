"""Who is champion, who was before, and who was rolled back: aliases and tags of the registry."""

import mlflow
from mlflow.entities.model_registry import ModelVersion

from stages.adapters.registry import CONTENT, NAME
from stages.adapters.registry import version as registered

REFUSED = "refused"  # tag of a version that was rolled back: it is not promoted again by itself
FORMER = "former"  # tag of a version that became champion: those before it, the last one first
REMEMBERED = 50  # of them


def find(client: mlflow.MlflowClient, name: str) -> ModelVersion | None:
    """The version that an alias names, or None."""
    number = numbers(client).get(name)
    return client.get_model_version(NAME, number) if number else None


def numbers(client: mlflow.MlflowClient) -> dict[str, str]:
    """The number of the version that each alias names."""
    models = client.search_registered_models(f"name = '{NAME}'")
    return {name: str(number) for name, number in models[0].aliases.items()} if models else {}


def crown(
    client: mlflow.MlflowClient, version: ModelVersion, replaced: ModelVersion | None
) -> None:
    """Move the alias champion to `version`, which remembers `replaced`, the champion until now.

    It remembers those before it, too, so that a version that is champion for a second time does
    not forget the way back. Where `replaced` was the same result, registered before its files were
    lost, it is left out. The alias moves last and at once: whatever interrupts, it and the tag fit.
    """
    if replaced is not None:
        same = replaced.tags.get(CONTENT) == version.tags.get(CONTENT)
        before = [] if same else [str(replaced.version)]
        before += way_back(replaced)
        if before:
            way = " ".join(before[:REMEMBERED])
            client.set_model_version_tag(NAME, version.version, FORMER, way)
    for other in refused(client):
        if other.tags.get(CONTENT) == version.tags.get(CONTENT):
            client.delete_model_version_tag(NAME, other.version, REFUSED)
    client.set_registered_model_alias(NAME, "champion", version.version)


def refused(client: mlflow.MlflowClient) -> list[ModelVersion]:
    """The versions that were rolled back."""
    return list(client.search_model_versions(f"name = '{NAME}' and tags.{REFUSED} = 'rolled back'"))


def former(client: mlflow.MlflowClient, champion: ModelVersion) -> ModelVersion | None:
    """The champion before `champion`, or None."""
    before = way_back(champion)
    return registered(client, before[0]) if before else None


def way_back(champion: ModelVersion) -> list[str]:
    """The numbers of the champions before `champion`, the last one first."""
    return champion.tags.get(FORMER, "").split()


def step_back(client: mlflow.MlflowClient, champion: ModelVersion, former: ModelVersion) -> None:
    """Move the alias from `champion` to `former`, which remembers those that were before it."""
    client.set_model_version_tag(NAME, champion.version, REFUSED, "rolled back")
    before = way_back(champion)
    before = before[before.index(str(former.version)) + 1 :]
    client.set_model_version_tag(NAME, former.version, FORMER, " ".join(before))
    crown(client, former, None)
