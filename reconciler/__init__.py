"""Tactician keeps the model assignment of an OpenClaw host what its owner's policies say."""

__version__ = "0.1.0"
