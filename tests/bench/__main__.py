from __future__ import annotations

from tests.bench import planning, startup, tasks


def main() -> None:
    for part in (startup, planning, tasks):
        part.bench()


if __name__ == "__main__":
    main()
