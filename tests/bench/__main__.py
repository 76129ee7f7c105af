from __future__ import annotations

from tests.bench import assignment, forecast, local, month, planning, quota, startup, tasks, usage


def main() -> None:
    for part in (startup, planning, quota, usage, tasks, local, forecast, assignment, month):
        part.bench()


if __name__ == "__main__":
    main()
