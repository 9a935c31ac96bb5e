"""The HTTP protocol of the server, with an end to its patience for a request's first lines.

uvicorn waits for them without limit, so that idle clients could hold all connections.
"""

from asyncio import BaseTransport, TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stages.serving.settings import Settings


class Patient(HttpToolsProtocol):
    """Closes a connection on which a request's headers take longer than `seconds`."""

    seconds = Settings.of().seconds  # every process of the server has the same environment
    _patience: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Wait for the first request."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()

    def on_message_begin(self) -> None:
        """Wait for the headers."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """They are here."""
        self._enough()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for."""
        self._enough()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._enough()
        self._patience = self.loop.call_later(self.seconds, self.transport.close)

    def _enough(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
