from __future__ import annotations

from tests.bench import planning, startup


def main() -> None:
    for part in (startup, planning):
        part.bench()


if __name__ == "__main__":
    main()
