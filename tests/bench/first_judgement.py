"""Print the milliseconds from nothing to the first judgement of each profile; what the bench of tasks runs.

The standard library is loaded before: every command has it, whether it judges prompts or not.
"""
# ruff: noqa: E402, F401

from __future__ import annotations

import collections
import dataclasses
import decimal
import fractions
import hashlib
import html
import importlib.readers
import importlib.resources.readers
import json
import re
import time
import unicodedata


begin = time.perf_counter()

from reconciler.tasks.classify import judge_text
from reconciler.tasks.weights import weights


judge_text("Summarize my inbox.", weights("scheduled"))
judge_text("Summarize my inbox.", weights("interactive"))
print((time.perf_counter() - begin) * 1000)
