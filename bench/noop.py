"""A FastAPI app that does nothing: what any answer over HTTP costs here."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/ping")
async def ping() -> dict[str, str]:
    """Nothing."""
    return {}
