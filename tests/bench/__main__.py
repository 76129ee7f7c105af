from __future__ import annotations

from tests.bench import local, planning, startup


def main() -> None:
    for part in (startup, planning, local):
        part.bench()


if __name__ == "__main__":
    main()
