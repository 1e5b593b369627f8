"""References to secrets in a body, and the text that hides itself."""

from __future__ import annotations

import json
import traceback

import pytest

from agentops.domain.secret import SecretText, as_secret, replace_secrets, secrets_in, without_secrets

VALUE = "sentinel-7f3a"
BODY = {
    "auth": {"type": "bearer", "token": {"secret": "env:TOKEN"}},
    "mounts": [{"url": "a"}, {"url": "b", "token": {"secret": "file:keys/b.txt"}}],
    "names": [{"secret": "env:FIRST"}, "plain"],
}


@pytest.mark.parametrize(
    "text", ["env:TOKEN", "env:_x1", "file:a", "file:keys/a b.txt", "file:/run/secrets/x"]
)
def test_a_variable_or_a_file_is_a_reference(text: str):
    assert as_secret({"secret": text}) == text


@pytest.mark.parametrize(
    "value",
    [
        {"secret": VALUE},
        {"secret": "env:"},
        {"secret": "env:1X"},
        {"secret": "env:A-B"},
        {"secret": "file:"},
        {"secret": "file: a"},
        {"secret": "file:a "},
        {"secret": "vault:x"},
        {"secret": "env:A\n"},
        {"secret": None},
        {"secret": {"secret": "env:A"}},
        {"secret": "env:A", "more": 1},
        {"token": "env:A"},
        "env:A",
        None,
        [],
    ],
)
def test_nothing_else_is_one(value: object):
    assert as_secret(value) is None


def test_each_is_found_with_the_path_to_it_in_the_order_it_is_written():
    assert list(secrets_in(BODY)) == [
        (("auth", "token"), "env:TOKEN"),
        (("mounts", 1, "token"), "file:keys/b.txt"),
        (("names", 0), "env:FIRST"),
    ]


def test_without_them_a_body_is_what_a_registry_would_return():
    assert without_secrets(BODY) == {
        "auth": {"type": "bearer"},
        "mounts": [{"url": "a"}, {"url": "b"}],
        "names": ["plain"],
    }


def test_each_is_replaced_where_it_stands_and_the_body_stays_as_it_was():
    before = json.dumps(BODY)
    made = replace_secrets(BODY, {"env:TOKEN": "t", "file:keys/b.txt": "b", "env:FIRST": "f"}.__getitem__)
    assert made == {
        "auth": {"type": "bearer", "token": "t"},
        "mounts": [{"url": "a"}, {"url": "b", "token": "b"}],
        "names": ["f", "plain"],
    }
    assert json.dumps(BODY) == before


# -- the text


@pytest.mark.parametrize(
    "shown",
    [
        repr(SecretText(VALUE)),
        str(SecretText(VALUE)),
        f"{SecretText(VALUE)}",
        f"{SecretText(VALUE)!r:>40}",
        f"{SecretText(VALUE):>40}",
        "{}".format(SecretText(VALUE)),  # noqa: UP032
        "%s %r" % (SecretText(VALUE), SecretText(VALUE)),  # noqa: UP031
        repr({"token": [SecretText(VALUE)]}),
        str(ValueError(SecretText(VALUE))),
    ],
)
def test_it_hides_where_it_is_shown(shown: str):
    assert VALUE not in shown
    assert "***" in shown


def test_it_hides_in_a_traceback():
    with pytest.raises(ValueError, match="hidden") as failure:
        raise ValueError("hidden", SecretText(VALUE))
    assert VALUE not in "".join(traceback.format_exception(failure.value))


def test_it_is_the_text_for_what_computes_with_it():
    secret = SecretText(VALUE)
    assert secret == VALUE
    assert hash(secret) == hash(VALUE)
    assert (len(secret), secret[:4], secret + "!", secret.encode()) == (
        13,
        "sent",
        f"{VALUE}!",
        VALUE.encode(),
    )
    assert json.dumps({"token": secret}) == f'{{"token": "{VALUE}"}}'
