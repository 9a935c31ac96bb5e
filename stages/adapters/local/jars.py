"""Jars of Maven coordinates: from Maven Central in pure Python, then kept on this machine."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from jgo.maven import Artifact, MavenContext, PythonResolver
from requests import RequestException

from stages.domain.errors import UserError

log = logging.getLogger(__name__)


def classpath(coordinates: list[str]) -> list[Path]:
    """The jars of `coordinates` ("group:artifact:version") and of all that they need to run.

    They are kept where Maven keeps its own (M2_REPO, else ~/.m2/repository); when all are there
    the network is not touched. Raises UserError when one is not and cannot be fetched.
    """
    try:
        return _resolve(MavenContext(resolver=_WholeFiles(), offline=True), coordinates)
    except RuntimeError:  # how jgo says that a file is not on this machine
        log.info("fetching the jars of %s, once for this machine", ", ".join(coordinates))
    try:
        return _resolve(MavenContext(resolver=_WholeFiles()), coordinates)
    except (RequestException, RuntimeError) as error:
        raise UserError(
            f"the jars of {', '.join(coordinates)} are not on this machine and Maven Central did "
            f"not give them ({type(error).__name__}): check the network or proxy and try again"
        ) from error


def _resolve(context: MavenContext, coordinates: list[str]) -> list[Path]:
    wanted = [context.create_dependency(coordinate) for coordinate in coordinates]
    named, needed = context.resolver.resolve(wanted)
    with ThreadPoolExecutor(8) as pool:  # small files: waiting, not bandwidth, takes the time
        return list(pool.map(lambda dependency: dependency.artifact.resolve(), named + needed))


class _WholeFiles(PythonResolver):
    """Renames a download into place, so that a kill never leaves half a jar to be trusted."""

    def download(self, artifact: Artifact) -> Path:
        context, component = artifact.context, artifact.component
        kept = context.repo_cache / component.path_prefix / artifact.cached_filename
        kept.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".fetching-", dir=context.repo_cache) as beside:
            there = MavenContext(repo_cache=Path(beside), remote_repos=context.remote_repos)
            project = there.project(component.groupId, component.artifactId)
            copy = project.at_version(component.resolved_version).artifact(
                artifact.classifier, artifact.packaging
            )
            return copy.resolve().rename(kept)
