"""What can be wrong with a remote directory, as the user is told it. Every sentence names its URL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from agentops.domain.diagnostics import Code, Stop, did_you_mean, error, nearest
from agentops.domain.github import GitHubUrl
from agentops.remotes.git import MOST_BYTES, Failed, TimedOut, TooLarge
from agentops.remotes.trees import NoDirectory, Refused

OLDEST_GIT = "2.29"

_SHORT_COMMIT = re.compile(r"[0-9a-f]{7,39}", re.IGNORECASE)
_SET_TOKEN = "set GITHUB_TOKEN or GH_TOKEN to a token that may read it"  # noqa: S105 - says how to

_QUOTED = re.compile(r"'[^']*'")
_MISSING = re.compile(
    r"[Rr]epository .*not found|not appear to be a git repository|could not read (Username|Password)"
)
_UNAUTHORISED = re.compile(r"Authentication failed|error: (401|403)|Permission denied")
_NO_COMMIT = re.compile(r"not our ref|[Cc]ouldn't find remote ref")
_PROTOCOL = re.compile(r"transport '([^']*)' not allowed")
_UNTRUSTED = re.compile(r"certificate|CAfile")
_PROXY = re.compile(r"(resolve|from) proxy|CONNECT")
_OLD_GIT = re.compile(r"unknown (option|switch)")


def not_a_url(sentence: str) -> Stop:
    return Stop(error(Code.INVALID_VALUE, sentence))


def not_a_pin(url: str, pin: str) -> Stop:
    return Stop(
        error(
            Code.LOCK,
            f"{url} is pinned to {pin!r}, which is no commit and directory of it",
            "pin it again with --upgrade",
        )
    )


def no_ref(url: str, place: GitHubUrl, refs: Iterable[str]) -> Stop:
    """``refs`` are the full names of what is there."""
    names = {name.split("/", 2)[-1] for name in refs}
    names = {name for name in names if name.isprintable()}
    if not names:
        return Stop(error(Code.BROKEN_REFERENCE, f"{url}: the repository has no commits yet"))
    asked = [reading.ref for reading in place.readings]
    if _SHORT_COMMIT.fullmatch(asked[0]):
        detail = "a commit is named by all of its 40 digits"
    else:
        guesses = (f"did you mean '{guess}'?" for ref in asked if (guess := nearest(ref, names)))
        detail = next(guesses, did_you_mean(asked[0], names))
    return Stop(
        error(Code.BROKEN_REFERENCE, f"{url}: there is no branch, tag or commit '{asked[0]}'", detail)
    )


def no_directory(url: str, revision: str, problem: NoDirectory) -> Stop:
    at = f"at {revision[:12]}"
    if problem.is_ is not None:
        return Stop(
            error(
                Code.BROKEN_REFERENCE,
                f"{url}: '{problem.path}' is {problem.is_} {at}",
                "name the folder that holds SKILL.md",
            )
        )
    return Stop(
        error(
            Code.BROKEN_REFERENCE,
            f"{url}: there is no directory '{problem.path}' {at}",
            did_you_mean(problem.path.rpartition("/")[2], problem.known),
        )
    )


def refused(url: str, problem: Refused) -> Stop:
    code = Code.TOO_LARGE if problem.too_large else Code.UNREADABLE
    return Stop(error(code, f"{url}: {problem.why}", problem.remedy))


def not_delivered(url: str, id: str) -> Stop:
    return Stop(
        error(
            Code.REMOTE,
            f"{url}: what came from the repository lacks the object {id}, or has it damaged",
            "run the command again",
        )
    )


def not_kept(url: str, folder: Path, problem: OSError) -> Stop:
    reason = (problem.strerror or type(problem).__name__).lower()
    return Stop(
        error(
            Code.UNREADABLE,
            f"{url}: what is fetched cannot be kept in {folder}: {reason}",
            "the folder has to be writable and the disk to have room; all in it may be deleted",
        )
    )


def failed(url: str, place: GitHubUrl, revision: str | None, problem: Failed, *, has_token: bool) -> Stop:
    """Why git could not get what it was asked for: a commit, or with None the branches and tags."""
    repository, reason = f"{place.owner}/{place.repo}", problem.reason
    words = _QUOTED.sub("''", reason)  # a repository's name may have any of those that are looked for
    if isinstance(problem, TooLarge):
        return Stop(
            error(
                Code.TOO_LARGE,
                f"{url}: more than {MOST_BYTES >> 20} MiB would have to be downloaded",
                "name a smaller directory, or one in a smaller repository",
            )
        )
    if isinstance(problem, TimedOut):
        return _unreachable(f"{url}: github.com does not answer: {reason}", "check the network and proxy")
    if _OLD_GIT.search(words):
        return _unreachable(f"{url}: the git here is too old: {reason}", f"install {OLDEST_GIT} or newer")
    if reason.startswith("git cannot be run"):
        return _unreachable(f"{url}: {reason}", f"install git {OLDEST_GIT} or newer; it fetches such URLs")
    if found := _PROTOCOL.search(reason):
        return _unreachable(
            f"{url}: git's configuration turns the URL into one of '{found[1]}', which is not used",
            "look for `insteadOf` in `git config --list --show-origin`, and for GIT_ALLOW_PROTOCOL",
        )
    if revision is not None and _NO_COMMIT.search(words):
        return Stop(
            error(
                Code.BROKEN_REFERENCE,
                f"{url}: {repository} has no commit {revision}, or none any more",
                "if the lock pins it, run again with --upgrade to pin what the URL means now",
            )
        )
    if _UNAUTHORISED.search(words):
        return Stop(
            error(
                Code.CREDENTIALS,
                f"{url}: GitHub refuses {repository} to you: {reason}",
                f"{_SET_TOKEN}, or mend the credentials that git is configured with",
            )
        )
    if _MISSING.search(words):
        seen = "or the token may not read it" if has_token else "or it is private"
        detail = "correct the URL, or the token's access" if has_token else f"if it is private, {_SET_TOKEN}"
        return Stop(
            error(Code.BROKEN_REFERENCE, f"{url}: there is no repository {repository}, {seen}", detail)
        )
    if _UNTRUSTED.search(words):
        return _unreachable(
            f"{url}: no trusted connection to github.com: {reason}",
            "where a proxy signs anew, let git's http.sslCAInfo or GIT_SSL_CAINFO name its authority",
        )
    if _PROXY.search(words):
        return _unreachable(
            f"{url}: the proxy does not connect to github.com: {reason}",
            "check HTTPS_PROXY, NO_PROXY and git's http.proxy",
        )
    return _unreachable(
        f"{url}: it cannot be fetched: {reason}",
        "mend what git complains of: the network, the proxy, its configuration, or the repository",
    )


def _unreachable(summary: str, detail: str) -> Stop:
    return Stop(error(Code.REMOTE, summary, detail))
