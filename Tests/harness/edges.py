# SPDX-License-Identifier: Apache-2.0
"""Caches and terminators in front of origins, started with the configurations in deploy/edge.

Each starts as a process of the test, in a folder of its own, with the shipped configuration; only
addresses and file names are replaced.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.ports import free_port
from harness.supervisor import is_bound
from harness.tools import ROOT, need
from harness.waiting import wait_until

CONFIGURATIONS = ROOT / "deploy/edge"


@dataclass
class Edge:
    """A running edge: clients connect to `port`, by TLS if `is_secure`."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    is_secure: bool = False
    # Closed after this edge.
    behind: Edge | None = None

    def url(self, path: str) -> str:
        """Absolute address of a path."""
        return f"{'https' if self.is_secure else 'http'}://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        """Ends the process, then the edge behind it."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        if self.behind:
            self.behind.close()


@dataclass
class Configuration:
    """A shipped configuration, copied into a folder with other addresses."""

    source: Path
    folder: Path
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.source.read_text()

    def replace(self, old: str, new: str, count: int = 1) -> Configuration:
        """Replaces a text that must occur `count` times."""
        assert self.text.count(old) == count, f"{self.source.name}: {count} × {old}"
        self.text = self.text.replace(old, new)
        return self

    def write(self) -> Path:
        """Writes the copy; returns its path."""
        path = self.folder / self.source.name
        path.write_text(self.text)
        return path


