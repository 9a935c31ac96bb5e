"""Whose rows a keyspace holds, and how far a load has come: its table of settings."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from cassandra.cluster import Session

from stages.adapters.store.keyspace import SETTINGS, qualified
from stages.adapters.store.retry import patiently
from stages.domain.errors import UserError

_SOURCE = "source"  # the setting that names the source whose rows these are
_LOADED = "loaded"  # the setting that names what was loaded last, whole
_LOADING = "loading"  # the setting that names what is being loaded, and how far


@dataclass(frozen=True)
class Origin:
    """Where rows come from: a source's name, its files, and the settings that decide its rows."""

    name: str
    files: list[str]
    settings: dict[str, Any]


FEED = Origin("a feed of your own", [], {})  # of a keyspace that no source is loaded into


def fed(session: Session, keyspace: str) -> bool:
    """Whether the keyspace is that of a feed."""
    written = _setting(session, keyspace, _SOURCE)
    return written is not None and json.loads(written)["name"] == FEED.name


def claim(session: Session, keyspace: str, mine: Origin) -> None:
    """Make the keyspace that of this origin, once `admit` has let it in."""
    _set(session, keyspace, _SOURCE, json.dumps(asdict(mine)))


def admit(session: Session, keyspace: str, mine: Origin) -> None:
    """UserError where the keyspace's rows came from elsewhere, or were read in another way.

    The two would mix for good. Files may grow and others may join them; a source without files is
    known by its name.
    """
    written = _setting(session, keyspace, _SOURCE) or "{}"
    known = Origin(**{**asdict(mine), **json.loads(written)})
    if known.name != mine.name or not set(known.files) <= set(mine.files):
        theirs = " ".join([known.name, *known.files[:1]])
        more = f" and {len(known.files) - 1} more" if known.files[1:] else ""
        raise UserError(
            f"keyspace {keyspace} holds the source {theirs}{more}, with which this one would mix:"
            " choose another store.keyspace, or give a source.path that matches those files, too"
        )
    other = [f"source.{k}" for k, v in mine.settings.items() if v != known.settings.get(k)]
    if other:
        raise UserError(
            f"keyspace {keyspace} holds {mine.name} as read with another {', '.join(other)}, with"
            " which this would mix: choose another store.keyspace"
        )


def loaded(session: Session, keyspace: str) -> str | None:
    """The fingerprint of the source that was last loaded whole; None where there is none."""
    return _setting(session, keyspace, _LOADED)


def remember(session: Session, keyspace: str, fingerprint: str) -> None:
    """Write down that a source was loaded whole."""
    _set(session, keyspace, _LOADED, fingerprint)


def begun(session: Session, keyspace: str, fingerprint: str) -> int:
    """How many of this source's draft tables an interrupted load has written whole."""
    mark, _, tables = (_setting(session, keyspace, _LOADING) or "").partition(" ")
    return int(tables) if mark == fingerprint else 0


def advance(session: Session, keyspace: str, fingerprint: str, tables: int) -> None:
    """Write down how many draft tables are written; 0 lets the next load write all of them."""
    _set(session, keyspace, _LOADING, f"{fingerprint} {tables}")


def _setting(session: Session, keyspace: str, name: str) -> str | None:
    select = f"SELECT value FROM {qualified(keyspace, SETTINGS.name)} WHERE name = %s"
    row = patiently(lambda: session.execute(select, [name]).one())
    return row[0] if row else None


def _set(session: Session, keyspace: str, name: str, value: str) -> None:
    insert = f"INSERT INTO {qualified(keyspace, SETTINGS.name)} (name, value) VALUES (%s, %s)"
    patiently(lambda: session.execute(insert, [name, value]))
