"""What comes before every answer: who asks, how often; and after it: its version and its time.

An answer that goes wrong says what is wrong and never holds what was sent, nor a traceback.
"""

import hmac
import json
import logging
import re
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stages.serving.measures import Measures
from stages.serving.settings import Settings, is_loopback

log = logging.getLogger(__name__)
# Nothing of a customer is there.
OPEN = {"/", "/ping", "/health", "/version", "/metrics", "/docs", "/openapi.json"}
PAGE = "/static-offline-docs/"  # the files of /docs
MOST_CLIENTS = 10_000  # whose rate is remembered; beyond it, those who asked longest ago are not
AROUND = re.compile(r"^https?://|:\d*$")  # the host of an address
BURST = 2.0  # seconds of the rate that a client may ask for at once


def refusal(status: int, code: str, message: str) -> Response:
    """An answer that says what is wrong, in MLflow's form."""
    body = json.dumps({"error_code": code, "message": message})
    return Response(body, status, media_type="application/json")


class Guard:
    """The ASGI middleware around the whole app."""

    def __init__(
        self, app: ASGIApp, settings: Settings, measures: Measures, version: Callable[[], str]
    ) -> None:
        self.app, self.settings, self.measures, self.version = app, settings, measures, version
        self._key = settings.api_key.encode()
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                version = scope.get("state", {}).get("version") or self.version()
                message["headers"].append((b"x-model-version", version.encode()))
            await send(message)

        try:
            refused = self._refused(scope)
            await (refused or self.app)(scope, receive, watched)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error("%s in %s:%d", type(error).__name__, where.filename, where.lineno)
            if not status:
                failed = refusal(500, "INTERNAL_ERROR", "this went wrong here; the log says where")
                await failed(scope, receive, watched)
        finally:
            self.measures.answered(scope["path"], status, time.perf_counter() - began)

    def _refused(self, scope: Scope) -> Response | None:
        """Why this client gets no answer, if so."""
        headers = dict(scope["headers"])
        if scope["path"] in OPEN or scope["path"].startswith(PAGE):
            return None
        client = scope["client"][0] if scope["client"] else ""
        if self._key:
            scheme, _, bearer = headers.get(b"authorization", b"").partition(b" ")
            if scheme.lower() != b"bearer":
                bearer = b""
            if not hmac.compare_digest(headers.get(b"x-api-key", bearer), self._key):
                # Who tries keys must wait, too, but takes no turn from those who have one.
                return self._too_soon(f"{client} without the key") or refusal(
                    401, "UNAUTHENTICATED", "give the key in the header X-API-Key"
                )
        else:  # on loopback: a page in a browser may not ask, under a name of its own or ours
            host = headers.get(b"host", b"").decode("latin-1")
            if not is_loopback(AROUND.sub("", host)):
                return refusal(403, "PERMISSION_DENIED", "without a key, ask under localhost")
            origin = headers.get(b"origin", b"http://localhost").decode("latin-1")
            if not is_loopback(AROUND.sub("", origin)):
                return refusal(403, "PERMISSION_DENIED", "without a key, no other site may ask")
        return self._too_soon(client)

    def _too_soon(self, client: str) -> Response | None:
        """What is said to a client who has to wait."""
        wait = self._wait(client)
        if wait > 0:
            said = refusal(429, "REQUEST_LIMIT_EXCEEDED", f"ask again in {wait:.2g} seconds")
            said.headers["Retry-After"] = str(int(wait) + 1)
            return said
        return None

    def _wait(self, client: str) -> float:
        """Seconds until the client may ask again, 0 for now: a bucket that fills at the rate.

        Who asks too soon loses nothing by it: others may ask from the same address.
        """
        rate = self.settings.rate
        if not rate:
            return 0.0
        now = time.monotonic()
        most = max(1.0, BURST * rate)
        left, then = self._clients.pop(client, (most, now))
        left = min(most, left + (now - then) * rate)
        may = left >= 1
        self._clients[client] = (left - may, now)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        return 0.0 if may else (1 - left) / rate
