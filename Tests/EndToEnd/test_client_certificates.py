# SPDX-License-Identifier: Apache-2.0
"""Publishers with certificates of an authority, over HTTPS and RTMPS; viewers need none."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program, run_to_end
from harness.rtmp import Publisher
from harness.sources import clip
from harness.tls import Authority, context
from harness.tools import need
from harness.waiting import wait_until

SMALL = ("--host", "127.0.0.1", "--http-port", "0", "--https-port", "0", "--self-signed")


class Hook(BaseHTTPRequestHandler):
    """Admits publishers, and notes what it is asked."""

    asked: list[dict] = []

    def do_POST(self) -> None:
        """Answers 200."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Hook.asked.append(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Prints nothing."""


def upload(program: Program, path: Path, *client: Path) -> tuple[int, int]:
    """Publishes a file with a client's certificate; the statuses of curl and of the response."""
    identity = ["--cert", str(client[0]), "--key", str(client[1])] if client else []
    done = subprocess.run(
        [need("curl", "publishing over HTTPS"), "-sk", "--max-time", "15", *identity, "-T",
         str(path), "-o", "/dev/null", "-w", "%{http_code}", program.secure_url("/live/a.ts")],
        capture_output=True, text=True, check=False)
    return done.returncode, int(done.stdout or 0)


@pytest.mark.timeout(90)
def test_named_certificates_may_publish(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The named one is taken, others and none are 403; a revoked one has no connection."""
    authority, stranger = Authority(tmp_path), tmp_path / "other"
    stranger.mkdir()
    gate, yard, lost = (authority.client(name) for name in ("gate", "yard", "lost"))
    foreign = Authority(stranger).client("gate")
    authority.revoke(lost[0])
    media = clip(tmp_path / "clip.ts", 2)
    hook = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=hook.serve_forever, daemon=True).start()
    program = streamer(
        *SMALL, "--client-ca", str(authority.path), "--client-crl", str(authority.revoked),
        "--publish-certificate", "gate", "--on-publish",
        f"http://127.0.0.1:{hook.server_port}/", "--passthrough", "always", defaults=False,
        within=20)
    program.secure_url("/")
    assert upload(program, media) == (0, 403)
    assert upload(program, media, *yard) == (0, 403)
    for client in (lost, foreign):
        code, status = upload(program, media, *client)
        assert code != 0 and status == 0, (code, status)
    program.check_logged("client-certificate", "certificate revoked")
    assert upload(program, media, *gate) == (0, 204)
    program.check_logged("publish-started", "certificate CN=gate,O=Example", stream="live")
    assert [entry["certificate"] for entry in Hook.asked] == ["CN=gate,O=Example"]
    # A viewer has no certificate.
    done = subprocess.run(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}",
                           program.secure_url("/health")], capture_output=True, text=True,
                          check=True)
    assert done.stdout == "200"
    # A reload takes the new list; a session of before is not resumed.
    authority.revoke(gate[0])
    program.process.send_signal(signal.SIGHUP)
    wait_until(lambda: upload(program, media, *gate)[0] != 0, 10, "the certificate is revoked")
    assert get(program.port, "/health").status == 200
    hook.shutdown()


@pytest.mark.timeout(60)
def test_rtmps_takes_a_certificate(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A client without one is refused, and one with one needs no key."""
    authority, port = Authority(tmp_path), free_port()
    gate = authority.client("gate")
    program = streamer(
        *SMALL, "--rtmps", f"127.0.0.1:{port}", "--client-ca", str(authority.path),
        "--publish-certificate", "CN=gate,O=Example", defaults=False, within=20)
    program.secure_url("/")
    with_one = context()
    with_one.load_cert_chain(*map(str, gate))
    for tls, code in [(context(), b"NetStream.Publish.BadName"),
                      (with_one, b"NetStream.Publish.Start")]:
        with Publisher(port, tls) as publisher:
            assert publisher.ask("any") == code


@pytest.mark.parametrize(("flags", "words"), [
    (["--self-signed", "--client-crl", "a.pem"], ("--client-crl", "requires --client-ca")),
    (["--client-ca", "a.pem"], ("--client-ca", "requires --tls-cert or --self-signed")),
    (["--self-signed", "--client-ca", "/none.pem"], ("--client-ca", "holds no usable client")),
    (["--self-signed", "--rtmp", "0", "--publish-certificate", "gate"],
     ("--publish-certificate", "requires --client-ca")),
    (["--test-src", "--self-signed", "--publish-certificate", "gate"],
     ("--publish-certificate", "the stream has another source")),
    (["--self-signed", "--client-ca", "a.pem", "--publish-certificate", ""],
     ("--publish-certificate", "expected a common name")),
])
def test_wrong_settings_are_one_line(flags: list[str], words: tuple[str, ...]) -> None:
    """Each error names the option and what is expected."""
    status, log = run_to_end(["--http-port", "0", "--https-port", "0", *flags], defaults=False)
    assert status == 2 and len(log) == 1, log
    assert all(word in log[0] for word in words), log
