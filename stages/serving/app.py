"""The serving app: MLflow's own scoring app inside ours, which is fast, guarded and reloads."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi_offline import FastAPIOffline
from starlette.types import Receive, Scope, Send

from stages.adapters import registry
from stages.adapters.paths import SCORED, SEGMENTS
from stages.serving import invocations, openapi
from stages.serving.champion import Champion
from stages.serving.guard import Guard, refusal
from stages.serving.measures import Measures
from stages.serving.published import Published
from stages.serving.settings import Settings, is_loopback

log = logging.getLogger(__name__)


def create(settings: Settings | None = None) -> FastAPI:
    """The app with the champion loaded; UserError where there is none that can be served."""
    settings = settings or Settings.of()
    logging.getLogger("mlflow.pyfunc.scoring_server").setLevel(logging.ERROR)
    champion, measures = Champion(registry.connect()), Measures()
    published = Published(SCORED, SEGMENTS)

    def refresh(again: bool = False) -> None:
        champion.refresh(again)
        published.refresh()
        measures.version.set(float(champion.served.version))
        measures.refused.set(champion.failures)

    looking = ThreadPoolExecutor(1)  # of its own: large requests may keep the loop's threads busy

    async def look(again: bool = False) -> None:
        await asyncio.get_running_loop().run_in_executor(looking, refresh, again)

    async def watch() -> None:
        while True:
            await look()
            await asyncio.sleep(settings.poll)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(watch())
        yield
        watching.cancel()

    async def mlflow_app(scope: Scope, receive: Receive, send: Send) -> None:
        known = scope["path"] in ("/ping", "/version")
        nothing = refusal(404, "RESOURCE_DOES_NOT_EXIST", "no such path or method: see /docs")
        await (champion.served.mlflow_app if known else nothing)(scope, receive, send)

    app = FastAPIOffline(
        title="Purchasing capability",
        version="1",
        redoc_url=None,
        lifespan=lifespan,
        dependencies=openapi.key(settings),
    )
    app.add_middleware(
        Guard, settings=settings, measures=measures, version=lambda: champion.served.version
    )

    @app.post("/invocations", **openapi.INVOCATIONS)
    async def invoke(request: Request) -> Response:
        """Score the customers of the transactions that are sent."""
        served = champion.served  # until the answer, whatever the alias does
        request.state.version = served.version
        body = await invocations.read(request, settings.most_bytes, settings.seconds)
        if isinstance(body, Response):
            return body
        kind = request.headers.get("content-type")
        if kind is None:
            return refusal(415, "INVALID_PARAMETER_VALUE", "say what you send in Content-Type")
        why = invocations.FORM
        if invocations.is_json(kind):
            answer = await invocations.plain(served, body)
            if isinstance(answer, Response):
                measures.invocations.labels("fast").inc()
                return answer
            why = answer
        measures.invocations.labels("mlflow").inc()
        return await invocations.by_mlflow(served, kind, body, why, settings)

    @app.get("/customers/{customer_id:path}", **openapi.CUSTOMER)
    async def customer(customer_id: str) -> Response:
        """The published score of one customer."""
        if published.scores is None:
            return refusal(404, "NOTHING_PUBLISHED", "no scores are published: run `make score`")
        found = published.scores.of(customer_id)
        if found is None:
            return refusal(404, "RESOURCE_DOES_NOT_EXIST", "no published score has this id")
        return JSONResponse(found)

    @app.get("/segments", **openapi.SEGMENTS)
    async def segments() -> Response:
        """The segments: sizes, profiles by the kinds of data, playbook."""
        if published.segments is None:
            return refusal(404, "NOTHING_PUBLISHED", "no segments are published: run `make score`")
        return Response(published.segments, media_type=invocations.JSON)

    @app.get("/health")
    async def health() -> dict[str, Any]:
        """What is served, and what keeps another version from being served."""
        served = champion.served
        return {
            "status": "ok",
            "model_version": served.version,
            "as_of": served.model.model.as_of.isoformat(),
            "loaded_at": served.loaded_at.isoformat(timespec="seconds"),
            "problem": champion.problem,
            "scores": published.scores and published.scores.about(),
        }

    @app.post("/reload")
    async def reload(request: Request) -> Response:
        """Look at the alias and at the published scores now; from afar with the key only."""
        near = request.client is not None and is_loopback(request.client.host)
        if not (near or settings.api_key):  # the key was asked for before this
            return refusal(403, "PERMISSION_DENIED", "only from the machine that serves")
        await look(again=True)
        return JSONResponse(await health())

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """What Prometheus reads."""
        return Response(measures.text(), media_type="text/plain; version=0.0.4")

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        """Where to look first."""
        return RedirectResponse("/docs")

    app.mount("/", mlflow_app)  # /ping and /version
    return app
