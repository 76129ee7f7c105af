from __future__ import annotations

from tests.bench import planning, quota, startup


def main() -> None:
    for part in (startup, planning, quota):
        part.bench()


if __name__ == "__main__":
    main()
