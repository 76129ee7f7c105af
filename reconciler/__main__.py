from __future__ import annotations

from reconciler.cli.entry import entry


if __name__ == "__main__":
    entry()
