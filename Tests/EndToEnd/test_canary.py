# SPDX-License-Identifier: Apache-2.0
"""`streamer canary` follows parts, segments and frames, and gives their ages out."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from harness.program import Program
from harness.tools import streamer_binary


def check_ages(reports: list[dict], began: float) -> None:
    """Every form has its chunks and their ages, in ms; none is older than the run."""
    ran = (time.monotonic() - began) * 1000
    for one in reports:
        # 30 chunks per second, from the next part or segment on.
        assert one["chunks"] >= 50 and one["errors"] == 0, one
        assert 0 <= one["age"]["p50"] <= one["age"]["p99"] <= ran, one


def canary(*words: object) -> subprocess.CompletedProcess[str]:
    """One run of the command."""
    return subprocess.run([str(streamer_binary()), "canary", *map(str, words)],
                          capture_output=True, text=True, timeout=30, check=False)


def test_canary_measures_all_forms(server: Program, tmp_path: Path) -> None:
    """Parts, segments and frames have ages, no error, and samples in the file of metrics."""
    metrics = tmp_path / "canary.prom"
    urls = [server.url(path) for path in ("/live.m3u8", "/manifest.mpd", "/")]
    began = time.monotonic()
    run = canary(*urls, "--json", "--interval", 4, "--seconds", 4, "--metrics-file", metrics)
    assert run.returncode == 0, run.stdout + run.stderr
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [one["form"] for one in found] == ["parts", "segments", "frames"]
    check_ages(found, began)
    assert {one["clock"] for one in found} == {"prft"}, found
    text = metrics.read_text()
    for url in urls:
        assert f'streamer_canary_up{{url="{url}",' in text
    assert text.count('quantile="0.99"') == 3


def test_canary_reads_the_burned_clock(server: Program) -> None:
    """All forms, decoded from the first key frame on: as many ages as frames."""
    urls = [server.url(path) for path in ("/live.m3u8", "/manifest.mpd", "/")]
    began = time.monotonic()
    run = canary(*urls, "--clock", "burned", "--json", "--interval", 5, "--seconds", 5)
    assert run.returncode == 0, run.stdout + run.stderr
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(one["form"], one["clock"]) for one in found] == [
        ("parts", "burned"), ("segments", "burned"), ("frames", "burned")]
    check_ages(found, began)


def test_canary_reports_what_does_not_play(server: Program) -> None:
    """A missing stream is status 1, with its errors counted and named."""
    run = canary(server.url("/missing/playlist.m3u8"), server.url("/live.m3u8"), "--interval", 2,
                 "--seconds", 2)
    assert run.returncode == 1
    assert "/missing/playlist.m3u8 parts: no media, 0 chunks" in run.stdout, run.stdout
    assert "404" in run.stderr and "/live.m3u8 parts: age p50" in run.stdout


@pytest.mark.parametrize(("words", "expected"), [
    (["ftp://h/a.m3u8"], "an http or https URL"), ([], "1–64 addresses"),
    (["--interval", "0", "http://h/"], "1–3600 seconds"), (["--nope"], "canary --help"),
    (["--seconds"], "missing value"), (["--clock", "sun", "http://h/"], "prft, pdt or burned"),
    (["--clock", "pdt", "http://127.0.0.1:9/manifest.mpd"], "a URL that ends in .m3u8"),
    (["--clock", "pdt", "http://127.0.0.1:9/a.m3u8", "http://127.0.0.1:9/"],
     "a URL that ends in .m3u8"),
    (["--verify", "/missing.pem", "https://h/"], "system, none, or a PEM file"),
])
def test_canary_names_wrong_arguments(words: list[str], expected: str) -> None:
    """A wrong argument is status 2, with one line."""
    run = canary(*words)
    assert run.returncode == 2 and expected in run.stderr, run.stderr
    assert run.stderr.count("\n") == 1
