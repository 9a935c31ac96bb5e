"""Compose conf/ and the overrides given as arguments into params.yaml."""

import sys

from stages.adapters import config
from stages.adapters.logs import stage


@stage
def main() -> None:
    """Write params.yaml."""
    config.compose(sys.argv[1:])


if __name__ == "__main__":
    main()