def shown_certificate(address: str, port: int) -> bytes | None:
    """The certificate of a server; None while handshakes fail."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((address, port), timeout=5) as plain, \
                context.wrap_socket(plain) as connection:
            return connection.getpeercert(binary_form=True)
    except OSError:
        return None


def listen(name: str, command: Sequence[str], port: int, folder: Path, *,
           env: dict[str, str] | None = None, is_secure: bool = False,
           address: str = "127.0.0.1") -> Edge:
    """Starts a process and waits until it listens; with TLS, until it has its own certificate.

    Caddy and Apache Traffic Server listen before they have read it.
    """
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, cwd=folder, env=env)
    edge = Edge(name, port, process, log, is_secure)
    try:
        wait_until(lambda: is_bound(port) or process.poll() is not None, 20, f"{name} listens")
        assert process.poll() is None, "it has ended"
        if is_secure:
            own = ssl.PEM_cert_to_DER_cert((folder / "cert.pem").read_text())
            wait_until(lambda: shown_certificate(address, port) == own, 20,
                       f"{name} has its certificate")
    except AssertionError as error:
        edge.close()
        raise AssertionError(f"{error}\n{log.read_text()[-3000:]}") from None
    return edge


def varnish(folder: Path, ports: Sequence[int], cold: int | None = None,
            env: dict[str, str] | None = None, kept: str = "60m") -> Edge:
    """Varnish in front of one or two origins on these ports, and of a bucket as cold origin.

    `kept` is the longest time for which it keeps segments.
    """
    path = need("varnishd", "the edge configuration of Varnish")
    name = "one-origin.vcl" if len(ports) == 1 else "two-origins.vcl"
    vcl = Configuration(CONFIGURATIONS / "varnish" / name, folder)
    for shipped, port in zip(("8080", "8081"), ports):
        vcl.replace(f'.port = "{shipped}"', f'.port = "{port}"')
    if cold:
        vcl.replace('# include "./cold.vcl"', 'include "./cold.vcl"')
        bucket = Configuration(CONFIGURATIONS / "varnish/cold.vcl", folder)
        bucket.replace('.port = "9000"', f'.port = "{cold}"').write()
    unit = CONFIGURATIONS / "varnish/varnish.service.d/streamer.conf"
    options = re.findall(r"-p \w+=\w+", unit.read_text())
    assert len(options) == 6
    rules = Configuration(CONFIGURATIONS / "varnish/live.vcl", folder)
    rules.replace("60m", kept, 2).write()
    port = free_port()
    # Without a jail: the folders of tests are closed to other users.
    command = [path, "-F", "-j", "none", "-n", str(folder / "state"), "-a", f"127.0.0.1:{port}",
               "-f", str(vcl.write()), "-s", "malloc,256m", *(" ".join(options).split())]
    return listen("varnish", command, port, folder, env=env)


def certificate(folder: Path) -> None:
    """A certificate for 127.0.0.1 as cert.pem and key.pem."""
    subprocess.run([
        need("openssl", "edges with TLS"), "req", "-x509", "-newkey", "rsa:2048", "-nodes",
        "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"
    ], check=True, capture_output=True, timeout=30)


def nginx(folder: Path, name: str, port: int, cache: int | None = None, *,
          second: int | None = None) -> Edge:
    """nginx with one of its configurations, in front of `port`; playback through `cache`.

    WebSockets are led to the origin at `second` if the one at `port` is gone.
    """
    path = need("nginx", "the edge configurations of nginx")
    certificate(folder)
    mine = free_port()
    conf = Configuration(CONFIGURATIONS / "nginx" / name, folder)
    conf.replace("listen 8443", f"listen 127.0.0.1:{mine}", conf.text.count("listen 8443"))
    conf.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    if second:
        conf.replace("# server 127.0.0.1:8081 backup;", f"server 127.0.0.1:{second} backup;")
    if name != "alone.conf":
        conf.replace("127.0.0.1:6081", f"127.0.0.1:{cache or port}")
    conf.text = conf.text.replace("/var/lib/nginx/streamer-auth", f"{folder}/auth")
    conf.replace("/etc/streamer/edge/", f"{folder}/", 2)
    conf.replace("/run/streamer-edge.pid", f"{folder}/nginx.pid")
    conf.replace("/var/log/nginx/streamer-edge.log", f"{folder}/nginx.error")
    if name == "alone.conf":
        conf.replace("/var/lib/nginx/streamer", f"{folder}/cache")
    # Workers read and write in the folder of the test, which is closed to other users.
    globals_ = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    command = [path, "-p", str(folder), "-c", str(conf.write()), "-g", globals_]
    return listen("nginx", command, mine, folder, is_secure=True)


def caddy(folder: Path, port: int, cache: int | None = None,
          address: str = "127.0.0.1") -> Edge:
    """Caddy in front of `port`, by HTTP/2, or of the cache at another one: HTTP/3 for viewers.

    `address` is that of Caddy and of both.
    """
    path = need("caddy", "the edge configuration of Caddy, and HTTP/3")
    certificate(folder)
    mine = free_port()
    conf = Configuration(CONFIGURATIONS / "caddy/Caddyfile", folder)
    conf.replace("\n:8443 {", f"\nhttps://{address}:{mine}, :{mine} {{\n\tbind {address}")
    conf.replace("@socket 127.0.0.1:8080", f"@socket {address}:{port}")
    if cache:
        conf.replace("proxy h2c://127.0.0.1:8080", f"proxy {address}:{cache}")
        conf.replace("\t\t\t\tversions h2c\n", "")
    else:
        conf.replace("proxy h2c://127.0.0.1:8080", f"proxy h2c://{address}:{port}")
    conf.replace("/etc/streamer/edge/", f"{folder}/", 2)
    command = [path, "run", "--config", str(conf.write()), "--adapter", "caddyfile"]
    env = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
           "XDG_DATA_HOME": str(folder)}
    return listen("caddy", command, mine, folder, env=env, is_secure=True, address=address)


def quic_flags(edge: Edge, address: str = "127.0.0.1") -> list[str]:
    """Flags of a Chromium that reaches Caddy by HTTP/3 from its first request on."""
    key = subprocess.run(["openssl", "x509", "-in", edge.log.parent / "cert.pem", "-noout",
                          "-pubkey"], check=True, capture_output=True, timeout=10).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, check=True,
                         capture_output=True, timeout=10).stdout
    known = base64.b64encode(hashlib.sha256(der).digest()).decode()
    return [f"--origin-to-force-quic-on={address}:{edge.port}",
            f"--ignore-certificate-errors-spki-list={known}"]


def traffic_server(folder: Path, port: int) -> Edge:
    """Apache Traffic Server in front of `port`."""
    path = need("traffic_server", "the edge configuration of Apache Traffic Server")
    certificate(folder)
    etc, shipped, mine = folder / "etc", CONFIGURATIONS / "trafficserver", free_port()
    for name in ("etc", "cache", "run", "log"):
        (folder / name).mkdir()
    for file in Path("/etc/trafficserver").iterdir():
        if file.is_file():
            (etc / file.name).write_bytes(file.read_bytes())
    records = Configuration(shipped / "records.config", etc)
    records.replace("STRING 8443:ssl 8081", f"STRING {mine}:ssl:ip-in=127.0.0.1")
    # As root the program would become another user, who may not read the folder.
    records.text += "CONFIG proxy.config.admin.user_id STRING #-1\n"
    records.write()
    for name, count in (("remap.config", 1), ("closed.config", 7)):
        Configuration(shipped / name, etc).replace("127.0.0.1:8080", f"127.0.0.1:{port}",
                                                   count).write()
    Configuration(shipped / "fields.config", etc).write()
    certificates = Configuration(shipped / "ssl_multicert.config", etc)
    certificates.replace("/etc/streamer/edge/", f"{folder}/", 2).write()
    (etc / "storage.config").write_text(f"{folder}/cache 128M\n")
    layout = {"prefix": folder, "exec_prefix": folder, "bindir": "/usr/bin", "sbindir": "/usr/bin",
              "sysconfdir": etc, "datadir": folder / "cache", "includedir": "/usr/include",
              "libdir": "/usr/lib/trafficserver", "libexecdir": "/usr/lib/trafficserver/modules",
              "localstatedir": folder, "runtimedir": folder / "run", "logdir": folder / "log",
              "cachedir": folder / "cache"}
    runroot = folder / "runroot.yaml"
    runroot.write_text("".join(f"{key}: {value}\n" for key, value in layout.items()))
    return listen("traffic_server", [path, f"--run-root={runroot}"], mine, folder, is_secure=True)


@contextmanager
def terminated_varnish(folder: Path, port: int,
                       name: str = "terminator.conf") -> Iterator[Edge]:
    """nginx with TLS, by one of its configurations, in front of Varnish."""
    inner, outer = folder / "varnish", folder / "nginx"
    inner.mkdir()
    outer.mkdir()
    cache = varnish(inner, [port])
    try:
        edge = nginx(outer, name, port, cache.port)
    except BaseException:
        cache.close()
        raise
    edge.behind = cache
    try:
        yield edge
    finally:
        edge.close()


@contextmanager
def single(start: Callable[[], Edge]) -> Iterator[Edge]:
    """An edge of one process."""
    edge = start()
    try:
        yield edge
    finally:
        edge.close()


KINDS = {
    "varnish": lambda folder, port: single(lambda: varnish(folder, [port])),
    "nginx-varnish": terminated_varnish,
    "trafficserver": lambda folder, port: single(lambda: traffic_server(folder, port)),
    "nginx-alone": lambda folder, port: single(lambda: nginx(folder, "alone.conf", port)),
}
@contextmanager
def cached_caddy(folder: Path, port: int) -> Iterator[Edge]:
    """Caddy in front of Varnish."""
    inner, outer = folder / "varnish", folder / "caddy"
    inner.mkdir()
    outer.mkdir()
    cache = varnish(inner, [port])
    try:
        edge = caddy(outer, port, cache.port)
    except BaseException:
        cache.close()
        raise
    edge.behind = cache
    try:
        yield edge
    finally:
        edge.close()


# Without a cache: each viewer is a request to the origin.
TERMINATORS = {"caddy": lambda folder, port: single(lambda: caddy(folder, port))}
# Further ways to put the shipped files together.
MORE = {
    "nginx-checking": lambda folder, port: terminated_varnish(folder, port, "checking.conf"),
    "varnish-two-origins": lambda folder, port: single(lambda: varnish(folder, [port, port])),
    "varnish-cold": lambda folder, port: single(lambda: varnish(folder, [port], free_port())),
    "caddy-varnish": cached_caddy,
}
