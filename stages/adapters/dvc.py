"""What DVC knows of the data."""

import yaml

from stages.adapters.paths import DVC_LOCK
from stages.domain.errors import UserError


def data_version() -> str:
    """DVC's hash of data/raw: the same data, the same version, on every machine."""
    if not DVC_LOCK.exists():
        raise UserError("dvc.lock is missing: rebuild with `dvc repro`")
    outs = yaml.safe_load(DVC_LOCK.read_text())["stages"]["extract"]["outs"]
    return str(outs[0]["md5"])
