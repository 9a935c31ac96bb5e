"""Reload: tell a running endpoint to look at the alias champion now; where none runs, nothing."""

import logging

import requests

from stages.adapters import endpoint
from stages.adapters.logs import stage
from stages.domain.errors import UserError

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """UserError where the endpoint does not take the champion."""
    try:
        answer = endpoint.post("/reload")
    except requests.RequestException as error:
        if type(error) is requests.ConnectionError:  # not one of TLS, a proxy, or time
            log.info("nobody serves at %s: nothing to reload", endpoint.address())
            return
        raise UserError(
            f"{endpoint.address()} does not answer ({type(error).__name__}): correct SERVE_URL, "
            "such as http://127.0.0.1:5001, or look at the endpoint's log"
        ) from error
    if answer.status_code != 200:
        raise UserError(f"{endpoint.address()}/reload answers {answer.status_code}: see its log")
    health = answer.json()
    if health["problem"]:
        raise UserError(f"{endpoint.address()} does not serve the champion: {health['problem']}")
    log.info("%s serves version %s", endpoint.address(), health["model_version"])


if __name__ == "__main__":
    main()
