# SPDX-License-Identifier: Apache-2.0
"""A wrong key of an S3 store."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

from harness.program import Program
from harness.store import Store
from harness.waiting import wait_until
from test_archive_objects import FLAGS, TOKEN, store  # noqa: F401


def state(program: Program) -> dict[str, object]:
    """The archive of the stream in /api/streams."""
    request = urllib.request.Request(
        program.url("/api/streams/live"), headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return dict(json.load(response)["archive"])


def objects(program: Program) -> dict[str, object]:
    """The objects of the stream in /api/streams."""
    found = state(program)["objects"]
    assert isinstance(found, dict)
    return found


def test_wrong_key_is_reported_once_and_tried_again(
        streamer: Callable[..., Program], tmp_path: Path, store: Store) -> None:
    """The store refuses a wrong signature; the log has one line, without the key."""
    wrong = {**store.environment, "AWS_SECRET_ACCESS_KEY": "wrong-secret-of-the-tests"}
    program = streamer(*FLAGS, "--archive", str(tmp_path), "--archive-objects", store.url,
                       env=wrong)
    entry = program.wait_logged("archive-objects-failed", "403", stream="live", within=20)
    assert "SignatureDoesNotMatch" in entry.message
    wait_until(lambda: int(str(objects(program)["failures"])) >= 2, 20, "another attempt")
    program.check_logged("archive-objects-failed", stream="live")
    assert not store.keys()
    assert not any(secret in line for line in program.log
                   for secret in (store.identifier, "wrong-secret-of-the-tests"))
