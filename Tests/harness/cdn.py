# SPDX-License-Identifier: Apache-2.0
"""An edge whose decisions are evaluated from the files of a CDN that no test can start.

A CDN decides about a request: it refuses it, passes it to the origin, or looks its key up. The edge
here keeps responses by these decisions, so that the cases of deploy/edge/cases.json apply to it.
Heads that no rule of a file sees are refused here with the verdict `platform`: how the CDN itself
treats them is not known.
"""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.http1 import Closed, Connection, Response
from harness.tls import make_certificate

Fields = list[tuple[str, str]]
# Removed from a request by every intermediary (RFC 9110 §7.6.1).
HOP_BY_HOP = {"connection", "upgrade", "keep-alive", "te", "trailer", "proxy-connection",
              "http2-settings", "transfer-encoding"}
# A cache asks its origin without the conditions and the range of a client, for a whole object.
CONDITIONS = {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range",
              "range", "expect"}
MOST_FIELDS = 96


@dataclass(frozen=True)
class Request:
    """A request as an edge reads it."""

    method: str
    target: str
    version: str
    fields: Fields
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def value(self, name: str) -> str | None:
        """The first value of a field."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    def without(self, names: set[str]) -> Fields:
        """The fields other than these, which are in lower case."""
        return [(key, value) for key, value in self.fields if key.lower() not in names]


@dataclass(frozen=True)
class Decision:
    """The treatment of a request by a CDN, and the request to the origin."""

    verdict: str
    """`refuse`, `pass`, `lookup`, or `platform` if no file decides."""
    status: int = 0
    key: str = ""
    target: str = ""
    fields: Fields = field(default_factory=list)
    is_cold: bool = False
    """Whether the bucket is asked, not the server."""


class Platform(Protocol):
    """A CDN with its files."""

    def decide(self, request: Request) -> Decision:
        """The treatment of a request."""

    def deliver(self, request: Request, decision: Decision,
                response: Response) -> tuple[Response, Decision | None]:
        """The response as a viewer gets it, or the decision for a second request."""

    def kept(self, request: Request, decision: Decision, response: Response) -> float:
        """The seconds for which it keeps a response; 0 if it does not."""


def own_lifetime(response: Response) -> float:
    """The seconds that Cache-Control of a response states."""
    control = response.headers.get("cache-control", "")
    if re.search("no-store|no-cache|private", control):
        return 0
    found = re.search(r"max-age=(\d+)", control)
    return float(found[1]) if found else 0


def read_request(connection: Connection) -> Request | None:
    """The request of a client; None if it is malformed, or its Host is not one name."""
    try:
        head = connection._until(b"\r\n\r\n", time.monotonic() + connection.timeout)
    except (OSError, Closed):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    found = re.fullmatch(r"([A-Z]+) (\S+) HTTP/1\.([01])", first)
    pairs = [re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", line)
             for line in lines]
    if not found or not all(pairs) or len(lines) > MOST_FIELDS:
        return None
    fields = [(pair[1], pair[2]) for pair in pairs if pair]
    # An absolute address has the host of the request (RFC 9112 §3.2.2).
    absolute = re.fullmatch(r"http://([^/?]+)(.*)", found[2])
    target = absolute[2] or "/" if absolute else found[2]
    if absolute:
        fields = [*((name, value) for name, value in fields if name.lower() != "host"),
                  ("Host", absolute[1])]
    hosts = sum(name.lower() == "host" for name, _ in fields)
    request = Request(found[1], target, found[3], fields)
    is_sized = request.value("Transfer-Encoding") in (None, "chunked")
    if hosts != 1 or not target.startswith("/") or not is_sized:
        return None
    length = int(request.value("Content-Length") or 0)
    body = connection._exactly(length, time.monotonic() + connection.timeout)
    return Request(found[1], target, found[3], fields, body)


@dataclass
class Kept:
    """A response under a key, for requests whose fields of Vary are equal."""

    vary: dict[str, str | None]
    response: Response
    until: float


class EvaluatedEdge:
    """Listens by TLS, and answers by the decisions of a platform before an origin."""

    is_secure = True

    def __init__(self, name: str, platform: Platform, origin: int, folder: Path,
                 bucket: int | None = None) -> None:
        self.name, self.platform, self.origin, self.bucket = name, platform, origin, bucket
        self.decisions: list[Decision] = []
        self.kept: dict[str, list[Kept]] = {}
        self.lock = threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, make_certificate(folder, name)))
        context.set_alpn_protocols(["http/1.1"])
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            """One connection with one request."""

            def handle(self) -> None:
                """Reads the request and writes the response."""
                try:
                    with context.wrap_socket(self.request, server_side=True) as secure:
                        secure.sendall(outer.answer(Incoming(secure)))
                except (OSError, Closed, TimeoutError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            """A server whose threads end with the program."""

            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends the edge."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, connection: Connection) -> bytes:
        """The bytes of the response to the request of a connection."""
        request = read_request(connection)
        decision = Decision("platform", 400) if request is None else self.platform.decide(request)
        self.decisions.append(decision)
        if request is None or decision.verdict in ("refuse", "platform"):
            return (f"HTTP/1.1 {decision.status} Refused\r\nContent-Length: 0\r\n"
                    "Connection: close\r\n\r\n").encode()
        response, again = self.platform.deliver(request, decision,
                                                self.response(request, decision))
        if again:
            self.decisions.append(again)
            response, _ = self.platform.deliver(request, again, self.response(request, again))
        return written(response, request.method)

    def response(self, request: Request, decision: Decision) -> Response:
        """A kept response, or that of an origin."""
        response = self.found(decision) if decision.verdict == "lookup" else None
        if response is None:
            response = self.fetch(request, decision)
            self.keep(request, decision, response)
        return response

    def found(self, decision: Decision) -> Response | None:
        """A kept response to a request."""
        with self.lock:
            for kept in self.kept.get(decision.key, []):
                if kept.until > time.monotonic() \
                        and kept.vary == varying(kept.response, decision.fields):
                    return kept.response
        return None

    def fetch(self, request: Request, decision: Decision) -> Response:
        """The response of the origin to the request as the edge sends it."""
        is_passed = decision.verdict == "pass"
        # A lookup of HEAD fetches the object.
        method = request.method if is_passed else "GET"
        body = request.body if is_passed else b""
        length = [("Content-Length", str(len(body)))] if body else []
        lines = [f"{method} {decision.target} HTTP/1.1",
                 *(f"{name}: {value}" for name, value in [*decision.fields, *length])]
        port = self.bucket if decision.is_cold else self.origin
        assert port is not None, "no bucket"
        with Connection(port) as connection:
            connection.send_raw("\r\n".join([*lines, "Connection: close", "", ""])
                                .encode("latin-1") + body)
            return connection.read(method)

    def keep(self, request: Request, decision: Decision, response: Response) -> None:
        """Keeps a response for as long as the platform does."""
        seconds = self.platform.kept(request, decision, response)
        if decision.verdict == "lookup" and seconds > 0:
            with self.lock:
                self.kept.setdefault(decision.key, []).insert(0, Kept(
                    varying(response, decision.fields), response, time.monotonic() + seconds))


class Incoming(Connection):
    """The connection of a client that an edge has accepted."""

    def __init__(self, secure: ssl.SSLSocket) -> None:
        self.socket, self.timeout, self.buffer = secure, 15, b""
        secure.settimeout(self.timeout)

    def _more(self, deadline: float) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise Closed("the client has closed the connection")
        self.buffer += data


def varying(response: Response, fields: Fields) -> dict[str, str | None]:
    """The values of the request fields that Vary of a response names."""
    names = [name.strip().lower() for name in response.headers.get("vary", "").split(",")]
    given = {name.lower(): value for name, value in fields}
    return {name: given.get(name) for name in names if name}


def written(response: Response, method: str) -> bytes:
    """A response for a client; HTTP chunks become one body."""
    framing = {"connection", "content-length", "transfer-encoding"}
    lines = [f"HTTP/1.1 {response.status} {response.reason}",
             *(f"{name}: {value}" for name, value in response.fields if name not in framing),
             f"content-length: {len(response.body)}", "connection: close"]
    body = b"" if method == "HEAD" else response.body
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
