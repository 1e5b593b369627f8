"""Secrets are found by kind and line, hardly ever where there are none, and never repeated."""

from __future__ import annotations

import base64
import json
import random
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.surface import Surface
from agentops.policy import secrets
from agentops.policy.secrets import SECRET, may_hold, secrets_in_text
from tests.policy.rules.checking import fleet, found, project

ALNUM = string.ascii_letters + string.digits


def letters(count: int, alphabet: str = ALNUM, *, seed: int = 7) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=count))


def b64url(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
# Put together here, so that nothing that scans this repository takes them for real.
PLANTED = {
    "AWS Access Key": "AK" + "IA" + letters(16, UPPER),
    "Anthropic Key": "sk-" + "ant-api03-" + letters(80),
    "Azure Storage Account access key": "Account" + "Key=" + letters(86) + "==",
    "Basic Auth Credentials": "https://deploy:" + letters(14) + "@registry.internal/v2",
    "Discord Bot Token": "M" + letters(23) + "." + letters(6) + "." + letters(27),
    "GitHub Token": "gh" + "p_" + letters(36),
    "GitLab Token": "gl" + "pat-" + letters(20),
    "Google API Key": "AI" + "za" + letters(35),
    "JSON Web Token": b64url({"alg": "HS256"}) + "." + b64url({"sub": "7381920"}) + "." + letters(43),
    "Mailchimp Access Key": letters(32, LOWER) + "-us12",
    "NPM tokens": "//registry.npmjs.org/:_auth" + "Token=npm_" + letters(36),
    "OpenAI Token": "sk-proj-" + letters(20) + "T3Blbk" + "FJ" + letters(20, seed=8),
    "Private Key": "-----BEGIN RSA PRIV" + "ATE KEY-----\n" + letters(64) + "\n" + letters(64, seed=8),
    "PyPI Token": "pypi-AgEIcHlwaS5vcmc" + letters(80),
    "SendGrid API Key": "SG" + "." + letters(22) + "." + letters(43),
    "Slack Token": "xo" + "xb-7381920456-" + letters(24, LOWER),
    "Square OAuth Secret": "sq0" + "csp-" + letters(43),
    "Stripe Access Key": "sk_" + "live_" + letters(24),
    "Telegram Bot Token": "7381920456:" + letters(35),
    "Webhook Signing Secret": "whs" + "ec_" + letters(32),
}
MORE = {
    "GitHub Token": ["github_" + "pat_" + letters(22) + "_" + letters(59), "gh" + "s_" + letters(36)],
    "AWS Access Key": [f"aws_secret_access_key = '{letters(40)}'", "AS" + "IA" + letters(16, UPPER, seed=9)],
    "Slack Token": [
        "https://hooks.slack." + "com/services/T" + letters(8) + "/B" + letters(8) + "/" + letters(24)
    ],
    "Private Key": ["-----BEGIN PRIV" + "ATE KEY-----\\n" + letters(64) + "\\n-----END"],
    "GitLab Token": ["gl" + "rt-" + letters(20), "GR13" + "48941" + letters(20)],
    "Anthropic Key": ["sk-" + "ant-oat01-" + letters(80)],
    "Basic Auth Credentials": ["postgres://app:" + letters(12) + "@db.internal:5432/orders"],
}
ALL = [*PLANTED.items(), *((kind, text) for kind, texts in MORE.items() for text in texts)]


@pytest.mark.parametrize(("kind", "text"), ALL)
def test_every_kind_is_found_with_its_line(kind: str, text: str) -> None:
    prompt = f"You are a clerk.\nLog in with {text} first.\nBe kind.\n"
    assert [(it.kind, it.line) for it in secrets_in_text(prompt)] == [(kind, 2)]
    assert [(it.kind, it.line) for it in secrets_in_text(text)] == [(kind, 1)]


def test_every_detector_that_is_loaded_has_a_planted_secret() -> None:
    loaded = {detector.secret_type for detector in secrets._detectors()} | set(secrets._OURS)
    assert loaded == set(PLANTED)


@pytest.mark.parametrize(
    "where", ["prompt", "description", "metadata", "tool", "schema", "start", "memory", "skill"]
)
def test_a_secret_is_found_wherever_it_is_written_and_repeated_nowhere(where: str, tmp_path: Path) -> None:
    for number, (kind, secret) in enumerate(PLANTED.items()):
        quoted = json.dumps(f"Use {secret} for it.")
        agent = {
            "model": "claude-opus-5-5",
            "system": "You answer questions about orders.",
            "tools": [],
        }
        files = {}
        said = f"Use {secret} for it."
        match where:
            case "prompt":
                agent["system"] = said
            case "description":
                agent["description"] = said
            case "metadata":
                agent["metadata"] = {"note": said}
            case "tool" | "schema":
                schema = {"type": "object", "properties": {"a": {"type": "string", "default": said}}}
                plain = {"type": "object"}
                agent["tools"] = [
                    {
                        "type": "custom",
                        "name": "t",
                        "description": said if where == "tool" else "Looks up one order.",
                        "input_schema": schema if where == "schema" else plain,
                    }
                ]
            case "start":
                files["environments/box.yaml"] = "config: {type: cloud}\n"
                files["deployments/d.yaml"] = (
                    "agent: ../agents/a.json\nenvironment_id: ../environments/box.yaml\ninitial_events:\n"
                    f"  - {{type: user.message, content: [{{type: text, text: {quoted}}}]}}\n"
                )
            case "memory":
                agent["memory"] = {"type": "semantic", "seed": "notes/"}
                files["agents/notes/how.md"] = f"# How\n\n{said}\n"
            case "skill":
                files["skills/s/SKILL.md"] = "---\nname: s\ndescription: Does it.\n---\nRun login.sh.\n"
                files["skills/s/login.sh"] = f"#!/bin/sh\n# {said}\n"
        root = tmp_path / str(number)
        told = found(SECRET, project(root, {"agents/a.json": json.dumps(agent), **files}))
        assert [it.summary.rpartition(": ")[2] for it in told] == [kind]
        for part in secret.split("\n"):
            assert part not in repr(told)


def test_a_secret_that_is_a_key_is_in_no_path() -> None:
    secret = PLANTED["GitHub Token"]
    body = {"metadata": {secret: "x", "a": {secret: secret}}}
    told = found(SECRET, fleet({"agent/a": Surface()}, agent_a=body))
    assert {it.path for it in told} == {("metadata",), ("metadata", "a")}
    assert secret not in repr(told)
    assert "a key of metadata holds a secret: GitHub Token" in {it.summary for it in told}


def test_a_reference_to_a_secret_is_none() -> None:
    body = {"auth": {"token": {"secret": "file:keys/" + PLANTED["GitHub Token"]}}}
    assert found(SECRET, fleet({"credential/v/c": Surface()}, credential_v_c=body)) == []


HARMLESS = [
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-ant-api03-XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
    "sk-ant-...",
    "https://user:password@example.com/",
    "https://$USER:$TOKEN@github.com/o/r",
    "https://{{user}}:{{password}}@host/x",
    "https://<user>:<token>@host",
    "postgres://postgres:postgres@localhost/db",
    "https://oauth2:${GITLAB_TOKEN}@gitlab.com",
    "redis://default:YOUR_PASSWORD@host:6379",
    "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
    "Report any file that has '-----BEGIN RSA PRIVATE KEY-----' in it.",
    "Look for BEGIN PRIVATE KEY and AKIA in the diff.",
    "password: correct horse battery staple",
    "api_key = os.environ['API_KEY']",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "commit '3f786850e387550fdab836ed7e6dc881de23001b'",
    "session eyJ is how a JWT begins",
    "agent_011CZkYpogX7uDKUyvBTophP and memstore_01LbhHSaXyCEKPDcGfYSDqJt",
    "{secret: env:GITHUB_TOKEN}",
    "192.168.0.1:8080, ratio 12345678:9",
    "postgres://user:pass@db/x, mysql://root:root@db",
    "ssh://git@github.com:owner/repo.git and https://github.com/o/r@v1",
    "SG. Brown wrote it; see SG.12",
    "mail me at jane@example.com, see https://a.example:8080/path?x=y@z",
    "whsec_... is shown once",
    "AIzaSy… begins a key of Google",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_examples_and_talk_about_secrets_are_none(text: str) -> None:
    assert list(secrets_in_text(f"You are a clerk.\n{text}\nBe kind.")) == []


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_no_text_is_too_odd(text: str) -> None:
    assert all(1 <= it.line <= text.count("\n") + 1 for it in secrets_in_text(text))


def test_what_is_asked_first_lets_every_secret_through() -> None:
    """The quick question must be wider than every detector behind it."""
    for kind, text in ALL:
        assert all(may_hold(line) for line in [text.split("\n")[0]]), kind
        assert may_hold(f"x {text} y")
    assert not may_hold(
        "You are a clerk who answers questions about orders, one at a time. See https://x.example."
    )


@pytest.mark.parametrize("kind", PLANTED)
def test_what_a_detector_finds_in_any_random_text_is_asked_first(kind: str) -> None:
    """Other secrets of each kind than the one above, by the detector's own word."""
    shape = PLANTED[kind]
    for seed in range(20):
        chance = random.Random(seed)
        text = "".join(
            chance.choice(string.ascii_lowercase) if it.islower() and it in LOWER and index > 24 else it
            for index, it in enumerate(shape)
        )
        line = text.split("\n")[0]
        caught = any(any(True for _ in it.analyze_string(line)) for it in secrets._detectors())
        assert may_hold(line) or not caught


def test_a_project_without_secrets_never_loads_the_detectors() -> None:
    code = (
        "import sys; import agentops.policy.catalog; from agentops.policy.secrets import secrets_in_text;"
        "list(secrets_in_text('You answer questions. See https://example.com/a.'));"
        "print('detect_secrets' in sys.modules, 'requests' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "False False\n"
