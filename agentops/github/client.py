"""Calls of the GitHub REST API: paging, limits, passing failures.

The token goes to the API's own host and nowhere else: a redirect or a next page that leads elsewhere is
refused. Sources: docs.github.com, "Best practices for using the REST API" (when to call again), "Using
pagination in the REST API" (``Link``), "Rate limits for the REST API".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from agentops import __version__
from agentops.domain.diagnostics import Stop
from agentops.github.place import PUBLIC_API, Place, is_loopback
from agentops.github.refusals import NoAnswer, Refused, refusal, told

LONGEST_WAIT = 180.0
"""Seconds for all waits of one client together: a job is paid by the minute, and a person looks at it."""
SENDS = 4
"""Of one call, the first included."""
MOST_PAGES = 200
PER_PAGE = 100

_TIMEOUT = 20.0
_UNTOLD = 60.0
"""Seconds to wait where GitHub limits and does not say for how long."""
_VERSION = "2022-11-28"

Note = Callable[[str], None]


class Client:
    """One connection. ``note`` is told of every wait. Tests give ``sleep`` and ``clock``, of Unix seconds."""

    def __init__(
        self,
        place: Place,
        note: Note,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.place = place
        self.note = note
        self._sleep = sleep
        self._clock = clock
        self._waited = 0.0
        self._http = httpx.Client(
            headers={
                "authorization": f"Bearer {place.token}",
                "accept": "application/vnd.github+json",
                "user-agent": f"agentops/{__version__}",
                "x-github-api-version": _VERSION,
            },
            timeout=_TIMEOUT,
            follow_redirects=False,
            transport=transport,
            trust_env=not is_loopback(urlsplit(place.api).hostname or ""),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, what: str, **params: str | int) -> Any:
        """The JSON at ``path``. Raises Refused."""
        return self._send("GET", self._url(path), what, params=params).json()

    def find(self, path: str, what: str, **params: str | int) -> Any | None:
        """The same; None where GitHub says that it is not there."""
        try:
            return self.get(path, what, **params)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def raw(self, path: str, what: str, **params: str | int) -> bytes:
        """The bytes of a file in the repository."""
        accept = {"accept": "application/vnd.github.raw+json"}
        return self._send("GET", self._url(path), what, params=params, headers=accept).content

    def pages(self, path: str, what: str, **params: str | int) -> Iterator[dict[str, Any]]:
        """Every item of a list, in GitHub's order.

        Raises:
            Refused: a page was, or there are more than ``MOST_PAGES``: half a list is none.
        """
        url: str | None = self._url(path)
        query: dict[str, str | int] = {**params, "per_page": PER_PAGE}
        for _ in range(MOST_PAGES):
            if url is None:
                return
            answer = self._send("GET", url, what, params=query)
            yield from answer.json()
            url, query = answer.links.get("next", {}).get("url"), {}
        if url is not None:
            raise Refused(f"GitHub did not {what}: more than {MOST_PAGES * PER_PAGE} items", "")

    def post(self, path: str, what: str, body: dict[str, Any]) -> Any:
        """Create something. Raises NoAnswer where it may have happened."""
        return self._send("POST", self._url(path), what, body=body).json()

    def patch(self, path: str, what: str, body: dict[str, Any]) -> Any:
        return self._send("PATCH", self._url(path), what, body=body).json()

    def put(self, path: str, what: str, body: dict[str, Any]) -> Any:
        return self._send("PUT", self._url(path), what, body=body).json()

    def delete(self, path: str, what: str) -> None:
        self._send("DELETE", self._url(path), what)

    def graphql(self, query: str, what: str, **variables: str) -> Any:
        """The ``data`` of a query that changes nothing."""
        api = self.place.api
        url = api.removesuffix("/v3") + "/graphql" if api != PUBLIC_API else f"{PUBLIC_API}/graphql"
        body = {"query": query, "variables": variables}
        found = self._send("POST", url, what, body=body, again=True).json()
        if errors := found.get("errors"):
            raise Refused(f"GitHub did not {what}: {told({'errors': errors})}", "")
        return found["data"]

    def _url(self, path: str) -> str:
        return f"{self.place.api}{path}"

    def _send(
        self,
        method: str,
        url: str,
        what: str,
        *,
        params: dict[str, str | int] | None = None,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        again: bool | None = None,
    ) -> httpx.Response:
        """Call until there is an answer that stands. ``again``: whether doing it twice does no harm."""
        again = method != "POST" if again is None else again
        for sent in range(1, SENDS + 1):
            self._refuse_elsewhere(url, what)
            try:
                answer = self._http.request(method, url, params=params or None, json=body, headers=headers)
            except httpx.TransportError as failure:
                reached = not isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout)
                if (reached and not again) or sent == SENDS or not self._wait(2.0 ** (sent - 1), "no answer"):
                    raise self._unanswered(what, failure) from None
                continue
            if answer.is_redirect:
                url, params = str(httpx.URL(url).join(answer.headers["location"])), None
                continue
            if answer.is_success:
                return answer
            if (pause := self._pause(answer, sent, again=again)) is None or sent == SENDS:
                break
            if not self._wait(pause, f"{answer.status_code} of GitHub"):
                break
        raise self._refusal(answer, what, again=again)

    def _refuse_elsewhere(self, url: str, what: str) -> None:
        there, ours = urlsplit(url), urlsplit(self.place.api)
        if (there.scheme, there.netloc) != (ours.scheme, ours.netloc):
            raise Refused(
                f"GitHub did not {what}: its answer leads to {there.hostname}, where no token is sent",
                "check GITHUB_API_URL",
            )

    def _pause(self, answer: httpx.Response, sent: int, *, again: bool) -> float | None:
        """Seconds after which it may be sent again; None where the answer stands."""
        if answer.status_code in (403, 429):
            return self._limited_for(answer)
        if answer.status_code >= 500 and again:
            return 2.0 ** (sent - 1)
        return None

    def _limited_for(self, answer: httpx.Response) -> float | None:
        """Seconds until a limit ends; None where it is none."""
        headers = answer.headers
        if (asked := _seconds(headers.get("retry-after"))) is not None:
            return asked
        if headers.get("x-ratelimit-remaining") == "0":
            reset = _seconds(headers.get("x-ratelimit-reset"))
            return max(reset - self._clock(), 0.0) + 1.0 if reset is not None else _UNTOLD
        limited = answer.status_code == 429 or "rate limit" in answer.text.lower()
        return _UNTOLD if limited else None

    def _wait(self, seconds: float, why: str) -> bool:
        """Wait, unless that is longer than we are willing to."""
        if self._waited + seconds > LONGEST_WAIT:
            return False
        self._waited += seconds
        self.note(f"waiting {seconds:.0f} s: {why}")
        self._sleep(seconds)
        return True

    def _refusal(self, answer: httpx.Response, what: str, *, again: bool) -> Refused:
        refused = refusal(answer, what, self.place.repository)
        if answer.status_code in (403, 429) and (seconds := self._limited_for(answer)) is not None:
            return Refused(
                f"GitHub did not {what}: its rate limit is used up for another {seconds:.0f} s",
                f"run the job again later; no more than {LONGEST_WAIT:.0f} s are waited",
                answer.status_code,
            )
        if answer.status_code >= 500 and not again:
            return NoAnswer(refused.diagnostics[0].summary, refused.diagnostics[0].detail, answer.status_code)
        return refused

    def _unanswered(self, what: str, failure: httpx.TransportError) -> Stop:
        host = urlsplit(self.place.api).netloc
        why = "not in time" if isinstance(failure, httpx.TimeoutException) else type(failure).__name__
        return NoAnswer(
            f"GitHub did not {what}: {host} gave no answer ({why})", "check the network; run it again"
        )


def _seconds(text: str | None) -> float | None:
    try:
        return max(float(text), 0.0) if text is not None else None
    except ValueError:
        return None
