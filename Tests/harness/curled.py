# SPDX-License-Identifier: Apache-2.0
"""Requests to edges by curl, with flags of its own."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from harness.edges import Edge
from harness.tools import need


@dataclass
class Answer:
    """Status, fields in lower case, and body."""

    status: int
    fields: str
    body: str


def ask(edge: Edge, path: str, *flags: str) -> Answer:
    """A request by curl through an edge."""
    shown = subprocess.run(
        [need("curl", "edges"), "-sk", "-m", "15", "-D", "-", *flags, edge.url(path)],
        check=True, capture_output=True, text=True).stdout
    while shown.startswith("HTTP/") and shown.split()[1] == "100":
        shown = shown.partition("\n\n")[2]
    fields, _, body = shown.partition("\n\n")
    return Answer(int(fields.split()[1]), fields.lower(), body)
