# SPDX-License-Identifier: Apache-2.0
"""Sends a fixed list of requests to a program, and writes the responses as comparable text.

The streams are of a file that has ended, so that two programs have the same media. Values that
must differ from run to run are replaced by names: times, versions, entity tags and ports. Equal
times of an attribute get the same number, so that their order and equality are compared too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.http1 import get
from harness.program import Program
from harness.waiting import wait_until

ADMIN = "admin-token-of-the-compatibility-test"
KEY = "k1:" + "secret-of-the-compatibility-" * 2
ENDED = ("clip", "epoch", "ladder", "chunked", "variable", "guarded")
FAR = 4102444800
MEDIA_BYTES = b"\x00\x01\x02"


@dataclass(frozen=True)
class Request:
    """Bytes of a request, in which {host} is the address of the program.

    The connection of a request that `keeps_open` is closed by the client.
    """

    name: str
    data: bytes
    shows_content: bool = True
    keeps_open: bool = False


def ask(path: str, method: str = "GET", *fields: str, body: bytes = b"",
        shows_content: bool = True) -> Request:
    """A request of HTTP/1.1 whose connection ends after the response."""
    lines = [f"{method} {path} HTTP/1.1", "Host: {host}", "Connection: close", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    name = " ".join([method, path, *fields])
    if body:
        name += f" with {len(body)} bytes"
    return Request(name, "\r\n".join([*lines, "", ""]).encode() + body, shows_content)


def raw(name: str, text: str) -> Request:
    """A request that is sent as it is."""
    return Request(name, text.replace("\n", "\r\n").encode())


def token(stream: str, expires: int = FAR, key: str = KEY) -> str:
    """A prefix of paths with a playback token."""
    identifier, _, secret = key.partition(":")
    text = f"v1|{stream}|{expires}||viewer"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    code = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return f"/t/{identifier}.{expires}.viewer.{code}"


def configuration(folder: Path, clip: Path) -> Path:
    """The settings of the program: streams of `clip` in several forms, uploads and a publisher."""
    copied = {"input": str(clip), "passthrough": "always", "numbering": "run", "history": 0,
              "segmentDuration": 0.64}
    streams = [
        {"stream": "clip", **copied},
        {"stream": "epoch", **copied, "numbering": "epoch"},
        {"stream": "chunked", **copied, "playlist": "chunked", "partDuration": 0.32,
         "cmsd": True},
        {"stream": "variable", **copied, "segmentDuration": 1, "audio": "none"},
        {"stream": "ladder", "input": str(clip), "passthrough": "never", "numbering": "run",
         "history": 0, "segmentDuration": 0.64, "preset": "ultrafast",
         "rendition": ["192x108@300", "160x90@100"]},
        {"stream": "guarded", **copied, "playbackKey": KEY},
        {"stream": "studio", "source": "relay", "publishKey": "publish-key-of-the-test"},
        {"stream": "free", "source": "relay"},
        {"stream": "stage", "publishKey": "publish-key-of-the-test",
         "resolution": "160x90"},
    ]
    path = folder / "config.json"
    path.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": 0, "rtmp": "127.0.0.1:0",
        "adminToken": ADMIN, "stats": "open",
        "holdTimeout": 0.3, "maxUriBytes": 400, "maxHeadFields": 20, "maxHeadBytes": 3000,
        "streams": streams}))
    return path


def wait_ended(program: Program) -> None:
    """Waits until all streams of the file have ended."""
    def states() -> dict[str, str]:
        response = get(program.port, "/api/streams", headers={"Authorization": f"Bearer {ADMIN}"})
        return {stream["stream"]: stream["state"] for stream in response.json()}

    wait_until(lambda: all(states()[name] == "ended" for name in ENDED), 60, "the end of the file")


PAGES = ("/", "/wall", "/stage/", "/clip/", "/guarded/", "/stats", "/wall?streams=clip,ladder",
         "/ldash/play/clip", "/ldash/play/clip/", "/player/live-player.js",
         "/player/live-player-later.js", "/player/live-player.d.ts", "/clip/?x=1")
PLAYLISTS = ("/live.m3u8", "/playlist.m3u8", "/index.m3u8", "/ll.m3u8", "/clip/playlist.m3u8",
             "/clip/index.m3u8", "/clip/ll.m3u8", "/clip/chunked.m3u8", "/clip/video/playlist.m3u8",
             "/clip/video/index.m3u8", "/clip/video/chunked.m3u8", "/clip/audio/playlist.m3u8",
             "/clip/audio/chunked.m3u8", "/ladder/playlist.m3u8", "/ladder/chunked.m3u8",
             "/ladder/nothing/playlist.m3u8", "/variable/playlist.m3u8", "/variable/chunked.m3u8",
             "/epoch/playlist.m3u8",
             "/epoch/video/playlist.m3u8", "/chunked/playlist.m3u8", "/chunked/ll.m3u8",
             "/chunked/video/playlist.m3u8", "/chunked/video/chunked.m3u8",
             "/clip/video/playlist.m3u8?_HLS_skip=YES", "/clip/video/playlist.m3u8?_HLS_skip=v2",
             "/clip/video/playlist.m3u8?_HLS_msn=2",
             "/clip/video/playlist.m3u8?_HLS_msn=2&_HLS_part=1",
             "/clip/video/playlist.m3u8?_HLS_msn=9", "/clip/video/playlist.m3u8?_HLS_part=1",
             "/clip/video/playlist.m3u8?_HLS_msn=900", "/clip/video/playlist.m3u8?_HLS_msn=x",
             "/clip/video/playlist.m3u8?_HLS_msn=-1",
             "/clip/video/playlist.m3u8?_HLS_msn=1&_HLS_msn=2",
             "/clip/video/playlist.m3u8?_HLS_skip=NO", "/clip/video/playlist.m3u8?unknown=1",
             "/clip/video/playlist.m3u8?wait=10&version=0", "/clip/video/playlist.m3u8?wait=x",
             "/clip/video/playlist.m3u8?wait=10&version=x", "/clip/nothing/playlist.m3u8")
MPDS = ("/manifest.mpd", "/clip/manifest.mpd", "/ldash/clip/manifest.mpd",
        "/ldash/play/clip/manifest.mpd", "/epoch/manifest.mpd", "/chunked/manifest.mpd",
        "/ladder/manifest.mpd", "/ladder/auto/manifest.mpd", "/variable/manifest.mpd")
MEDIA = ("/clip/video/segment00001.m4s", "/clip/video/segment00002.m4s",
         "/clip/video/segment00002.0.m4s", "/clip/video/segment00002.9.m4s",
         "/clip/audio/segment00001.m4s", "/clip/audio/segment00002.1.m4s",
         "/clip/video/segment00003.m4s", "/clip/video/segment00004.m4s",
         "/clip/video/segment00009.m4s", "/clip/video/segment99999.m4s",
         "/clip/video/segment00001.99.m4s", "/clip/video/segment1.m4s",
         "/clip/video/segment0000x.m4s", "/clip/video/init-00000000.mp4",
         "/clip/auto/segment00001.m4s", "/chunked/video/segment00001.m4s")
VALUES = ("/streams.json", "/timestamps.json", "/clip/timestamps.json",
          "/clip/timestamps.json?rendition=video", "/clip/timestamps.json?rendition=none",
          "/stage/timestamps.json", "/health", "/ready",
          "/version", "/time", "/time?ms", "/time?iso", "/time?xsdate", "/time?other", "/isotime",
          "/player/hls.js", "/player/dash.all.min.js", "/player/scripts.json", "/auth",
          "/favicon.ico", "/robots.txt", "/nothing", "/clip", "/clip/nothing", "/clip/video/",
          "/clip/video", "//clip/", "/clip//video/playlist.m3u8", "/clip/../clip/playlist.m3u8",
          "/%63lip/playlist.m3u8", "/clip/%2e%2e/health", "/clip/video/%00", "/stage/playlist.m3u8",
          "/studio/", "/free/")
EVERY_KIND = ("/clip/video/playlist.m3u8", "/clip/manifest.mpd", "/clip/video/segment00002.m4s",
              "/clip/video/segment00002.0.m4s", "/streams.json", "/health", "/metrics", "/nothing",
              "/clip/", "/api/streams", "/clip/ws", "/stats.json", "/feed", "/time",
              "/studio/a.mpd")
BEARER = f"Authorization: Bearer {ADMIN}"
HANDSHAKE = ("Upgrade: websocket", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
PUBLISHER = "Authorization: Bearer publish-key-of-the-test"


def _reads() -> Iterator[Request]:
    for path in PAGES:
        yield ask(path, shows_content=False)
    for path in (*PLAYLISTS, *MPDS, *MEDIA, *VALUES):
        yield ask(path)
    for path in EVERY_KIND:
        yield ask(path, "HEAD", shows_content=path != "/clip/")
    for path in ("/clip/video/playlist.m3u8", "/clip/manifest.mpd", "/clip/video/segment00002.m4s"):
        yield ask(path, "GET", "If-None-Match: *")
        yield ask(path, "GET", "If-None-Match: {tag}")
        yield ask(path, "HEAD", "If-None-Match: W/{tag}")
        yield ask(path, "GET", 'If-None-Match: "other"')
        yield ask(path, "GET", "Accept-Encoding: gzip", shows_content=False)
        yield ask(path, "GET", "Accept-Encoding: gzip;q=0")
        yield ask(path, "GET", "CDN-Origin-Assist-Prefetch-Enabled: 1")
        yield ask(path, "GET", "Origin: https://page.example")
    for held in ("bytes=0-9", "bytes=10-", "bytes=-10", "bytes=5-4", "bytes=999999-",
                 "bytes=0-9,20-29", "bytes=x", "items=0-1", "bytes=0-99999999999999999999"):
        yield ask("/clip/video/segment00002.m4s", "GET", f"Range: {held}", shows_content=False)
        yield ask("{init}", "GET", f"Range: {held}")
    yield ask("{init}", "GET", "Range: bytes=0-9", 'If-Range: "other"')
    yield ask("{init}")
    yield ask("{init}", "HEAD")
    yield ask("/chunked/video/segment00001.m4s", "GET", "CMCD-Request: nor=\"segment00002.m4s\"")
    yield ask("/chunked/video/segment00001.m4s?CMCD=br%3D200%2Csid%3D%22a%22")


def _methods() -> Iterator[Request]:
    for path in EVERY_KIND:
        for method in ("OPTIONS", "POST", "DELETE", "TRACE", "PATCH", "get"):
            yield ask(path, method)
        yield ask(path, "OPTIONS", "Origin: https://page.example",
                  "Access-Control-Request-Method: GET",
                  "Access-Control-Request-Headers: range, cmcd-object")
        yield ask(path, "OPTIONS", "Origin: https://page.example",
                  "Access-Control-Request-Method: PUT")


def _access() -> Iterator[Request]:
    for prefix, name in (("", "guarded"), (token("guarded"), "guarded"), (token("guarded"), "clip"),
                         (token("clip"), "guarded"), (token("guarded", 1000000), "guarded"),
                         (token("guarded", key="k2:other" * 8), "guarded"), ("/t/x", "guarded"),
                         ("/t/", "guarded")):
        for path in (f"/{name}/playlist.m3u8", f"/{name}/video/playlist.m3u8",
                     f"/{name}/manifest.mpd", f"/{name}/video/segment00001.m4s",
                     f"/{name}/timestamps.json"):
            yield ask(prefix + path)
    yield ask(token("guarded"))
    yield ask(token("guarded") + "/health")
    yield ask(token("guarded") + "/nothing")
    yield ask("/guarded/playlist.m3u8?token=x")
    for target in ("/guarded/playlist.m3u8", token("guarded") + "/guarded/playlist.m3u8",
                   token("clip") + "/guarded/playlist.m3u8", "/health", "/nothing/playlist.m3u8"):
        yield ask("/auth", "GET", f"X-Original-URI: {target}")
    for given in ((), (BEARER,), ("Authorization: Basic YTpi",)):
        for path in ("/api/streams", "/api/streams/clip", "/api/streams/nothing",
                     "/api/streams/stage", "/api/nothing", "/api"):
            yield ask(path, "GET", *given)
    for text in ("", "{", "[]", '{"stream": "clip", "testSrc": true}', '{"stream": "a b"}',
                 '{"stream": "new", "input": "/etc/passwd"}', '{"stream": "new", "bitrate": "x"}'):
        yield ask("/api/streams", "POST", BEARER, body=text.encode())
    yield ask("/api/streams/nothing", "DELETE", BEARER)
    yield ask("/api/streams", "POST", BEARER, "Origin: https://page.example", body=b"{}")
    yield ask("/api/streams/clip/events", "POST", BEARER, body=b'{"goal": 1}')
    yield ask("/api/streams/stage/events", "POST", BEARER, body=b'{"goal": 1}')
    yield ask("/api/streams/stage/events?time=x", "POST", BEARER, body=b'{"goal": 1}')
    yield ask("/api/streams/stage/events", "POST", BEARER, body=b"{")
    yield Request("a foreign Host at /api", b"GET /api/streams HTTP/1.1\r\n"
                  b"Host: rebound.example\r\nConnection: close\r\n" + BEARER.encode() + b"\r\n\r\n")


def _web_sockets() -> Iterator[Request]:
    for path in ("/ws", "/clip/ws", "/nothing/ws", "/guarded/ws"):
        yield ask(path)
        yield ask(path, "GET", *HANDSHAKE[:2])
        yield ask(path, "GET", HANDSHAKE[0], "Sec-WebSocket-Version: 8", HANDSHAKE[2])
        yield ask(path, "GET", *HANDSHAKE[:2], "Sec-WebSocket-Key: short")
    for path in ("/clip/feed", "/feed", "/guarded/feed", "/stage/feed", "/clip/feed?segment=x"):
        yield ask(path, shows_content=False)
    for path in ("/nothing/ws", "/guarded/ws", token("clip") + "/guarded/ws"):
        yield Request(f"an upgrade at {path}", (
            f"GET {path} HTTP/1.1\r\nHost: {{host}}\r\nConnection: Upgrade\r\n"
            + "\r\n".join(HANDSHAKE) + "\r\n\r\n").encode(), keeps_open=True)
    yield Request("an upgrade without llws.v1", (
        "GET /clip/ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Protocol: x\r\n" + "\r\n".join(HANDSHAKE) + "\r\n\r\n").encode(),
        keeps_open=True)


def _uploads() -> Iterator[Request]:
    body = b"#EXTM3U\n#EXT-X-VERSION:3\n"
    for path in ("/studio/index.m3u8", "/studio/a.m4s", "/free/index.m3u8", "/free/seg-1.m4s",
                 "/free/init.mp4", "/free/deep/er/file.ts", "/free/.hidden", "/free/a/b/c/d/e",
                 "/clip/index.m3u8", "/clip/video/segment00001.m4s", "/ldash/free/live.mpd",
                 "/stage/media.ts"):
        yield ask(path, "PUT", body=body)
    for path in ("/free/index.m3u8", "/free/seg-1.m4s", "/free/init.mp4", "/free/deep/er/file.ts",
                 "/ldash/free/live.mpd", "/ldash/play/free/live.mpd"):
        yield ask(path)
        yield ask(path, "DELETE")
    yield ask("/studio/index.m3u8", "PUT", PUBLISHER, body=body)
    yield ask("/studio/index.m3u8", "PUT", PUBLISHER, body=body)
    yield ask("/studio/index.m3u8", "PUT", PUBLISHER, "If-None-Match: *", body=body)
    yield ask("/studio/index.m3u8", "PUT", PUBLISHER, "Content-Range: bytes 0-1/2", body=body)
    yield ask("/studio/index.m3u8", "PUT", PUBLISHER, "Content-Encoding: gzip", body=body)
    yield ask("/studio/index.m3u8", "PUT", PUBLISHER, "Origin: https://page.example", body=body)
    yield ask("/studio/index.m3u8", "PUT",
              "Authorization: Basic eDpwdWJsaXNoLWtleS1vZi10aGUtdGVzdA==", body=body)
    yield ask("/studio/seg-1.m4s", "PUT", PUBLISHER, body=MEDIA_BYTES)
    yield ask("/studio/index.m3u8", "HEAD")
    yield ask("/studio/index.m3u8")
    yield ask("/studio/seg-1.m4s", "GET", "Range: bytes=1-1")
    yield ask("/studio/seg-1.m4s")
    yield ask("/studio/")
    yield ask("/ldash/play/studio/index.m3u8")
    yield ask("/api/streams/studio", "GET", BEARER)
    yield ask("/studio/index.m3u8", "DELETE", PUBLISHER)
    yield ask("/studio/index.m3u8", "DELETE", PUBLISHER)


def _malformed() -> Iterator[Request]:
    host, end = "Host: a\n", "\n"
    yield raw("no Host", "GET /health HTTP/1.1\n\n")
    yield raw("two Hosts", f"GET /health HTTP/1.1\n{host}Host: b\n{end}")
    yield raw("HTTP/1.0", "GET /health HTTP/1.0\n\n")
    yield raw("HTTP/1.0 without Host, a playlist", "GET /clip/video/playlist.m3u8 HTTP/1.0\n\n")
    yield raw("HTTP/2.0", f"GET /health HTTP/2.0\n{host}{end}")
    yield raw("HTTP/1.2", f"GET /health HTTP/1.2\n{host}Connection: close\n{end}")
    yield raw("no version", "GET /health\n\n")
    yield raw("no target", "GET HTTP/1.1\n\n")
    yield raw("an absolute target", f"GET http://a/health HTTP/1.1\n{host}Connection: close\n{end}")
    yield raw("another scheme", f"GET ftp://a/health HTTP/1.1\n{host}Connection: close\n{end}")
    yield raw("an asterisk", f"OPTIONS * HTTP/1.1\n{host}Connection: close\n{end}")
    yield raw("CONNECT", f"CONNECT a:80 HTTP/1.1\n{host}Connection: close\n{end}")
    yield raw("a space before the colon", f"GET /health HTTP/1.1\n{host}X : a\n{end}")
    yield raw("a folded line", f"GET /health HTTP/1.1\n{host}X: a\n b\n{end}")
    yield raw("a NUL", f"GET /health HTTP/1.1\n{host}X: a\0b\n{end}")
    yield raw("two lengths", f"POST /api/streams HTTP/1.1\n{host}Content-Length: 1\n"
              f"Content-Length: 2\n{end}a")
    yield raw("a length and chunks", f"POST /api/streams HTTP/1.1\n{host}Content-Length: 1\n"
              f"Transfer-Encoding: chunked\n{end}0\n\n")
    yield raw("a negative length", f"POST /api/streams HTTP/1.1\n{host}Content-Length: -1\n{end}")
    yield raw("another coding", f"POST /api/streams HTTP/1.1\n{host}Transfer-Encoding: gzip\n{end}")
    yield raw("a damaged chunk", f"PUT /free/x.m4s HTTP/1.1\n{host}Transfer-Encoding: chunked\n"
              f"{end}zz\n")
    yield raw("a long target", f"GET /{'a' * 500} HTTP/1.1\n{host}{end}")
    yield raw("a long head", f"GET /health HTTP/1.1\n{host}X: {'a' * 3100}\n{end}")
    yield raw("many fields", "GET /health HTTP/1.1\n" + host + "X: a\n" * 21 + end)
    yield raw("a large content", f"POST /api/streams HTTP/1.1\n{host}"
              f"Content-Length: 99999999\n{end}")
    yield raw("an expectation", f"GET /health HTTP/1.1\n{host}Expect: wonders\n{end}")
    yield raw("two requests on a connection", f"GET /health HTTP/1.1\n{host}{end}"
              f"GET /version HTTP/1.1\n{host}Connection: close\n{end}")


def requests() -> tuple[list[Request], list[Request]]:
    """Requests without effect, which may be sent at the same time, and those with one, in order."""
    return ([*_reads(), *_web_sockets(), *_malformed()],
            [*_methods(), *_access(), *_uploads()])


# Values that differ between two runs: a pattern with one group for the value, and its name.
TIMES = [
    (re.compile(rb"(?m)^Date: ([^\r]+)"), "date"),
    (re.compile(rb"#EXT-X-PROGRAM-DATE-TIME:([^\r\n]+)"), "date"),
    (re.compile(rb"(?:START-DATE|END-DATE)=\"([^\"]+)\""), "date"),
    (re.compile(rb"# version: (\d+)"), "version"),
    (re.compile(rb"X-Playlist-Version: (\d+)"), "version"),
    (re.compile(rb"X-Held-Ms: (\d+)"), "held"),
    (re.compile(rb"ETag: \"([^\"]+)\""), "tag"),
    (re.compile(rb"wallClockTime=\"([^\"]+)\""), "wallClockTime"),
    (re.compile(rb"publishTime=\"([^\"]+)\""), "publishTime"),
    (re.compile(rb"presentationTime=\"(\d+)\""), "presentation"),
    (re.compile(rb"presentationTimeOffset=\"(\d+)\""), "presentation"),
    (re.compile(rb"mediaPresentationDuration=\"PT(\d{9}[\d.]*)S\""), "end"),
    (re.compile(rb"<Period id=\"p(\d{9,})\""), "period"),
    (re.compile(rb"start=\"PT(\d{9}[\d.]*)S\""), "start"),
    (re.compile(rb"<S t=\"(\d{9,})\""), "presentation"),
    (re.compile(rb"startNumber=\"(\d{9,})\""), "number"),
    (re.compile(rb"#EXT-X-MEDIA-SEQUENCE:(\d{9,})"), "number"),
    (re.compile(rb"segment(\d{9,})\."), "number"),
    (re.compile(rb"(?<=[:,])(\d{18,20})(?=[,}])"), "nanoseconds"),
    (re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z)"), "date"),
    (re.compile(rb"(?m)^(\d{13}(?:\.\d+)?)$"), "milliseconds"),
    (re.compile(rb"\"synchronized\":(true|false)"), "state of the clock"),
    (re.compile(rb"\"offsetEstimateNs\":(-?\d+)"), "offset of the clock"),
    # On a busy machine a file counts as away when its frames are late.
    (re.compile(rb"\"online\":(true|false),\"since\""), "state of the source"),
    (re.compile(rb"\"seconds\": ?(\d+)"), "seconds"),
    (re.compile(rb"\"source\": \"([^\"]+)/compatibility\.mp4"), "folder"),
    (re.compile(rb"127\.0\.0\.1:(\d+)"), "port"),
]
UNNUMBERED = {"state of the source", "state of the clock"}
# Values of encoded media, in responses of the stream `ladder`.
ENCODED = [
    (re.compile(rb"(?:AVERAGE-)?BANDWIDTH=(\d+)"), "bits per second"),
    (re.compile(rb"bandwidth=\"(\d+)\""), "bits per second"),
    (re.compile(rb"init-([0-9a-f]{8})"), "header"),
    (re.compile(rb"duration=\"PT([\d.]+)S\""), "duration"),
]


USUAL_FIELDS = """Access-Control-Allow-Origin: *
Access-Control-Expose-Headers: Age, Date, Content-Length, Content-Range, ETag, Retry-After, \
Server-Timing, CMSD-Static, CMSD-Dynamic, X-Playlist-Version, X-Held-Ms, X-Media-Digest
X-Content-Type-Options: nosniff
Cross-Origin-Resource-Policy: cross-origin
"""


def replaced(text: bytes, patterns: list[tuple[re.Pattern[bytes], str]]) -> bytes:
    """The text with the values of the patterns replaced by numbered names."""
    known: dict[tuple[str, bytes], int] = {}
    for pattern, name in patterns:
        def named(match: re.Match[bytes], name: str = name) -> bytes:
            value = match.group(1)
            count = sum(1 for other, _ in known if other == name) + 1
            number = known.setdefault((name, value), count)
            start, end = match.start(1) - match.start(), match.end(1) - match.start()
            shown = f"({name})" if name in UNNUMBERED else f"({name} {number})"
            return match.group()[:start] + shown.encode() + match.group()[end:]
        text = pattern.sub(named, text)
    return text


def without_times(media: bytes) -> bytes:
    """Boxes of media whose times of capture and decoding are zero."""
    out, place = bytearray(media), 0
    while place + 8 <= len(media):
        size, kind = struct.unpack_from("!I4s", media, place)
        if size < 8 or place + size > len(media):
            break
        if kind in (b"prft", b"tfdt", b"sidx", b"mfhd"):
            out[place + 12:place + size] = bytes(size - 12)
        elif kind in (b"moof", b"traf"):
            out[place + 8:place + size] = without_times(media[place + 8:place + size])
        place += size
    return bytes(out)


def described(content: bytes) -> bytes:
    """Text as it is, media by the kinds of its boxes and a digest without times."""
    if content[4:8] in (b"ftyp", b"styp", b"prft", b"moof", b"emsg", b"sidx"):
        digest = hashlib.sha256(without_times(content)).hexdigest()[:16]
        return f"(media of {len(content)} bytes, {digest})".encode()
    try:
        content.decode()
    except UnicodeDecodeError:
        return f"(bytes {content[:64].hex()})".encode()
    return content


def comparable(request: Request, response: bytes) -> str:
    """A response as text without the values that must differ."""
    head, mark, content = response.partition(b"\r\n\r\n")
    length = re.search(rb"(?m)^Content-Length: (\d+)\r?$", head)
    if length and (int(length.group(1)) == len(content) or not request.shows_content) and content:
        head = head[:length.start(1)] + b"(that of the content)" + head[length.end(1):]
    elif length and b"HEAD " in request.data[:5] and int(length.group(1)) > 99:
        head = head[:length.start(1)] + b"(of a content)" + head[length.end(1):]
    shown = described(content) if request.shows_content else b"(a content)" if content else b""
    encoded = ENCODED if b" /ladder/" in request.data.split(b"\r\n")[0] else []
    text = replaced(head + mark + shown, [*TIMES, *encoded])
    plain = text.replace(b"\r\n", b"\n").replace(b"\0", b"\\0")
    lines = plain.decode("utf-8", "backslashreplace")
    return lines.replace(USUAL_FIELDS, "(the usual fields)\n").rstrip("\n")


def is_complete(received: bytes) -> bool:
    """Whether the bytes are a response with all of its content."""
    head, mark, content = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?m)^Content-Length: (\d+)\r?$", head)
    return bool(mark) and length is not None and len(content) >= int(length.group(1))


def answer(port: int, data: bytes, *, keeps_open: bool = False) -> bytes:
    """All bytes that the program sends until it closes the connection, or the first response."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(data)
        received = b""
        while not (keeps_open and is_complete(received)):
            try:
                piece = connection.recv(1 << 16)
            except ConnectionResetError:
                return received + b"\n(reset)"
            except TimeoutError:
                return received + b"\n(the connection stays open)"
            if not piece:
                break
            received += piece
        return received


