from __future__ import annotations

from reconciler.render.lines import WIDTH, wrapped


def test_lines_begin_below_the_text_and_fit_the_terminal() -> None:
    lines = wrapped("word " * 40, "  label  ")

    assert len(lines) > 1
    assert all(len(line) <= WIDTH for line in lines)
    assert all(line.startswith("         word") for line in lines[1:])


def test_a_long_word_stays_whole_so_that_it_can_be_copied() -> None:
    address = "http://127.0.0.1/" + "a" * 100

    assert ["see", f"  {address}"] == wrapped(f"see {address}", "", "  ")


def test_a_text_cannot_move_the_cursor_or_go_on_for_ever() -> None:
    lines = wrapped("\x1b[2J" + "long " * 1000, "", at_most=100)

    assert "\x1b" not in "".join(lines)
    assert len("".join(lines)) <= 100
