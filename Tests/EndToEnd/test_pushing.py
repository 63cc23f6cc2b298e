# SPDX-License-Identifier: Apache-2.0
"""Streams that are pushed: by CMAF ingest, RTMP and SRT, to our own doors and to other programs."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program, stop
from harness.pushing import AUTHORIZATION, pushing, receiver, states, wait_equal, wait_state
from harness.sources import SYSTEM_PYTHON
from harness.tls import make_certificate
from harness.tools import ROOT, need
from harness.waiting import pause, wait_until

GST_RECEIVER = ROOT / "Tests/harness/gstreceiver.py"


@contextmanager
def ended(*programs: Program) -> Iterator[None]:
    """Ends programs; each must end in an orderly way."""
    try:
        yield
    finally:
        for program in programs:
            if program.process.poll() is None:
                assert stop(program) == 0, program.log_text()


def control(program: Program, order: str) -> dict:
    """Starts or stops the push."""
    response = get(program.port, f"/api/streams/live/push/0/{order}", "POST", AUTHORIZATION)
    assert response.status == 200, response.text
    return response.json()


@pytest.mark.parametrize("protocol", ["rtmp", "srt"])
def test_container_has_the_same_frames(protocol: str) -> None:
    """RTMP and SRT: video and audio arrive unchanged, from a process with few rights."""
    port = free_port()
    target = receiver(**{protocol: port})
    url = {"rtmp": f"rtmp://127.0.0.1:{port}/live/secret-key",
           "srt": f"srt://127.0.0.1:{port}?streamid=live&latency=20000"}[protocol]
    source = pushing("--audio", "tone", "--push", url)
    with ended(source, target):
        if protocol == "rtmp":
            # Without a key of the stream, the application is the name.
            wait_state(source, "pushing")
        wait_equal(source, target, 60)
        # The tone repeats, and with it the bytes of its AAC frames.
        wait_equal(source, target, 30, "audio")
        found = wait_state(source, "pushing")
        assert found["protocol"] == protocol and "secret-key" not in str(found)
        assert "secret-key" not in source.log_text().split("\n", 1)[1]
        ids = [pid for pid in os.listdir("/proc") if pid.isdigit() and pushes(pid, source.pid)]
        assert len(ids) == 1, ids
        status = Path(f"/proc/{ids[0]}/status").read_text()
        assert "\nSeccomp:\t2\n" in status and "\nNoNewPrivs:\t1\n" in status


def pushes(pid: str, parent: int) -> bool:
    """Whether a process is one of a parent that pushes."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return b"--push-process" in command and f"\nPPid:\t{parent}\n" in status


def test_tracks_create_their_stream_at_the_receiver() -> None:
    """CMAF with audio to a name that the receiver does not know: the tracks arrive at once."""
    port = free_port()
    target = receiver(port)
    source = pushing("--audio", "tone", "--push", f"cmaf+http://127.0.0.1:{port}/two")
    with ended(source, target):
        wait_state(source, "pushing")
        for track in ("video", "audio"):
            wait_until(lambda: get(target.port, f"/two/{track}/playlist.m3u8",
                                   timeout=15).status == 200, 20, f"a playlist of {track}")
        assert not target.logged("published", "uploaded stream")
        assert target.logged("publish-started", stream="two")


def test_refusal_is_stated_and_a_push_is_stopped_and_started() -> None:
    """A wrong key: the reason is stated without it. A stop by the API ends the publication."""
    port = free_port()
    target = receiver(port, 0, 0, "--publish-key", "the-right-key-of-the-stream", "--publish",
                      "key")
    address = f"127.0.0.1:{port}/live"
    wrong = pushing("--push", f"cmaf+http://x:the-wrong-key@{address}")
    with ended(wrong):
        found = wait_state(wrong, "retrying")
        assert "401" in found["reason"] or "403" in found["reason"], found
        assert "wrong-key" not in str(found) + wrong.log_text().split("\n", 1)[1]
        assert found["to"] == f"cmaf+http://***@{address}", found
    right = pushing("--push", f"cmaf+http://x:the-right-key-of-the-stream@{address} stopped")
    with ended(target, right):
        pause(0.5, "a push that is stopped at first connects to nobody")
        assert states(right)[0]["state"] == "stopped" and states(right)[0]["bytes"] == 0
        assert not target.logged("publish-started")
        assert control(right, "start")["state"] in ("waiting", "connecting", "pushing")
        wait_state(right, "pushing")
        target.wait_logged("publish-started")
        assert control(right, "stop")["state"] == "stopped"
        target.wait_logged("publish-ended")
        metrics = get(right.port, "/metrics", headers=AUTHORIZATION).text
        assert 'streamer_push_connected{stream="live",push="0"} 0' in metrics
        missing = get(right.port, "/api/streams/live/push/1/start", "POST", AUTHORIZATION)
        assert missing.status == 404