def response(program: Program, request: Request, init: str) -> str:
    """The comparable response to a request."""
    data = request.data.replace(b"{host}", f"127.0.0.1:{program.port}".encode())
    data = data.replace(b"{init}", init.encode())
    if b"{tag}" in data:
        tag = get(program.port, data.split(b" ")[1].decode()).headers["etag"]
        data = data.replace(b"{tag}", tag.encode())
    return comparable(request, answer(program.port, data, keeps_open=request.keeps_open))


def responses(program: Program) -> dict[str, str]:
    """The comparable responses by the names of the requests; repeated names get a number."""
    playlist = get(program.port, "/clip/video/playlist.m3u8").text
    init = "/clip/video/" + re.findall(r'#EXT-X-MAP:URI="([^"]+)"', playlist)[0]
    without_effect, in_order = requests()
    with ThreadPoolExecutor(16) as workers:
        texts = list(workers.map(lambda request: response(program, request, init), without_effect))
    texts += [response(program, request, init) for request in in_order]
    found: dict[str, str] = {}
    for request, text in zip([*without_effect, *in_order], texts, strict=True):
        name, count = request.name, 1
        while name in found:
            count += 1
            name = f"{request.name} ({count})"
        found[name] = text
    return found


def text_of(found: dict[str, str]) -> str:
    """The responses as one text; a response that is equal to an earlier one names it."""
    earlier: dict[str, str] = {}
    pieces = []
    for name, text in found.items():
        first = earlier.setdefault(text, name)
        pieces.append(f"=== {name}\n{text if first == name else f'(as {first})'}\n\n")
    return "".join(pieces)
