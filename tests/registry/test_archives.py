"""Downloaded files: what they are, and every archive that nothing is taken from."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.ports import NotFound, RegistryError
from agentops.registry.archive import MOST_BYTES, MOST_ENTRIES, UnusableArchive, unpacked
from tests.registry.toys import KIT, LAMP
from tests.registry.wire import BASE, KEY, Script, refused

FILES = {"README.md": b"# kit\n", "data/\xe4 1.bin": bytes(range(256)), "empty": b"", "scripts/run.py": b"x"}
MEBIBYTE = 1024 * 1024
_RECORD, _END = b"PK\x01\x02", b"PK\x05\x06"


def packed(
    entries: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]],
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A zip archive of these names and contents, in this order."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # it warns of a name that comes twice, which is the point
        for name, content in entries.items() if isinstance(entries, dict) else entries:
            archive.writestr(name, content)
    return buffer.getvalue()


KIT_ZIP = packed({f"kit/{path}": content for path, content in FILES.items()})


def served(data: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=data, headers={"content-type": "application/zip", **headers})


def download(*answers: Any, **options: Any) -> tuple[str, dict[str, bytes]]:
    found: tuple[str, dict[str, bytes]] = Script(*answers).run(
        lambda r: r.content(KIT, "kit_1", "ver_2"), **options
    )
    return found


def why_not(data: bytes) -> str:
    with pytest.raises(UnusableArchive) as refusal:
        unpacked(data)
    return str(refusal.value)


class TestDownload:
    def test_is_the_top_directory_and_the_files_byte_for_byte(self) -> None:
        assert download(served(KIT_ZIP)) == ("kit", FILES)

    def test_asks_for_a_file_at_the_version(self) -> None:
        script = Script(served(KIT_ZIP))
        script.run(lambda r: r.content(KIT, "kit_1", "ver_2"))
        assert script.sent == ["GET /v1/kits/kit_1/versions/ver_2/content"]
        (request,) = script.requests
        assert request.headers["accept"] == "application/binary"
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert "content-type" not in request.headers

    @pytest.mark.parametrize(
        "type", ["application/zip", "application/octet-stream", "application/binary", "text/plain", ""]
    )
    def test_whatever_it_is_said_to_be(self, type: str) -> None:
        assert download(served(KIT_ZIP, **{"content-type": type})) == ("kit", FILES)

    def test_may_be_compressed_once_more_on_its_way(self) -> None:
        answer = lambda _: served(gzip.compress(KIT_ZIP), **{"content-encoding": "gzip"})  # noqa: E731
        assert download(answer) == ("kit", FILES)

    @pytest.mark.parametrize("version", ["", "..", "a\nb"])
    def test_of_what_cannot_be_a_version_is_not_asked_for(self, version: str) -> None:
        script = Script(served(KIT_ZIP))
        with pytest.raises(RegistryError, match="cannot be an ID"):
            script.run(lambda r: r.content(KIT, "kit_1", version))
        assert script.sent == []

    def test_of_a_kind_without_files_is_a_mistake_of_the_caller(self) -> None:
        with pytest.raises(ValueError, match="a lamp has no files"):
            Script(served(KIT_ZIP)).run(lambda r: r.content(LAMP, "lamp_1", "1"))

    def test_is_tried_again_like_any_read(self) -> None:
        async def torn() -> AsyncIterator[bytes]:
            yield KIT_ZIP[:40]
            raise httpx.ReadError("reset")

        def cut_off(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=torn())

        told: list[Any] = []
        found = download(
            refused(503), cut_off, served(KIT_ZIP), on_request=lambda *event: told.append(event[2])
        )
        assert found == ("kit", FILES)
        assert told == [503, None, 200]

    def test_of_a_version_that_is_gone(self) -> None:
        with pytest.raises(NotFound, match="No such version"):
            download(refused(404, "not_found_error", "No such version."))

    @pytest.mark.parametrize(
        ("answer", "says"),
        [
            (httpx.Response(200, html="<p>Log in"), "a web page (200 OK)"),
            (httpx.Response(200, json={"id": "x"}), "an answer of type application/json (200 OK)"),
            (httpx.Response(204), "an empty answer (204 No Content)"),
            (served(b"\x1f\x8b\x08"), "an answer of type application/zip (200 OK)"),
        ],
    )
    def test_of_something_else_names_the_base_url(self, answer: httpx.Response, says: str) -> None:
        with pytest.raises(RegistryError) as raised:
            download(answer)
        assert raised.value.message == (
            f"{BASE} does not look like the Managed Agents API; check the registry's base_url: "
            f"{says} where a zip archive was expected"
        )

    def test_that_is_not_used_says_whose_it_is_and_what_to_do(self) -> None:
        with pytest.raises(RegistryError) as raised:
            download(served(packed({"kit/../../x": b""}), **{"request-id": "req_7"}))
        assert raised.value.message == (
            "the files of kit kit_1, version ver_2 are not used: the path 'kit/../../x' has empty segments, "
            "`.` or `..`; upload them again as a new version"
        )
        assert (raised.value.status, raised.value.request_id) == (200, "req_7")

    @pytest.mark.parametrize("packing", ["as it is", "gzip"])
    @pytest.mark.parametrize("status", [200, 400])
    def test_without_end_is_not_read_to_it(self, packing: str, status: int) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            packer = zlib.compressobj(0, wbits=31)
            yield b"PK" if packing == "as it is" else packer.compress(b"PK")
            while sent < 80:
                sent += 1
                chunk = bytes(MEBIBYTE)
                yield chunk if packing == "as it is" else packer.compress(chunk)

        def answer(_: httpx.Request) -> httpx.Response:
            encoding = {} if packing == "as it is" else {"content-encoding": "gzip"}
            return httpx.Response(status, content=endless(), headers={"content-type": "image/x", **encoding})

        with pytest.raises(RegistryError) as raised:
            download(answer)
        says = "it is larger than 64 MB" if status == 200 else "an answer of type image/x (400 Bad Request)"
        assert says in raised.value.message
        assert 64 <= sent <= 66


class TestArchive:
    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_of_either_method_is_read(self, method: int) -> None:
        assert unpacked(packed({"kit/a": b"aaaa", "kit/b/c": b""}, method)) == (
            "kit",
            {"a": b"aaaa", "b/c": b""},
        )

    def test_may_have_entries_for_its_directories(self) -> None:
        assert unpacked(packed({"kit/": b"", "kit/a/": b"", "kit/a/b": b"x"})) == ("kit", {"a/b": b"x"})

    def test_has_its_files_sorted(self) -> None:
        assert [*unpacked(packed({"kit/b": b"", "kit/a": b""}))[1]] == ["a", "b"]

    def test_may_hold_an_archive(self) -> None:
        inner = packed({f"{number}": b"" for number in range(3 * MOST_ENTRIES)})
        assert unpacked(packed({"kit/inner.zip": inner}, zipfile.ZIP_STORED)) == (
            "kit",
            {"inner.zip": inner},
        )

    @pytest.mark.parametrize(
        "name",
        ["/kit/a", "/a", "C:/kit/a", "c:a", "//server/share/a"],
    )
    def test_with_an_absolute_path(self, name: str) -> None:
        assert why_not(packed({name: b""})) == f"{name!r} is an absolute path"

    @pytest.mark.parametrize(
        "name", ["kit/../a", "../kit/a", "kit/..", "kit/./a", "kit//a", "./a", "kit/a//"]
    )
    def test_with_a_path_that_goes_elsewhere(self, name: str) -> None:
        assert why_not(packed({name: b""})) == f"the path {name!r} has empty segments, `.` or `..`"

    @pytest.mark.parametrize("name", ["kit\\a", "kit/..\\..\\a", "kit/a\nb", "kit/a\x1b[31m", "kit/a\x85"])
    def test_with_a_name_that_another_system_or_a_terminal_reads_otherwise(self, name: str) -> None:
        assert why_not(packed({name: b""})) == f"the name {name!r} has a backslash or control characters"

    def test_with_a_name_that_goes_on_after_its_end(self) -> None:
        data = packed({"kit/safe.mdX/../../x": b""}).replace(b"safe.mdX", b"safe.md\x00")
        assert why_not(data) == (r"the name 'kit/safe.md\x00/../../x' has a backslash or control characters")

    def test_with_a_symbolic_link(self) -> None:
        assert why_not(packed([(_entry("kit/a", stat.S_IFLNK | 0o777), b"/etc/passwd")])) == (
            "'kit/a' is a symbolic link"
        )

    @pytest.mark.parametrize("mode", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR])
    def test_with_anything_else_that_is_no_file(self, mode: int) -> None:
        assert why_not(packed([(_entry("kit/a", mode | 0o644), b"")])) == "'kit/a' is no plain file"

    def test_with_a_directory_that_says_it_is_a_link(self) -> None:
        assert why_not(packed([(_entry("kit/", stat.S_IFLNK), b""), ("kit/a", b"")])) == (
            "'kit' is a symbolic link"
        )

    def test_with_plain_files_that_say_so(self) -> None:
        assert unpacked(packed([(_entry("kit/a", stat.S_IFREG | 0o755), b"x")])) == ("kit", {"a": b"x"})

    def test_with_a_name_that_comes_twice(self) -> None:
        assert why_not(packed([("kit/a", b"1"), ("kit/a", b"2")])) == "it has 'kit/a' twice"

    @pytest.mark.parametrize("names", [("kit/a", "kit/a/b"), ("kit/a/b/c", "kit/a")])
    def test_with_a_file_below_a_file(self, names: tuple[str, str]) -> None:
        assert why_not(packed(dict.fromkeys(names, b""))) == "'kit/a' is a file and a directory at once"

    def test_with_several_top_directories(self) -> None:
        assert why_not(packed({"kit/a": b"", "other/b": b""})) == (
            "it has several top directories: 'kit', 'other'"
        )

    def test_with_another_top_directory_that_is_empty(self) -> None:
        assert "several top directories" in why_not(packed({"kit/a": b"", "other/": b""}))

    def test_with_a_file_in_no_directory(self) -> None:
        assert why_not(packed({"kit/a": b"", "b": b""})) == "'b' is in no directory"

    @pytest.mark.parametrize("entries", [{}, {"kit/": b""}])
    def test_without_files(self, entries: dict[str, bytes]) -> None:
        assert why_not(packed(entries)) == "it has no files"

    def test_with_an_encrypted_file(self) -> None:
        assert why_not(_patched(packed({"kit/a": b"x"}), flags=0x1)) == "'kit/a' is encrypted"

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_with_another_compression(self, method: int) -> None:
        data = packed({"kit/a": b"x" * 100}, method)
        assert why_not(data) == "'kit/a' is compressed by another method than deflate"

    def test_with_a_compression_that_nobody_knows(self) -> None:
        data = _patched(packed({"kit/a": b"x"}), method=99)
        assert why_not(data) == "'kit/a' is compressed by another method than deflate"

    def test_with_a_name_of_no_text(self) -> None:
        data = packed({"kit/\xe4\xf6": b"x"}).replace("\xe4\xf6".encode(), b"\xff\xfe\xfd\xfc")
        assert why_not(data) == "it is a damaged zip archive"

    def test_with_a_very_long_name_is_not_told_in_full(self) -> None:
        assert len(why_not(packed({f"/{'x' * 5000}": b""}))) < 150

    @pytest.mark.parametrize("count", [MOST_ENTRIES, MOST_ENTRIES + 1])
    def test_with_too_many_entries(self, count: int) -> None:
        data = packed({f"kit/{number}": b"" for number in range(count)})
        if count > MOST_ENTRIES:
            assert why_not(data) == "it has more than 2,000 entries"
        else:
            assert len(unpacked(data)[1]) == MOST_ENTRIES

    def test_whose_directory_alone_would_fill_the_memory_is_not_read(self) -> None:
        record = _RECORD.ljust(46, b"\0")
        data = b"PK" + record * 150_000 + struct.pack("<4s4H2LH", _END, 0, 0, 1, 1, 6_900_000, 2, 0)
        tracemalloc.start()
        try:
            assert why_not(data) == "it has more than 2,000 entries"
            assert tracemalloc.get_traced_memory()[1] < MEBIBYTE
        finally:
            tracemalloc.stop()


class TestBombs:
    def test_files_that_are_too_large_together_are_not_inflated(self) -> None:
        half = bytes(MOST_BYTES // 2)
        assert unpacked(packed({"kit/a": half, "kit/b": half})) == ("kit", {"a": half, "b": half})
        bomb = packed({"kit/a": half, "kit/b": half, "kit/c": b"1"})
        del half
        assert len(bomb) < MEBIBYTE
        tracemalloc.start()
        try:
            assert why_not(bomb) == "its files are larger than 64 MB together"
            assert tracemalloc.get_traced_memory()[1] < 4 * MEBIBYTE
        finally:
            tracemalloc.stop()

    def test_an_archive_that_is_too_large_is_not_opened(self) -> None:
        assert why_not(KIT_ZIP + bytes(MOST_BYTES)) == "it is larger than 64 MB"

    @pytest.mark.parametrize("crc", ["of all", "of what is declared"])
    def test_a_file_that_declares_less_than_it_is_is_never_inflated_further(self, crc: str) -> None:
        content = bytes(200 * MEBIBYTE)
        bomb = packed({"kit/a": content})
        declared = zlib.crc32(content[:10]) if crc == "of what is declared" else None
        del content
        data = _patched(bomb, size=10, crc=declared)
        tracemalloc.start()
        try:
            if declared is None:
                assert why_not(data) == "it is a damaged zip archive"
            else:
                assert unpacked(data) == ("kit", {"a": bytes(10)})
            assert tracemalloc.get_traced_memory()[1] < 4 * MEBIBYTE
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_a_file_that_declares_more_than_it_is(self, method: int) -> None:
        data = _patched(packed({"kit/a": b"x" * 40, "kit/b": b"y"}, method), size=50)
        assert why_not(data) == "'kit/a' is not as long as the archive says"


class TestDamage:
    @pytest.mark.parametrize("keep", [2, 4, 30, 60, len(KIT_ZIP) - 1])
    def test_what_was_cut_off_is_refused(self, keep: int) -> None:
        assert why_not(KIT_ZIP[:keep]) == "it is a damaged zip archive"

    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: data.replace(b"PK\x03\x04", b"PK\x03\x05"),
            lambda data: data[:36] + b"\xff" * 4 + data[40:],
            lambda data: _patched(data, size=9_000, packed=9_000, method=zipfile.ZIP_STORED),
            lambda data: _patched(data, flags=0x20),
            lambda data: _patched(data, needs=200),
            lambda data: _moved(data, 2**31),
            lambda data: _moved(data, -1),
            lambda data: _moved(data, 2**63),
        ],
        ids=[
            "no local header",
            "no deflated content",
            "shorter than its file",
            "a patch",
            "of a version to come",
            "far behind its end",
            "before its beginning",
            "further than numbers go",
        ],
    )
    def test_what_zipfile_fails_on_in_its_own_way_is_refused(self, damage: Callable[[bytes], bytes]) -> None:
        data = packed({"kit/a": b"0123456789" * 10})
        assert data != damage(data)
        assert why_not(damage(data)) == "it is a damaged zip archive"

    def test_content_that_is_not_what_it_was_is_refused(self) -> None:
        data = packed({"kit/a": b"pay 100"}, zipfile.ZIP_STORED).replace(b"pay 100", b"pay 900")
        assert why_not(data) == "it is a damaged zip archive"

    @given(st.data())
    def test_no_other_error_comes_of_any_damage(self, data: st.DataObject) -> None:
        damaged = bytearray(KIT_ZIP)
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(damaged) - 1))
            damaged[at] = data.draw(st.integers(0, 255))
        self._never_anything_else(bytes(damaged))

    @given(st.binary(max_size=200).map(lambda tail: b"PK" + tail))
    def test_no_other_error_comes_of_any_bytes(self, data: bytes) -> None:
        self._never_anything_else(data)

    def _never_anything_else(self, data: bytes) -> None:
        try:
            directory, files = unpacked(data)
        except UnusableArchive:
            return
        for path in (directory, *files):
            assert path.strip("/") == path
            assert not {"", ".", ".."} & {*path.split("/")}


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = mode << 16
    return entry


def _patched(
    data: bytes,
    *,
    needs: int | None = None,
    flags: int | None = None,
    method: int | None = None,
    crc: int | None = None,
    packed: int | None = None,
    size: int | None = None,
) -> bytes:
    """The archive with its first entry saying something else, in both of its headers."""
    fields = (
        ("<H", 4, needs),
        ("<H", 6, flags),
        ("<H", 8, method),
        ("<L", 14, crc),
        ("<L", 18, packed),
        ("<L", 22, size),
    )
    changed = bytearray(data)
    for start in (0, data.index(_RECORD) + 2):
        for form, offset, value in fields:
            if value is not None:
                struct.pack_into(form, changed, start + offset, value)
    return bytes(changed)


def _moved(data: bytes, to: int) -> bytes:
    """An archive of one entry, which is said to stand at ``to``; -1: before the archive itself."""
    start, end = data.index(_RECORD), data.index(_END)
    record, ending = bytearray(data[start:end]), bytearray(data[end:])
    if to == -1:
        struct.pack_into("<L", ending, 16, start + 8)
        return data[:end] + bytes(ending)
    if to < 2**32:
        struct.pack_into("<L", record, 42, to)
    else:
        struct.pack_into("<L", record, 42, 0xFFFFFFFF)
        record += struct.pack("<HHQ", 1, 8, to)
        struct.pack_into("<H", record, 30, 12)
        struct.pack_into("<L", ending, 12, len(record))
    return data[:start] + bytes(record) + bytes(ending)