def test_receiver_asks_for_a_certificate(tmp_path: Path) -> None:
    """cmaf+https: the receiver is verified, and gets the certificate of --client-cert."""
    (server_file, server_key), (own, key) = (
        make_certificate(tmp_path, "localhost"), make_certificate(tmp_path, "pusher"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file, server_key)
    context.load_verify_locations(own)
    context.verify_mode = ssl.CERT_REQUIRED
    taken: list[tuple[dict | None, bytes]] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def take() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                    with plain, context.wrap_socket(plain, server_side=True) as connection:
                        taken.append((connection.getpeercert(), connection.recv(400)))
                except ssl.SSLError:
                    continue
                except OSError:
                    return
        threading.Thread(target=take, daemon=True).start()
        url = f"cmaf+https://localhost:{server.getsockname()[1]}/x audio=none"
        identity = ("--client-cert", own, "--client-key", key)
        with ended(unverified := pushing("--push", url, *identity)):
            found = wait_state(unverified, "retrying")
            assert "TLS" in found["reason"] and not taken, found
        with ended(pushing("--push", url, "--push-verify", server_file, *identity)):
            certificate, head = wait_until(lambda: taken[:1], 10, "a certificate")[0]
            assert certificate and (("commonName", "pusher"),) in certificate["subject"]
            assert head.startswith(b"POST /x/video.cmfv HTTP/1.1\r\n"), head


@pytest.mark.parametrize("protocol", ["rtmp", "srt"])
def test_ffmpeg_receives(protocol: str, tmp_path: Path) -> None:
    """ffmpeg as the receiver: it decodes two seconds without an error."""
    port = free_port()
    url = {"rtmp": f"rtmp://127.0.0.1:{port}/live/key",
           "srt": f"srt://127.0.0.1:{port}?mode=listener"}[protocol]
    listen = ["-listen", "1"] if protocol == "rtmp" else []
    command = [need("ffmpeg", "pushing to ffmpeg"), "-v", "error", *listen, "-i", url, "-t", "2",
               "-f", "framemd5", "-"]
    target = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    source = pushing("--audio", "tone", "--push", url.replace("?mode=listener", ""))
    with ended(source):
        out, errors = target.communicate(timeout=25)
        lines = [line for line in out.decode().splitlines() if not line.startswith("#")]
        assert sum(line.startswith("0,") for line in lines) >= 50, (errors, lines[:5])
        assert sum(line.startswith("1,") for line in lines) >= 50, (errors, lines[:5])


def test_gstreamer_receives() -> None:
    """GStreamer as the receiver of SRT: access units of video and audio."""
    elements = ("srtsrc", "tsdemux", "h264parse", "aacparse")
    check = subprocess.run([
        SYSTEM_PYTHON, "-c", "import gi; gi.require_version('Gst', '1.0')\n"
        "from gi.repository import Gst; Gst.init(None)\n"
        f"assert all(map(Gst.ElementFactory.find, {elements!r}))"
    ], capture_output=True) if Path(SYSTEM_PYTHON).exists() else None
    if check is None or check.returncode:
        pytest.skip("GStreamer's srtsrc not found: pushing to GStreamer is not tested")
    port = free_port()
    target = subprocess.Popen([SYSTEM_PYTHON, str(GST_RECEIVER), str(port), "50"],
                              stdout=subprocess.PIPE)
    with ended(pushing("--audio", "tone", "--push", f"srt://127.0.0.1:{port}?latency=20000")):
        out, _ = target.communicate(timeout=30)
    video, audio = map(int, out.split())
    assert video >= 50 and audio >= 50, (video, audio)


def test_nginx_receives(tmp_path: Path) -> None:
    """nginx's RTMP module as the receiver."""
    nginx = shutil.which("nginx") or pytest.skip("nginx not found: pushing to it is not tested")
    module = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
    if not module.exists():
        pytest.skip("nginx's RTMP module not found: pushing to it is not tested")
    port = free_port()
    (tmp_path / "nginx.conf").write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}load_module {module}; daemon off; "
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log;\n"
        f"events {{}}\nrtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; "
        f"record all; record_path {tmp_path}; }} }} }}\n")
    target = subprocess.Popen([nginx, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)])
    source = pushing("--audio", "tone", "--push", f"rtmp://127.0.0.1:{port}/live/key")
    try:
        with ended(source):
            wait_state(source, "pushing")
            wait_until(lambda: sum(file.stat().st_size for file in tmp_path.glob("*.flv"))
                       > 100_000, 10, "media")
    finally:
        target.terminate()
        target.wait(5)
