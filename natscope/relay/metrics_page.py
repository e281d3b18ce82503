"""The page of a relay's metrics, on a listener of its own: it tells who talks how much, so it is not for everybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from natscope.host.api import Listener
from natscope.model.endpoint import Endpoint
from natscope.relay.metrics import relay_metrics
from natscope.relay.service import Beside, RelayService
from natscope.web.metrics import COUNTER, GAUGE, Family, metrics_page, prometheus_text
from natscope.web.server import HttpServer


class MetricsListener:
    """Listens where a place was given, and answers with the families and whole texts that it is given."""

    def __init__(self, local: Endpoint | None) -> None:
        """Nothing is bound yet."""
        self._local = local
        self._beside: Beside | None = None
        self._listener: Listener | None = None
        self._began = 0.0
        self.listening: Endpoint | None = None

    def begin(self, beside: Beside, text: Callable[[], Awaitable[str]]) -> None:
        """Listen. Raises `HostError`."""
        self._beside = beside
        self._began = beside.host.clock.now()
        if self._local is not None:
            self._listener = beside.aside.run(HttpServer(beside.host, metrics_page(text)).listen(self._local))
            self.listening = self._listener.local

    def uptime(self) -> Family:
        """Since `begin`."""
        assert self._beside is not None
        seconds = int(self._beside.host.clock.now() - self._began)
        return Family("uptime_sec", COUNTER, "Seconds since the start.", {"": seconds})

    def close(self) -> None:
        """Close the listener."""
        if self._listener is not None and self._beside is not None:
            self._beside.aside.run(self._listener.close())


class MetricsPage:
    """Implements `natscope.relay.service.Part`. `more` give families and whole texts of other parts of the process."""

    def __init__(
        self, local: Endpoint | None, more: Sequence[Callable[[], list[Family]]] = (),
        texts: Sequence[Callable[[], str]] = (),
    ) -> None:  # fmt: skip
        """Nothing is bound yet."""
        self._page = MetricsListener(local)
        self._more = tuple(more)
        self._texts = tuple(texts)
        self._service: RelayService | None = None

    @property
    def listening(self) -> Endpoint | None:
        """Where it is."""
        return self._page.listening

    def start(self, service: RelayService) -> None:
        """Listen, where a place was given. Raises `HostError`."""
        self._service = service
        self._page.begin(service, self.text)

    def reload(self) -> None:
        """Nothing of it is in files."""

    def close(self) -> None:
        """Close the listener."""
        self._page.close()

    async def text(self) -> str:
        """The page."""
        assert self._service is not None
        service = self._service
        families = await service.ask(lambda: relay_metrics(service.front))
        families.append(self._page.uptime())
        families.append(Family("natscope_accept_failures", COUNTER, "Connections the system did not give.",
                               {"": service.accept_failures}))  # fmt: skip
        draining = int(not service.front.pages.ready)
        families.append(Family("natscope_draining", GAUGE, "1 once it lets its clients go.", {"": draining}))
        for more in self._more:
            families += more()
        return prometheus_text(families) + "".join(text() for text in self._texts)
