"""Configuration: conf/ composed into params.yaml by Hydra, which the stages read."""

import hashlib
import os
from datetime import date

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from stages.adapters.files import replacing
from stages.adapters.paths import CONF, PARAMS
from stages.domain.errors import UserError
from stages.domain.spec import Spec
from stages.domain.tables import KINDS


def compose(overrides: list[str]) -> None:
    """Compose conf/config.yaml with `overrides` into params.yaml, just as `dvc exp run -S` does."""
    from dvc.utils.hydra import compose_and_dump  # here alone: it takes as long as a whole stage
    from hydra.errors import HydraException

    try:
        with replacing(PARAMS) as beside:
            as_yaml = beside.with_suffix(".yaml")  # DVC chooses the format by the ending
            readable = [_readable(override) for override in overrides]
            compose_and_dump(str(as_yaml), str(CONF), None, "config", None, readable)
            as_yaml.replace(beside)
    except (HydraException, OmegaConfBaseException) as error:
        given, cause = " ".join(overrides), str(error).splitlines()[0]
        raise UserError(f'SET="{given}": {cause} (see conf/ for what exists)') from error


def _readable(override: str) -> str:
    """`override`, its value quoted where Hydra's grammar has no place for it: `;`, `Stück`, `a, b`.

    A shell has taken the user's own quotes away.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    key, _, value = override.partition("=")
    try:
        if not OverridesParser.create().parse_override(override).is_sweep_override():
            return override
    except HydraException:
        pass
    return f"{key}='{value.replace(chr(39), chr(92) + chr(39))}'"


def load() -> DictConfig:
    """Read params.yaml; where it leaves the keyspace open, there is one for each source."""
    if not PARAMS.exists():
        raise UserError("params.yaml is missing: make it with `make params`")
    config = OmegaConf.load(PARAMS)
    assert isinstance(config, DictConfig)
    if config.store.keyspace is None:
        config.store.keyspace = _keyspace(config.source)
    return config


def _keyspace(source: DictConfig) -> str:
    """purchasing_NAME, and a digest of the source's settings where it has any.

    Another file, or the same one mapped otherwise, is other data: in one keyspace the two would
    mix for good.
    """
    if list(source) == ["name"]:
        return f"purchasing_{source.name}"
    settings = OmegaConf.to_yaml(source, sort_keys=True).encode()
    return f"purchasing_{source.name}_{hashlib.sha256(settings).hexdigest()[:8]}"


def forced() -> bool:
    """Whether FORCE is set: to do what is refused otherwise."""
    return os.environ.get("FORCE") in ("1", "true")  # the second: a checked box of Jenkins


def day(config: DictConfig, name: str) -> date | None:
    """The date under `name` (as_of, cutoff), None where it is left to the data."""
    try:
        return None if config[name] is None else date.fromisoformat(str(config[name]))
    except ValueError as error:
        raise UserError(f"{name}={config[name]}: give a date as YYYY-MM-DD") from error


def spec(config: DictConfig) -> Spec:
    """What the configuration says about features; UserError where it makes no sense."""
    if not isinstance(config.horizon, int) or config.horizon < 1:
        raise UserError(f"horizon={config.horizon}: give a whole number of days, 1 or more")
    features, kinds = config.features, tuple(config.target.kinds)
    if not kinds or not set(kinds) <= set(KINDS):
        raise UserError(f"target.kinds={list(kinds)}: give some of {', '.join(KINDS)}")
    for name, given in features.items():  # a number of days, or several
        days = given if isinstance(given, ListConfig) else [given]
        if not all(isinstance(day, int) and day > 0 for day in days):
            raise UserError(f"features.{name}={given}: give whole numbers of days above 0")
    return Spec(
        horizon=config.horizon,
        windows=tuple(features.windows),
        half_lives=tuple(features.half_lives),
        shortest_tenure=features.shortest_tenure,
        kinds=kinds,
    )
