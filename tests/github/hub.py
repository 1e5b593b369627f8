"""A server that behaves like GitHub's API, as far as agentops uses it: paging with ``Link``, its refusals
with their words, its limits with their headers.

Sources: docs.github.com, the pages of the REST API about issues, comments, commits, contents, references and
pulls; the answers to what is refused are those that issue trackers of clients quote.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "ghs_thejobsown0123456789"
BOT = "github-actions[bot]"
REPOSITORY = "acme/fleet"
MOST = 65_536


@dataclass
class Fault:
    """What the next request that matches gets instead. after: it is done, and its answer is lost."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    method: str = ""
    path: str = ""
    after: bool = False


@dataclass
class Hub:
    """login: who the token writes as. integration: the token is an app's, which may not ask who it is.
    allowed: what the job's permissions say. page: the most items of a page. stale: how many writes of a
    file come too late, somebody having committed in between."""

    login: str = BOT
    integration: bool = True
    allowed: set[str] = field(default_factory=lambda: {"pull_requests", "issues", "contents"})
    page: int = 100
    protected: set[str] = field(default_factory=set)
    may_open_pull_requests: bool = True
    stale: int = 0
    base: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    merged: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    editors: dict[int, str] = field(default_factory=dict)
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {}})
    commits: list[tuple[str, str]] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    number: int = 1000

    @property
    def app(self) -> Starlette:
        repo = f"/api/v3/repos/{REPOSITORY}"
        routes: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "/api/v3/user", self._user),
            ("GET", f"{repo}/issues/{{number:int}}/comments", self._list_comments),
            ("POST", f"{repo}/issues/{{number:int}}/comments", self._comment),
            ("PATCH", f"{repo}/issues/comments/{{id:int}}", self._edit_comment),
            ("DELETE", f"{repo}/issues/comments/{{id:int}}", self._delete_comment),
            ("GET", f"{repo}/issues", self._list_issues),
            ("POST", f"{repo}/issues", self._open_issue),
            ("PATCH", f"{repo}/issues/{{number:int}}", self._edit_issue),
            ("GET", f"{repo}/commits/{{sha}}/pulls", self._pulls_of),
            ("GET", f"{repo}/contents/{{path:path}}", self._content),
            ("PUT", f"{repo}/contents/{{path:path}}", self._put),
            ("GET", f"{repo}/git/ref/heads/{{name:path}}", self._ref),
            ("POST", f"{repo}/git/refs", self._make_ref),
            ("PATCH", f"{repo}/git/refs/heads/{{name:path}}", self._move_ref),
            ("GET", f"{repo}/pulls", self._list_pulls),
            ("POST", f"{repo}/pulls", self._open_pull),
            ("POST", "/api/graphql", self._graphql),
        ]
        return Starlette(
            routes=[Route(path, self._guarded(answer), methods=[verb]) for verb, path, answer in routes],
            exception_handlers={404: lambda *_: refused(404, "Not Found")},
        )

    # -- what tests say

    def add_comment(self, body: str, login: str = BOT, number: int = 7) -> dict[str, Any]:
        id = self._next()
        made = {
            "id": id,
            "node_id": f"IC_{id}",
            "body": body,
            "user": {"login": login},
            "issue": number,
            "html_url": f"https://github.test/{REPOSITORY}/pull/{number}#issuecomment-{id}",
        }
        self.comments.append(made)
        return made

    def wrote(self) -> list[tuple[str, str]]:
        """The requests that would change something."""
        return [(verb, path) for verb, path in self.requests if verb != "GET" and "graphql" not in path]

    # -- what is the same everywhere

    def _guarded(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            path = request.url.path.removeprefix("/api/v3")
            self.requests.append((request.method, path))
            self.tokens.add(request.headers.get("authorization", ""))
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                return refused(401, "Bad credentials")
            assert request.headers["user-agent"].startswith("agentops/"), "GitHub refuses calls without one"
            self.base = str(request.base_url).rstrip("/")
            fault = self._fault(request.method, path)
            if fault is not None and not fault.after:
                return JSONResponse(fault.body, fault.status, fault.headers)
            body = await request.body()
            request.state.sent = json.loads(body) if body else {}
            response: Response = answer(request)
            if fault is not None:
                return JSONResponse(fault.body, fault.status, fault.headers)
            return response

        return guarded

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method in ("", method) and fault.path in path:
                self.faults.remove(fault)
                return fault
        return None

    def _missing(self, *permissions: str) -> Response | None:
        """A refusal where the job has none of the permissions."""
        if self.allowed & set(permissions):
            return None
        accepted = "; ".join(f"{name}=write" for name in permissions)
        return refused(
            403, "Resource not accessible by integration", {"x-accepted-github-permissions": accepted}
        )

    def _page(self, request: Request, items: list[dict[str, Any]]) -> Response:
        size = min(int(request.query_params.get("per_page", 30)), self.page)
        page = int(request.query_params.get("page", 1))
        headers = {}
        if page * size < len(items):
            following = request.url.include_query_params(page=page + 1)
            headers["link"] = f'<{following}>; rel="next", <{request.url}>; rel="last"'
        return JSONResponse(items[(page - 1) * size : page * size], headers=headers)

    def _next(self) -> int:
        self.number += 1
        return self.number

    # -- users, comments, issues

    def _user(self, request: Request) -> Response:
        if self.integration:
            return refused(403, "Resource not accessible by integration")
        return JSONResponse({"login": self.login})

    def _list_comments(self, request: Request) -> Response:
        number = request.path_params["number"]
        return self._page(request, [item for item in self.comments if item["issue"] == number])

    def _comment(self, request: Request) -> Response:
        if wrong := self._missing("issues", "pull_requests") or too_long(request.state.sent["body"]):
            return wrong
        made = self.add_comment(request.state.sent["body"], self.login, request.path_params["number"])
        return JSONResponse(made, 201)

    def _edit_comment(self, request: Request) -> Response:
        found = [item for item in self.comments if item["id"] == request.path_params["id"]]
        if not found:
            return refused(404, "Not Found")
        if wrong := self._missing("issues", "pull_requests") or too_long(request.state.sent["body"]):
            return wrong
        found[0]["body"] = request.state.sent["body"]
        self.editors[found[0]["id"]] = self.login
        return JSONResponse(found[0])

    def _delete_comment(self, request: Request) -> Response:
        self.comments = [item for item in self.comments if item["id"] != request.path_params["id"]]
        return Response(status_code=204)

    def _list_issues(self, request: Request) -> Response:
        asked = request.query_params
        return self._page(
            request,
            [
                item
                for item in self.issues
                if item["state"] == asked["state"]
                and asked["labels"] in {it["name"] for it in item["labels"]}
            ],
        )

    def _open_issue(self, request: Request) -> Response:
        sent = request.state.sent
        if wrong := self._missing("issues") or too_long(sent["body"]):
            return wrong
        number = self._next()
        made = {
            "number": number,
            "title": sent["title"],
            "body": sent["body"],
            "labels": [{"name": name} for name in sent["labels"]],
            "state": "open",
            "user": {"login": self.login},
            "html_url": f"https://github.test/{REPOSITORY}/issues/{number}",
        }
        self.issues.append(made)
        return JSONResponse(made, 201)

    def _edit_issue(self, request: Request) -> Response:
        if wrong := self._missing("issues"):
            return wrong
        found = next(item for item in self.issues if item["number"] == request.path_params["number"])
        found.update(request.state.sent)
        return JSONResponse(found)

    def _graphql(self, request: Request) -> Response:
        id = int(request.state.sent["variables"]["id"].removeprefix("IC_"))
        author = next(item for item in self.comments if item["id"] == id)["user"]["login"]
        editor = self.editors.get(id)
        plain = {"author": {"login": author.removesuffix("[bot]")}}
        found = {**plain, "editor": {"login": editor.removesuffix("[bot]")} if editor else None}
        return JSONResponse({"data": {"node": found}})

    # -- commits, files, branches, pull requests

    def _pulls_of(self, request: Request) -> Response:
        return self._page(request, self.merged.get(request.path_params["sha"], []))

    def _content(self, request: Request) -> Response:
        branch = request.query_params["ref"]
        content = self.branches.get(branch, {}).get(request.path_params["path"])
        if content is None:
            return refused(404, "Not Found")
        if "raw" in request.headers["accept"]:
            return Response(content)
        return JSONResponse({"sha": blob(content), "content": base64.b64encode(content).decode()})

    def _put(self, request: Request) -> Response:
        sent, path = request.state.sent, request.path_params["path"]
        if wrong := self._missing("contents"):
            return wrong
        if sent["branch"] in self.protected:
            words = "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"
            return refused(409, words)
        files = self.branches[sent["branch"]]
        if self.stale:
            self.stale -= 1
            return refused(409, f"{path} does not match {sent.get('sha')}")
        if path in files and "sha" not in sent:
            return refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
        if path in files and sent["sha"] != blob(files[path]):
            return refused(409, f"{path} does not match {sent['sha']}")
        files[path] = base64.b64decode(sent["content"])
        self.commits.append((sent["branch"], sent["message"]))
        url = f"https://github.test/{REPOSITORY}/commit/{len(self.commits)}"
        return JSONResponse({"commit": {"html_url": url}}, 201)

    def _ref(self, request: Request) -> Response:
        sha = self._sha(request.path_params["name"])
        return JSONResponse({"object": {"sha": sha}})

    def _sha(self, branch: str) -> str:
        return hashlib.sha1(branch.encode()).hexdigest()

    def _make_ref(self, request: Request) -> Response:
        name = request.state.sent["ref"].removeprefix("refs/heads/")
        if name in self.branches:
            return refused(422, "Reference already exists")
        return self._take(name, request.state.sent["sha"], 201)

    def _move_ref(self, request: Request) -> Response:
        assert request.state.sent["force"] is True
        return self._take(request.path_params["name"], request.state.sent["sha"], 200)

    def _take(self, name: str, sha: str, status: int) -> Response:
        source = next(branch for branch in self.branches if self._sha(branch) == sha)
        self.branches[name] = dict(self.branches[source])
        return JSONResponse({"ref": f"refs/heads/{name}"}, status)

    def _list_pulls(self, request: Request) -> Response:
        head = request.query_params["head"].partition(":")[2]
        found = [item for item in self.pulls if item["head"] == head and item["state"] == "open"]
        return self._page(request, found)

    def _open_pull(self, request: Request) -> Response:
        if not self.may_open_pull_requests:
            return refused(403, "GitHub Actions is not permitted to create or approve pull requests.")
        number = self._next()
        url = f"https://github.test/{REPOSITORY}/pull/{number}"
        made = {**request.state.sent, "number": number, "state": "open", "html_url": url}
        self.pulls.append(made)
        return JSONResponse(made, 201)


def refused(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"message": message, "status": str(status)}, status, headers)


def too_long(body: str) -> Response | None:
    if len(body) <= MOST:
        return None
    wrong = {
        "resource": "IssueComment",
        "code": "unprocessable",
        "field": "data",
        "message": f"Body is too long (maximum is {MOST} characters)",
    }
    return JSONResponse({"message": "Validation Failed", "errors": [wrong]}, 422)


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def marker_of(body: str) -> str:
    found = re.match(r"<!-- agentops: (.+) -->", body)
    return found[1] if found else ""
