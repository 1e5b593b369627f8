"""One connection to a registry: calls that survive a bad network, at the pace that the API allows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import anyio
import httpx

from agentops.domain.ports import Exhausted, NotHeld, NoToken, RegistryError
from agentops.domain.state import Identity
from agentops.registry import calls, failures
from agentops.registry.answers import read_refusal, received
from agentops.registry.calls import Call
from agentops.registry.concealment import Concealer, secrets_sent
from agentops.registry.credentials import Credential
from agentops.registry.one_off import OnRequest
from agentops.registry.pacing import OnWait, Pacer, Sleep, Stopped
from agentops.registry.retries import (
    MAX_RETRIES,
    Verdict,
    after_answer,
    after_failure,
    asks_for_rest,
    date,
    delay,
    says,
    server_delay,
)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One attempt: the answer to it, or an error and what may be done about it.

    ``lost``: the request may have reached the server, its answer did not reach us.
    """

    response: httpx.Response | None = None
    error: RegistryError | None = None
    verdict: Verdict = Verdict.FINAL
    lost: bool = False


class Connection:
    """Sends calls and gives their answers. Safe for concurrent use by tasks of one event loop.

    ``sleep`` waits before a call is sent again and may raise Stopped. ``chance`` is a random number in
    [0, 1). ``may_write`` is asked before every write.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        credential: Credential,
        *,
        pacer: Pacer,
        sleep: Sleep,
        chance: Callable[[], float],
        on_request: OnRequest | None,
        on_wait: OnWait | None,
        may_write: Callable[[], bool],
    ) -> None:
        self._client = client
        self._credential = credential
        self._pacer = pacer
        self._sleep = sleep
        self._chance = chance
        self._on_request = on_request
        self._on_wait = on_wait
        self._may_write = may_write
        self._identity: Identity | None = None
        self._server_time: float | None = None
        self._exhausted: Exhausted | None = None

    @property
    def base_url(self) -> str:
        return str(self._client.base_url).rstrip("/")

    @property
    def identity(self) -> Identity | None:
        return self._identity

    @property
    def server_time(self) -> float | None:
        return self._server_time

    def concealer(self, call: Call) -> Concealer:
        """What takes the credential, and the secrets that a call sends, out of a text."""
        return self._credential.concealer(secrets_sent(call.sent))

    async def answer(self, call: Call) -> httpx.Response:
        """The successful answer to a call, sent again as far as ``retries`` allows.

        Raises:
            RegistryError: the refusal, or what kept it from being sent or answered; OutcomeUnknown for a
                write that may have happened all the same.
        """
        lost, waited, renewed = False, 0.0, False
        for taken in itertools.count():
            outcome = await self._paced_attempt(call)
            if not renewed and self._is_worth_another_token(outcome):
                renewed = True
                outcome = await self._paced_attempt(call)
            if outcome.error is None and outcome.response is not None:
                return outcome.response
            lost = lost or outcome.lost
            if outcome.verdict is not Verdict.RETRY or taken >= MAX_RETRIES:
                break
            if (wait := self._wait_after(call, outcome.response, taken)) is None:
                outcome = replace(outcome, error=failures.worn_out(outcome.error))
                break
            try:
                await self._sleep(wait)
            except Stopped:
                break
            waited += wait
        error = outcome.error or RegistryError(f"no answer to {call}")
        if isinstance(error, Exhausted) and self._exhausted is None:
            self._exhausted = failures.again(error)
        if taken:
            error.message += f" (sent {taken + 1} times, waited {waited:.1f} s)"
        # After a lost attempt only a word on the object itself settles what became of a write.
        undecided = call.writes and lost and type(error) in (RegistryError, Exhausted, NotHeld, NoToken)
        raise failures.unknown(call, error) if undecided or outcome.verdict is Verdict.UNKNOWN else error

    def _wait_after(self, call: Call, response: httpx.Response | None, taken: int) -> float | None:
        """Seconds until the next attempt, or None where waiting has been of no use for too long. What the
        server asks of one call is asked of all that count against the same limit."""
        headers = response.headers if response is not None else httpx.Headers()
        status = response.status_code if response is not None else None
        wait = delay(taken, headers, self._chance())
        if (status == 429 or server_delay(headers) is not None) and not self._pacer.pause(call.rates, wait):
            return None
        if self._on_wait is not None:
            self._on_wait(wait, says(status, headers))
        return wait

    async def _paced_attempt(self, call: Call) -> _Outcome:
        try:
            return await self._in_turn(call)
        except Stopped:
            return _Outcome(error=RegistryError(f"{call} was not sent, because the run is to end"))

    async def _in_turn(self, call: Call) -> _Outcome:
        async with self._pacer.turn(call.rates):
            if self._exhausted is not None:
                return _Outcome(error=failures.again(self._exhausted))
            outcome = await self._attempt(call)
            if outcome.response is not None and not asks_for_rest(outcome.response.status_code):
                self._pacer.answered(call.rates)
            return outcome

    def _is_worth_another_token(self, outcome: _Outcome) -> bool:
        """The service looks at the token before it does anything: after a 401 no write is repeated."""
        answer = outcome.response
        return answer is not None and answer.status_code == 401 and self._credential.reject(answer.request)

    async def _attempt(self, call: Call) -> _Outcome:
        if call.writes and not self._may_write():
            return _Outcome(error=NotHeld(f"{call} was not sent: the stage is not held any more"))
        request = calls.request_of(call, self._client)
        started = anyio.current_time()
        try:
            response = await received(self._client, request, call.most)
        except NoToken as unsigned:
            return _Outcome(error=unsigned)
        except httpx.RequestError as failure:
            self._report(call, None, started)
            sent = failures.may_have_been_sent(failure)
            error = RegistryError(failures.sentence(failure, str(call), self._client.base_url))
            return _Outcome(error=error, verdict=after_failure(call.effect, sent=sent), lost=sent)
        self._report(call, response, started)
        self._remember(response)
        return _Outcome(response) if response.is_success else self._refused(call, response)

    def _refused(self, call: Call, response: httpx.Response) -> _Outcome:
        refusal = read_refusal(response, call.sent, self.concealer(call))
        verdict = after_answer(
            call.effect,
            response.status_code,
            response.headers,
            api_error=refusal.api_error,
            code=refusal.code,
        )
        return _Outcome(response, refusal.as_error(self.base_url), verdict)

    def _report(self, call: Call, response: httpx.Response | None, started: float) -> None:
        if self._on_request is None:
            return
        ms = (anyio.current_time() - started) * 1000
        status = response.status_code if response is not None else None
        told = response.headers.get("request-id", "") if response is not None else ""
        self._on_request(call.method, call.path, status, ms, self.concealer(call).word(told))

    def _remember(self, response: httpx.Response) -> None:
        if (told := date(response.headers.get("date"))) is not None:
            self._server_time = told.timestamp()
        organization = response.headers.get("anthropic-organization-id")
        workspace = response.headers.get("anthropic-workspace-id")
        # Answers from before the credential was looked at carry neither, and say nothing.
        if organization or workspace:
            self._identity = Identity(organization or None, workspace or None)
        elif self._identity is None and response.is_success:
            self._identity = Identity(None, None)
