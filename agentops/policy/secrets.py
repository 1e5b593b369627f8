"""Secrets in texts: keys and tokens by the form that their issuers gave them.

What they look like is detect-secrets' knowledge. Of its detectors these are the ones whose secrets have a
form of their own; those that go by a keyword (``password: …``), by entropy, or by a form that ordinary words
have too are left out, because prompts and documents are full of what they find. Keys that it does not know,
and that live near agents, are added here.

Importing detect-secrets takes a third of a second, and its detectors read line by line. So a text is first
asked for the few characters without which none of them can find anything; most projects never load it.

Nothing that is found is ever repeated, not even in part: a finding names the kind and the line.

Sources of the forms added: Anthropic, "API keys" and "OAuth" (``sk-ant-``); GitHub, "About authentication"
(``github_pat_``); Google Cloud, "API keys" (``AIza``); Standard Webhooks (``whsec_``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from agentops.domain.diagnostics import Severity
from agentops.domain.fleet import Fleet
from agentops.domain.surface import Path
from agentops.policy.rule import Finding, Options, Rule
from agentops.policy.texts import Text, files, written

if TYPE_CHECKING:
    from detect_secrets.plugins.base import RegexBasedDetector

_SHORTEST = 12

_OURS = {
    "Anthropic Key": re.compile(r"sk-ant-[a-z]+\d\d-[A-Za-z0-9_-]{24,}"),
    "GitHub Token": re.compile(r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{40,}"),
    "Google API Key": re.compile(r"AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])"),
    "Webhook Signing Secret": re.compile(r"whsec_[A-Za-z0-9+/]{24,}"),
}

_LITERALS = (
    *("AccountKey=", ":_authToken", "T3BlbkFJ", "pypi-Ag", "SG."),
    *("eyJ", "sq0csp-", "k_live_", "sk-ant-", "AIza", "whsec_", "github_pat_", "GR1348941"),
    *("xox", "XOX", "hooks.slack.com"),
)
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"://[^\s/:@]+:[^\s/:@]+@",  # a password in an address
        r":[0-9A-Za-z_-]{35}",  # Telegram
        r"\.[a-zA-Z\d_-]{6}\.[a-zA-Z\d_-]{27}",  # Discord
        r"-us[0-9]",  # Mailchimp
        r"gh[pousr]_",  # GitHub
        r"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-",  # GitLab
        r"A(?:KIA|SIA|BIA|CCA|3T)",  # AWS
        r"['\"][0-9a-zA-Z/+]{40}['\"]",  # AWS
    )
)
_ARMOUR = ("PRIVATE KEY", "PuTTY-User-Key-File-2")


def may_hold(text: str) -> bool:
    """Whether any detector can find something; quick, and mostly no. No secret but a private key has white
    space in it, and few words of a prompt are as long as one."""
    if len(text) < _SHORTEST:
        return False
    long = " ".join([word for word in text.split() if len(word) >= _SHORTEST])
    return (
        any(literal in long for literal in _LITERALS)
        or any(form.search(long) for form in _FORMS)
        or any(line in text for line in _ARMOUR)
    )


class Found(NamedTuple):
    """``line`` counts from 1."""

    kind: str
    line: int


def secrets_in_text(text: str) -> Iterator[Found]:
    """Each kind once a line."""
    if not may_hold(text):
        return
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if may_hold(line):
            for kind in dict.fromkeys(_kinds(line, lines[number] if number < len(lines) else "")):
                yield Found(kind, number)


def _kinds(line: str, following: str) -> Iterator[str]:
    for kind, form in _OURS.items():
        if any(not _made_up(match[0]) for match in form.finditer(line)):
            yield kind
    for detector in _detectors():
        for form in detector.denylist:
            for match in form.finditer(line):
                if _is_one(detector.secret_type, match, line, following) and any(
                    True for _ in detector.analyze_string(match[0])
                ):
                    yield detector.secret_type


def _is_one(kind: str, match: re.Match[str], line: str, following: str) -> bool:
    """Whether what has the form of a secret can be one, and is not an example of the form."""
    if kind == "Private Key":
        return _KEY_BODY.search(line[match.end() :]) is not None or _KEY_BODY.match(following) is not None
    if kind == "Basic Auth Credentials":
        return _PASSWORD_OF_NOBODY.fullmatch(match[1]) is None
    return not _made_up(match[0])


_KEY_BODY = re.compile(r"\s*(?:-----)?(?:\\n|\s|: ssh-)*(?:[A-Za-z0-9+/=]{16,}|ssh-(?:rsa|dss|ed25519))")
_PASSWORD_OF_NOBODY = re.compile(
    r".{0,3}|[^A-Za-z0-9]*(?:my|your|the)?[-_]?(?:pass(?:word|wd)?|pwd|secret|token|key|user(?:name)?|postgres|root|"
    r"admin|guest|changeme|example)[^A-Za-z0-9]*|[$<%\[].*|.*[>%\]]|[*xX.…]+|(?-i:[A-Z][A-Z_]+)",
    re.IGNORECASE,
)
_SAID_TO_BE_MADE_UP = re.compile(
    r"example|x{4}|your|placeholder|redacted|dummy|fake|0{6}|1234567|abcdefg|\.\.\."
)
_LEAST_VARIETY = 8


def _made_up(secret: str) -> bool:
    """``AKIAIOSFODNN7EXAMPLE``, ``ghp_xxxxxxxx…``: examples say that they are, or repeat themselves."""
    tail = secret[4:].lower()
    return _SAID_TO_BE_MADE_UP.search(tail) is not None or len(set(tail)) < _LEAST_VARIETY


@lru_cache(maxsize=1)
def _detectors() -> tuple[RegexBasedDetector, ...]:
    from detect_secrets.plugins import (
        aws,
        azure_storage_key,
        basic_auth,
        discord,
        github_token,
        gitlab_token,
        jwt,
        mailchimp,
        npm,
        openai,
        private_key,
        pypi_token,
        sendgrid,
        slack,
        square_oauth,
        stripe,
        telegram_token,
    )

    return (
        aws.AWSKeyDetector(),
        azure_storage_key.AzureStorageKeyDetector(),
        basic_auth.BasicAuthDetector(),
        discord.DiscordBotTokenDetector(),
        github_token.GitHubTokenDetector(),
        gitlab_token.GitLabTokenDetector(),
        jwt.JwtTokenDetector(),
        mailchimp.MailchimpDetector(),
        npm.NpmDetector(),
        openai.OpenAIDetector(),
        private_key.PrivateKeyDetector(),
        pypi_token.PypiTokenDetector(),
        sendgrid.SendGridDetector(),
        slack.SlackDetector(),
        square_oauth.SquareOAuthDetector(),
        stripe.StripeDetector(),
        telegram_token.TelegramBotTokenDetector(),
    )


def _secrets(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        for text in (*written(member.body, least=_SHORTEST), *files(member)):
            for found in secrets_in_text(text.value):
                yield Finding(
                    member.address,
                    f"{_place(text, found.line)} holds a secret: {found.kind}",
                    "have it replaced where it was issued, since git keeps it; then put the new one into a "
                    "credential of a vault, as {secret: env:NAME}",
                    _without_secrets(text.path),
                )


def _place(text: Text, line: int) -> str:
    return f"a key of {text.path[0]}" if text.is_key and text.path else text.place(line)


def _without_secrets(path: Path) -> Path:
    """Up to a key that holds one itself."""
    for index, step in enumerate(path):
        if isinstance(step, str) and any(True for _ in secrets_in_text(step)):
            return path[:index]
    return path


SECRET = Rule(
    id="AO129",
    name="secret-in-text",
    severity=Severity.ERROR,
    why=(
        "What stands in a prompt, a description, metadata, a first message, a seeded memory or a skill is "
        "in git for ever, in the registry for everybody with a key of the workspace, and in every session, "
        "where the agent can be talked into saying it. There is a place for secrets that none of them can "
        "read: a credential in a vault."
    ),
    example={
        "agents/deployer.yaml": "model: claude-opus-5-5\n"
        "system: |\n"
        "  You publish the release that the first message names.\n"
        "  Log in to the registry at https://deployer:W4lnut-8rook-91@registry.example.com first.\n"
        "tools: [bash, read]\n",
    },
    fix={
        "agents/deployer.yaml": "model: claude-opus-5-5\n"
        "system: |\n"
        "  You publish the release that the first message names.\n"
        "  Log in to the registry at https://registry.example.com first; the token is in REGISTRY_TOKEN.\n"
        "tools: [bash, read]\n",
        "vaults/release.yaml": "display_name: release\n"
        "credentials:\n"
        "  registry:\n"
        "    auth:\n"
        "      type: environment_variable\n"
        "      secret_name: REGISTRY_TOKEN\n"
        "      secret_value: {secret: env:REGISTRY_TOKEN}\n"
        "      networking: {type: limited, allowed_hosts: [registry.example.com]}\n",
    },
    check=_secrets,
)

RULES = (SECRET,)
