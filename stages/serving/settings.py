"""How the endpoint is run: from the environment, where a deployment and its secrets have it."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from stages.domain.errors import UserError


@dataclass(frozen=True)
class Settings:
    """Each is the environment's SERVE_ and the name in capitals."""

    host: str = "127.0.0.1"
    port: int = 5001
    workers: int = 1  # processes; each counts its own rate
    api_key: str = ""  # asked for in X-API-Key or as a bearer token; needed beyond loopback
    rate: float = 1000  # requests a second of one client, on average; 0: any
    most_bytes: int = 32 * 2**20  # of a request's body
    seconds: float = 30  # for a client to send a request, and for MLflow's app to answer it
    poll: float = 2  # seconds between two looks at the alias and at the published scores

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read them; UserError where one is no number, or a key is needed and there is none."""
        given = {}
        for name, kind in cls.__annotations__.items():
            text = environment.get(f"SERVE_{name.upper()}")
            if text is not None:
                try:
                    given[name] = kind(text.strip())  # files of secrets end their line
                except ValueError as error:
                    raise UserError(f"SERVE_{name.upper()} is not a number") from error
        settings = cls(**given)
        for name, good in settings._ranges().items():
            if not good:
                raise UserError(f"SERVE_{name.upper()}={getattr(settings, name)} is out of range")
        if not settings.api_key and not is_loopback(settings.host):
            raise UserError(
                f"SERVE_HOST={settings.host} is reached from other machines: set SERVE_API_KEY"
            )
        return settings

    def _ranges(self) -> dict[str, bool]:
        above_zero = ("workers", "most_bytes", "seconds", "poll")
        ranges = {name: getattr(self, name) > 0 for name in above_zero}
        return ranges | {"port": 0 < self.port < 65_536, "rate": self.rate >= 0}


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
