from __future__ import annotations

from tests.bench import planning, quota, startup, usage


def main() -> None:
    for part in (startup, planning, quota, usage):
        part.bench()


if __name__ == "__main__":
    main()
