# SPDX-License-Identifier: Apache-2.0
"""A key server with CPIX (SPEKE v2) over HTTPS, which demands a client certificate."""

from __future__ import annotations

import re
import ssl
import struct
import subprocess
import threading
from base64 import b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from harness.tools import need

WIDEVINE = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
PLAYREADY = "9a04f079-9840-4286-ab92-e65be0885f95"
FAIRPLAY = "94ce86fb-07ff-4f43-adb8-93d2fa968ca2"
LINE = b'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://1",KEYFORMAT="com.apple.streamingkeydelivery"'


def certificates(folder: Path) -> tuple[Path, Path]:
    """PEM files of the server and of a client, each with its key."""
    paths = []
    for name in ("server", "client"):
        path = folder / f"{name}.pem"
        subprocess.run([
            need("openssl", "certificates"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", str(path) + ".key", "-out", str(path)
        ], check=True, capture_output=True)
        path.write_text(path.read_text() + Path(str(path) + ".key").read_text())
        paths.append(path)
    return paths[0], paths[1]


def pssh(system: str, data: bytes) -> bytes:
    """A `pssh` box of version 0 (ISO/IEC 23001-7 §8.1)."""
    return struct.pack(">I4sI", 32 + len(data), b"pssh", 0) + bytes.fromhex(
        system.replace("-", "")) + struct.pack(">I", len(data)) + data


class KeyServer:
    """Answers each request with a key that follows from the KID."""

    def __init__(self, own: Path, client: Path) -> None:
        self.keys: dict[bytes, bytes] = {}
        # The KIDs of all requests.
        self.asked: list[str] = []
        self.is_away = False
        # Elements for MPDs by system.
        self.contents: dict[str, bytes] = {}
        self.boxes = {system: pssh(system, f"data of {system}".encode())
                      for system in (WIDEVINE, PLAYREADY)}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own)
        context.load_verify_locations(client)
        context.verify_mode = ssl.CERT_REQUIRED
        outer = self

        class Handler(BaseHTTPRequestHandler):
            """Each POST is a CPIX document."""

            def do_POST(self) -> None:
                """Answers with the key of the KID."""
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                kid = re.findall(r'ContentKey kid="(.*?)"', body)[0]
                outer.asked.append(kid)
                is_right = self.headers["X-Speke-Version"] == "2.0" and "cbcs" in body
                answer = outer.document(kid).encode() if is_right else b""
                self.send_response(503 if outer.is_away or not is_right else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Prints nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}/speke"

    def document(self, kid: str) -> str:
        """The answer for a KID."""
        raw = bytes.fromhex(kid.replace("-", ""))
        key = sha256(b"secret" + raw).digest()[:16]
        self.keys[raw] = key
        vector = b64encode(bytes(range(16))).decode()
        systems = "".join(
            f'<cpix:DRMSystem kid="{kid}" systemId="{system}">'
            f"<cpix:PSSH>{b64encode(box).decode()}</cpix:PSSH><cpix:ContentProtectionData>"
            f"{b64encode(self.contents.get(system, b'')).decode()}</cpix:ContentProtectionData>"
            "</cpix:DRMSystem>"
            for system, box in self.boxes.items())
        return (
            '<cpix:CPIX xmlns:cpix="urn:dashif:org:cpix" '
            'xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc"><cpix:ContentKeyList>'
            f'<cpix:ContentKey kid="{kid}" explicitIV="{vector}" commonEncryptionScheme="cbcs">'
            f"<cpix:Data><pskc:Secret><pskc:PlainValue>{b64encode(key).decode()}"
            "</pskc:PlainValue></pskc:Secret></cpix:Data></cpix:ContentKey></cpix:ContentKeyList>"
            f'<cpix:DRMSystemList>{systems}<cpix:DRMSystem kid="{kid}" systemId="{FAIRPLAY}">'
            f'<cpix:HLSSignalingData playlist="media">{b64encode(LINE).decode()}'
            "</cpix:HLSSignalingData></cpix:DRMSystem></cpix:DRMSystemList></cpix:CPIX>")

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
