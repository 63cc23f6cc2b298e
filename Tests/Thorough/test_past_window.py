# SPDX-License-Identifier: Apache-2.0
"""An answer about the past is the same in the window and after it."""

from __future__ import annotations

from harness.archive import digest
from harness.http1 import get
from test_past import Past, past  # noqa: F401


def test_an_answer_is_the_same_in_the_window_and_after_it(past: Past) -> None:
    """Body, ETag and X-Media-Digest; the archive's files have the bytes that viewers got."""
    for path, live in past.live.items():
        assert live.status == 200, live.text
        again = get(past.program.port, path)
        assert again.status == 200, again.text
        assert again.body == live.body, path
        for name in ("etag", "x-media-digest", "cache-control", "content-type"):
            assert again.headers.get(name) == live.headers.get(name), (path, name)
    for (name, number), expected in past.recorder.found.items():
        assert digest(get(past.program.port, f"/live/{name}/segment{number}.m4s").body) == expected
