from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError, Refused
from reconciler.openclaw.json5 import Json5Error
from reconciler.openclaw.pointer import get
from reconciler.openclaw.source import ConfigSource, read_config


FIXTURES = Path(__file__).parent / "fixtures" / "config"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files by name and text below one directory; return the first."""

    def write_files(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "home" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "home" / next(iter(files))

    return write_files


def owner(source: ConfigSource, pointer: str) -> tuple[str, str]:
    found = source.owner(pointer)
    return found.file.path.name, found.pointer


def test_a_single_file_is_its_own_owner() -> None:
    path = FIXTURES / "legacy-rich" / "openclaw.json"

    source = read_config(path)

    (file,) = source.files
    assert path.read_bytes() == file.data
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    assert path.stat().st_mode & 0o777 == file.mode
    assert ("openclaw.json", "/agents/list/1/model") == owner(source, "/agents/list/1/model")
    assert ("openclaw.json", "/none/at/all") == owner(source, "/none/at/all")


def test_the_text_of_a_file_is_not_in_its_repr() -> None:
    source = read_config(FIXTURES / "minimal" / "openclaw.json")

    assert "gateway" not in repr(source.files)


def test_included_files_own_what_they_bring() -> None:
    source = read_config(FIXTURES / "modern-include" / "openclaw.json")

    assert get(source.value, "/agents/entries/writer/model/primary") == "sonnet"
    assert get(source.value, "/gateway/auth/token") == "${OPENCLAW_GATEWAY_TOKEN}"
    assert list(get(source.value, "/models/providers")) == ["ollama", "lmstudio"]
    assert owner(source, "/agents/entries/writer/model") == ("agents.json5", "/entries/writer/model")
    assert owner(source, "/agents/entries/new/model") == ("agents.json5", "/entries/new/model")
    assert owner(source, "/agents") == ("agents.json5", "")
    assert owner(source, "/models/mode") == ("openclaw.json", "/models/mode")
    assert owner(source, "/models/providers/ollama/baseUrl") == ("ollama.json5", "/ollama/baseUrl")


def test_what_several_files_make_up_has_no_owner() -> None:
    source = read_config(FIXTURES / "modern-include" / "openclaw.json")

    with pytest.raises(Refused, match="several files") as caught:
        source.owner("/models/providers/new")

    assert ["ollama.json5#", "lmstudio.json5#"] == [Path(line).name for line in caught.value.evidence]


def test_operations_are_sorted_by_owner() -> None:
    source = read_config(FIXTURES / "modern-include" / "openclaw.json")
    model = {"op": "replace", "path": "/agents/defaults/model/primary", "value": "a/b"}
    mode = {"op": "test", "path": "/models/mode", "value": "merge"}

    by_file = source.by_file([model, mode])

    assert {"agents.json5": [{**model, "path": "/defaults/model/primary"}], "openclaw.json": [mode]} == {
        path.name: operations for path, operations in by_file.items()
    }


def test_files_merge_in_order_and_lists_join(write: Write) -> None:
    path = write(
        {
            "openclaw.json": "{$include: ['a.json', './sub/b.json'], list: [4], x: {own: 1}, hidden: 'top'}",
            "a.json": "{list: [1], x: {a: 1}, y: 1, hidden: {z: 1}}",
            "sub/b.json": "{$include: 'c.json', list: [2, {id: 'q'}], y: {deep: 2}}",
            "sub/c.json": "{list: ['c'], x: {c: null}}",
        }
    )

    source = read_config(path)

    assert {
        "list": [1, "c", 2, {"id": "q"}, 4],
        "x": {"a": 1, "c": None, "own": 1},
        "y": {"deep": 2},
        "hidden": "top",
    } == source.value
    assert ["openclaw.json", "a.json", "b.json", "c.json"] == [file.path.name for file in source.files]
    assert owner(source, "/list/3/id") == ("b.json", "/list/1/id")
    assert owner(source, "/list/4") == ("openclaw.json", "/list/0")
    assert owner(source, "/x/c") == ("c.json", "/x/c")
    assert owner(source, "/x/own") == ("openclaw.json", "/x/own")
    assert owner(source, "/y/deep") == ("b.json", "/y/deep")


@pytest.mark.parametrize("pointer", ["", "/x", "/list", "/list/9", "/hidden", "/hidden/z", "/new"])
def test_a_value_that_hides_or_joins_others_has_no_owner(write: Write, pointer: str) -> None:
    """An object written over a hidden object would merge with it."""
    path = write(
        {
            "openclaw.json": "{$include: 'a.json', list: [4], x: {own: 1}, hidden: 'top'}",
            "a.json": "{list: [1], x: {a: 1}, hidden: {z: 1}}",
        }
    )

    with pytest.raises(Refused, match="several files"):
        read_config(path).owner(pointer)


def test_a_file_included_twice_has_no_single_place(write: Write) -> None:
    path = write({"openclaw.json": "{a: {$include: 'x.json'}, b: {$include: 'x.json'}}", "x.json": "{m: 1}"})

    source = read_config(path)

    assert {"a": {"m": 1}, "b": {"m": 1}} == source.value
    with pytest.raises(Refused, match="more than one place"):
        source.owner("/a/m")


def test_an_include_inside_a_list_keeps_its_owner(write: Write) -> None:
    path = write({"openclaw.json": "{list: [{id: 1}, {$include: 'x.json'}]}", "x.json": "{id: 2}"})

    assert owner(read_config(path), "/list/1/id") == ("x.json", "/id")


def test_an_object_that_includes_nothing_is_its_own_owner(write: Write) -> None:
    source = read_config(
        write({"openclaw.json": "{agents: {$include: [], defaults: {}}, list: {$include: []}}"})
    )

    assert {"agents": {"defaults": {}}, "list": {}} == source.value
    assert owner(source, "/agents/entries") == ("openclaw.json", "/agents/entries")
    assert str(source.position("/list")).endswith("openclaw.json:1:46")


def test_keys_that_openclaw_never_merges_are_dropped(write: Write) -> None:
    path = write({"openclaw.json": "{$include: 'a.json', b: 1}", "a.json": "{__proto__: {c: 1}, a: 1}"})

    assert {"a": 1, "b": 1} == read_config(path).value


def test_of_duplicate_keys_the_last_counts(write: Write) -> None:
    source = read_config(write({"openclaw.json": "{a: {$include: 'none.json'}, a: {b: 1}}"}))

    assert {"a": {"b": 1}} == source.value


def test_a_position_is_that_of_the_owner(write: Write) -> None:
    source = read_config(write({"openclaw.json": "{\n  a: {$include: 'x.json'}}", "x.json": "{\n\n  m: 1}"}))

    assert str(source.position("/a/m")).endswith("x.json:3:6")
    assert str(source.position("/a/none")).endswith("x.json:1:1")


@pytest.mark.parametrize(
    ("include", "problem"),
    [
        ("'../out.json'", "escapes"),
        ("'/etc/hostname'", "escapes"),
        ("'link.json'", "symbolic link"),
        ("'openclaw.json'", "circular"),
        ("'a.json'", "circular"),
        ("'none.json'", "there is no file"),
        ("'.'", "is a directory"),
        ("'x\\0y'", "escapes"),
        ("'hard.json'", "hard links"),
        ("'pipe'", "not a regular file"),
        ("'big.json'", "larger than 2 MiB"),
        ("'list.json', b: 1", "gives no object"),
        ("7", "neither a path"),
        ("[7]", "neither a path"),
        ("{}", "neither a path"),
        ("'d0.json'", "deeper than 10"),
        ("'many.json'", "more than 1000"),
    ],
)
def test_a_bad_include_is_told_with_its_place(write: Write, include: str, problem: str) -> None:
    deep = {f"d{level}.json": f"{{$include: 'd{level + 1}.json'}}" for level in range(12)}
    path = write(
        {
            "openclaw.json": f"{{\n  a: {{$include: {include}}}}}",
            "../out.json": "{}",
            "a.json": "{$include: ['b.json']}",
            "b.json": "{$include: 'a.json'}",
            "hard.json": "{}",
            "big.json": "{}" + " " * 2 * 1024 * 1024,
            "list.json": "[1]",
            "many.json": "[" + "{$include: 'ok.json'}," * 1001 + "]",
            "ok.json": "{}",
            **deep,
        }
    )
    (path.parent / "link.json").symlink_to("../out.json")
    (path.parent / "hard2.json").hardlink_to(path.parent / "hard.json")
    os.mkfifo(path.parent / "pipe")

    with pytest.raises(ReconcilerError, match=problem) as caught:
        read_config(path)

    assert caught.value.at is not None
    assert caught.value.hint


def test_ten_levels_of_includes_are_read(write: Write) -> None:
    files = {f"d{level}.json": f"{{$include: 'd{level + 1}.json'}}" for level in range(10)}

    source = read_config(write({**files, "d10.json": "{a: 1}"}))

    assert source.value == {"a": 1}


def test_an_include_may_lie_under_a_named_root(write: Write, tmp_path: Path) -> None:
    path = write({"openclaw.json": "{$include: '../shared/x.json'}", "../shared/x.json": "{a: 1}"})

    source = read_config(path, include_roots=[tmp_path / "shared", Path("relative")])

    assert source.value == {"a": 1}


def test_a_relative_root_is_ignored(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write({"openclaw.json": "{$include: 'link.json'}", "../shared/x.json": "{a: 1}"})
    (path.parent / "link.json").symlink_to("../shared/x.json")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ReconcilerError, match="symbolic link"):
        read_config(path, include_roots=[Path("shared")])


def test_a_mistake_in_an_included_file_names_both_places(write: Write) -> None:
    path = write({"openclaw.json": "{\n  a: {$include: 'x.json'}}", "x.json": "{\n b"})

    with pytest.raises(Json5Error) as caught:
        read_config(path)

    assert str(caught.value.at).endswith("x.json:2:3")
    assert "openclaw.json:2:17" in caught.value.evidence[0]


def test_a_cut_file_is_told_with_its_place() -> None:
    with pytest.raises(Json5Error, match="file ends") as caught:
        read_config(FIXTURES / "invalid" / "truncated.json")

    assert str(caught.value.at).endswith("truncated.json:2:1")
    assert "cut off" in caught.value.hint


def test_both_layouts_in_one_file_are_refused() -> None:
    with pytest.raises(Refused, match=r"both agents.list and agents.entries") as caught:
        read_config(FIXTURES / "invalid" / "list-and-entries.json")

    assert str(caught.value.at).endswith("list-and-entries.json:1:23")


def test_an_include_that_escapes_is_refused() -> None:
    with pytest.raises(ReconcilerError, match="escapes"):
        read_config(FIXTURES / "invalid" / "include-escapes.json")


@pytest.mark.parametrize(
    ("data", "problem", "place"),
    [
        (b"", "is empty", ":1:1"),
        (b"[1]", "not an object", ":1:1"),
        (b"{\n a: '\xc3\xa9\xff'}", "not UTF-8", ":2:7"),
        (("{/*" + "é" * 1024 * 1024 + "*/}").encode(), "larger than 2 MiB", None),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, data: bytes, problem: str, place: str | None) -> None:
    path = tmp_path / "openclaw.json"
    path.write_bytes(data)

    with pytest.raises(ReconcilerError, match=problem) as caught:
        read_config(path)

    assert place is None or str(caught.value.at).endswith("openclaw.json" + place)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("none.json", "there is no file"), ("", "is a directory"), ("pipe", "not a regular")],
)
def test_what_is_no_file_is_told(tmp_path: Path, name: str, problem: str) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ReconcilerError, match=problem):
        read_config(tmp_path / name)


@pytest.fixture
def unreadable() -> Iterator[Path]:
    """A file that may not be read, also where the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        path = Path(name) / "openclaw.json"
        path.write_text("{}")
        path.chmod(0)
        was = os.geteuid()
        os.seteuid(65534 if was == 0 else was)
        yield path
        os.seteuid(was)


def test_an_unreadable_file_is_told(unreadable: Path) -> None:
    with pytest.raises(ReconcilerError, match="may not be read"):
        read_config(unreadable)
