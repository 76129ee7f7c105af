from __future__ import annotations


class HostUnreadable(Exception):
    """A database of the host cannot be read; the rest of the import goes on without it."""
