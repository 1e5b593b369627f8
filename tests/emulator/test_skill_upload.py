"""What an upload of a skill has to be: its paths and its size, its form or its archive."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.conftest import Registry
from tests.emulator.uploads import (
    FILES,
    HEADERS,
    MANIFEST,
    create,
    downloaded,
    message_of,
    refusal,
    send,
    send_raw,
    zipped,
)

MOST = 30 * 1024 * 1024


# --- the directory that is uploaded ---


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"SKILL.md": MANIFEST}, "SKILL.md: A file should be in the skill's directory"),
        ({"/pdf-tools/SKILL.md": MANIFEST}, "/pdf-tools/SKILL.md: A path should be relative"),
        ({**FILES, "pdf-tools/../x": b""}, "pdf-tools/../x: A path should be relative"),
        ({**FILES, "../pdf-tools/x": b""}, "../pdf-tools/x: A path should be relative"),
        ({**FILES, "pdf-tools/./x": b""}, "pdf-tools/./x: A path should be relative"),
        ({**FILES, "pdf-tools//x": b""}, "pdf-tools//x: A path should be relative"),
        ({**FILES, "pdf-tools\\x": b""}, "pdf-tools\\x: A path should have no backslashes"),
        (
            {**FILES, "pdf-tools/a\x7fb": b""},
            "pdf-tools/a\x7fb: A path should have no backslashes and no con",
        ),
        (
            {**FILES, "other/x": b""},
            "files[]: All files should be in one top-level directory, not in 'other', 'pdf-tools'",
        ),
        (
            {**{f"{n}/x": b"" for n in range(9)}},
            "files[]: All files should be in one top-level directory, not in '0', '1', '2' and 6 more",
        ),
        ({"pdf-tools/x": b""}, "files[]: A SKILL.md is required at the root of 'pdf-tools'"),
        ({"pdf-tools/a/SKILL.md": MANIFEST}, "files[]: A SKILL.md is required at the root of 'pdf-tools'"),
        ({"pdf-tools/skill.md": MANIFEST}, "files[]: A SKILL.md is required at the root of 'pdf-tools'"),
        (
            {**FILES, "pdf-tools/scripts": b""},
            "pdf-tools/scripts: The path is that of a file and of a directory",
        ),
    ],
)
@pytest.mark.parametrize("form", ["files", "zip"])
def test_refused_directories(registry: Registry, files: dict[str, bytes], message: str, form: str) -> None:
    sent = {"skill.zip": zipped(files)} if form == "zip" else files
    assert refusal(registry, sent).startswith(message)


@pytest.mark.parametrize("path", ["{}/x", "{}/SKILL.md", "pdf-tools/{}/../x", "{}"])
def test_a_path_is_not_echoed_at_any_length(registry: Registry, path: str) -> None:
    files = {path.format("x" * 50_000): b"---\nname: pdf-tools\n---\n"}
    assert len(refusal(registry, {"skill.zip": zipped(files)})) < 400


def test_a_file_is_no_directory(registry: Registry) -> None:
    message = refusal(registry, {**FILES, "pdf-tools/x/": b""})
    assert message.startswith("pdf-tools/x/: A path should be relative, without empty")


@pytest.mark.parametrize("content", [b"", b"1"])
def test_a_path_is_sent_once(registry: Registry, content: bytes) -> None:
    parts = [("files[]", (name, body)) for name, body in FILES.items()]
    twice = [*parts, *[("files[]", ("pdf-tools/x", content))] * 2]
    answer = registry.client.post("/v1/skills", headers=HEADERS, files=twice)
    assert message_of(answer) == "pdf-tools/x: The path was sent twice"


def test_the_files_stay_under_thirty_megabytes(registry: Registry) -> None:
    room = MOST - len(MANIFEST)
    half = room // 2
    fits = {
        "pdf-tools/SKILL.md": MANIFEST,
        "pdf-tools/a.bin": b"a" * half,
        "pdf-tools/b.bin": b"b" * (room - half - 1),
    }
    skill = create(registry, fits)
    assert downloaded(registry, skill) == fits
    message = refusal(registry, {**fits, "pdf-tools/b.bin": b"b" * (room - half)})
    assert message == f"files[]: The files have to be smaller than {MOST} bytes together, not {MOST}"


def test_a_form_that_is_too_large(registry: Registry) -> None:
    answer = send(registry, {**FILES, "pdf-tools/x": bytes(32 * 1024 * 1024)})
    assert message_of(answer, 413) == "The request body exceeds 33554432 bytes."


# --- forms ---

BOUNDARY = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="files[]"; filename="pdf-tools/SKILL.md"\r\n\r\n'
END = b"\r\n--b--\r\n"


def test_a_form_written_by_hand(registry: Registry) -> None:
    lower = PART.replace(b"Content-Disposition: form-data", b"content-disposition:  Form-Data")
    body = b"\r\n" + lower + MANIFEST + END + b"an epilogue"
    answer = send_raw(registry, body, 'Multipart/Form-Data; charset=utf-8; boundary="b"')
    assert downloaded(registry, answer.json()) == {"pdf-tools/SKILL.md": MANIFEST}


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "multipart/mixed; boundary=b", "multipart/form-data", BOUNDARY[:-1]],
)
def test_what_is_no_form(registry: Registry, content_type: str) -> None:
    message = message_of(send_raw(registry, PART + MANIFEST + END, content_type))
    assert message == "content-type: send 'multipart/form-data' with the boundary of its parts"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (PART + MANIFEST + END, "multipart/form-data; boundary=other"),
        (PART + MANIFEST + END, BOUNDARY + "b" * 256),
        (b'{"files": []}', BOUNDARY),
        (b"--b\r\nno colon\r\n\r\n" + END, BOUNDARY),
        (PART.replace(b"tools/", b"x" * 5000 + b"/") + MANIFEST + END, BOUNDARY),
    ],
)
def test_broken_forms(registry: Registry, body: bytes, content_type: str) -> None:
    message = message_of(send_raw(registry, body, content_type))
    assert message.startswith("The request body is not valid multipart/form-data: ")


def test_a_form_that_breaks_off(registry: Registry) -> None:
    body = PART + MANIFEST + b"\r\n" + PART.replace(b"SKILL.md", b"x") + END.rstrip()
    assert send_raw(registry, body, BOUNDARY).status_code == 200
    for length in range(len(body)):
        message = message_of(send_raw(registry, body[:length], BOUNDARY))
        assert message == "The request body breaks off before the closing boundary of its form."
    assert len(registry.get("/skills")["data"]) == 1


@pytest.mark.parametrize(
    "headers",
    [
        b"",
        b"Content-Type: text/plain\r\n",
        b"Content-Disposition: form-data; filename=x\r\n",
        b"Content-Disposition: attachment; name=x\r\n",
    ],
)
def test_parts_without_a_name(registry: Registry, headers: bytes) -> None:
    body = PART + MANIFEST + b"\r\n--b\r\n" + headers + b"\r\n" + END
    assert message_of(send_raw(registry, body, BOUNDARY)).startswith("Part 2 of the form has no name; send")


@pytest.mark.parametrize(
    ("disposition", "message"),
    [
        (b'name="files[]"', "files[]: Input should be a file, its path as the part's filename"),
        (b'name="files[]"; filename=""', "files[]: Input should be a file, its path as the part's filename"),
        (b'name="file"; filename="pdf-tools/x"', "file: Files are sent as 'files[]'"),
        (b'name="display_name"; filename="x"', "display_name: Files are sent as 'files[]'"),
        (b'name="metadata"', "metadata: Extra inputs are not permitted"),
        (b'name="files[]"; filename="\xff/x"', "The form has a name that is not valid UTF-8: '\\xff/x'"),
        (b'name="\xff"', "The form has a name that is not valid UTF-8: '\\xff'"),
    ],
)
def test_refused_parts(registry: Registry, disposition: bytes, message: str) -> None:
    other = b"--b\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n{}"
    body = PART + MANIFEST + b"\r\n" + other + END
    assert message_of(send_raw(registry, body, BOUNDARY)) == message
    assert registry.get("/skills")["data"] == []


@pytest.mark.parametrize(
    "body", [END.lstrip(), b'--b\r\nContent-Disposition: form-data; name="display_name"\r\n\r\nx' + END]
)
def test_a_form_without_files(registry: Registry, body: bytes) -> None:
    assert message_of(send_raw(registry, body, BOUNDARY)) == "files[]: Field required"


def test_a_form_in_another_charset(registry: Registry) -> None:
    answer = send_raw(registry, b"--b--", f"{BOUNDARY}; charset=utf-16")
    assert answer.json()["error"]["details"]["error_code"] == "unsupported_charset"


# --- zip archives ---


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
@pytest.mark.parametrize("name", ["skill.zip", "SKILL.ZIP", "some/where/skill.zip"])
def test_one_archive_in_place_of_files(registry: Registry, method: int, name: str) -> None:
    files = {**FILES, "pdf-tools/é/ü.bin": bytes(range(256)), "pdf-tools/empty": b""}
    archive = zipped({"pdf-tools/": b"", "pdf-tools/none/": b"", **files}, method=method)
    assert downloaded(registry, create(registry, {name: archive})) == files


def test_an_archive_among_files_is_a_file(registry: Registry) -> None:
    files = {**FILES, "pdf-tools/template.zip": zipped({"x": b"1"})}
    assert downloaded(registry, create(registry, files)) == files


def test_an_archive_is_measured_unpacked_and_before_it_is(registry: Registry) -> None:
    archive = zipped({**FILES, "pdf-tools/zeros": bytes(MOST)})
    assert len(archive) < 100_000
    total = MOST + sum(len(content) for content in FILES.values())
    damaged = bytearray(archive)
    damaged[len(archive) // 2] ^= 0xFF
    for sent in (archive, bytes(damaged)):
        message = refusal(registry, {"skill.zip": sent})
        assert message == f"files[]: The files have to be smaller than {MOST} bytes together, not {total}"


def test_a_symbolic_link_in_an_archive(registry: Registry) -> None:
    link = zipfile.ZipInfo("pdf-tools/link")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO(zipped(FILES))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, b"/etc/passwd")
    message = refusal(registry, {"skill.zip": buffer.getvalue()})
    assert message.startswith("pdf-tools/link: A symbolic link cannot be uploaded")


def encrypted(archive: bytes) -> bytes:
    """The same with the bit set that says so, in the header and in the directory of each member."""
    changed = bytearray(archive)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at != -1:
            changed[at + offset] |= 1
            at = changed.find(signature, at + 1)
    return bytes(changed)


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"not a zip",
        MANIFEST,
        zipped(FILES)[:-30],
        zipped(FILES, method=zipfile.ZIP_STORED).replace(b"filled", b"FILLED"),
        encrypted(zipped(FILES)),
    ],
)
def test_refused_archives(registry: Registry, archive: bytes) -> None:
    message = refusal(registry, {"skill.zip": archive})
    assert message.startswith("skill.zip: Input should be a zip archive that can be read: ")


def test_a_member_without_a_name(registry: Registry) -> None:
    nameless = zipfile.ZipInfo("x")
    nameless.filename = ""
    buffer = io.BytesIO(zipped(FILES))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(nameless, b"1")
    message = refusal(registry, {"skill.zip": buffer.getvalue()})
    assert message.startswith("files[]: A path should be relative, without empty")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_names_a_file_once(registry: Registry) -> None:
    buffer = io.BytesIO(zipped(FILES))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("pdf-tools/SKILL.md", MANIFEST)
    message = refusal(registry, {"skill.zip": buffer.getvalue()})
    assert message == "pdf-tools/SKILL.md: The path was sent twice"


def test_an_archive_without_files(registry: Registry) -> None:
    message = refusal(registry, {"skill.zip": zipped({"pdf-tools/": b""})})
    assert message == "skill.zip: The archive holds no files"


# --- any upload ---

SEGMENTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='/\\"'), min_size=1, max_size=8
).filter(lambda segment: segment not in (".", ".."))
TREES = st.dictionaries(
    st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join), st.binary(max_size=200), max_size=6
).filter(lambda tree: not any(one.startswith(f"{other}/") for one in tree for other in tree))
ROUNDS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@ROUNDS
@given(tree=TREES)
def test_any_tree_comes_back_from_either_form(registry: Registry, tree: dict[str, bytes]) -> None:
    files = {**FILES, **{f"pdf-tools/tree/{path}": content for path, content in tree.items()}}
    assert downloaded(registry, create(registry, files)) == files
    assert downloaded(registry, create(registry, {"skill.zip": zipped(files)})) == files


@settings(ROUNDS, max_examples=300)
@given(data=st.data())
def test_a_damaged_upload_is_refused_or_read_but_never_breaks_anything(
    registry: Registry, data: st.DataObject
) -> None:
    method = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, 14]))
    archive = zipped(FILES, method=method)
    disposition = b'--b\r\nContent-Disposition: form-data; name="files[]"; filename="skill.zip"\r\n\r\n'
    form = bytearray(disposition + archive + b"\r\n--b--\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        form[data.draw(st.integers(0, len(form) - 1))] = data.draw(st.integers(0, 255))
    answer = send_raw(registry, bytes(form), BOUNDARY)
    assert answer.status_code in (200, 400), answer.text
