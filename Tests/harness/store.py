# SPDX-License-Identifier: Apache-2.0
"""An S3 store that verifies signatures, behind a line that can be cut: `moto`, or $S3_STORE.

S3_STORE=http://KEY:SECRET@HOST:PORT is a running server, such as OpenStack Swift with s3api.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from harness.ports import free_port
from harness.waiting import wait_until

@dataclass
class Line:
    """Forwards connections to a port while it is up; closes them while it is cut.

    Responses are delayed by `delay` seconds; `most` is the greatest number of connections that
    waited for one.
    """

    target: tuple[str, int]
    is_up: bool = True
    delay: float = 0
    most: int = 0
    waiting: set[socket.socket] = field(default_factory=set)
    taken: bytes = b""
    connections: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Closes all connections, and refuses new ones."""
        self.is_up = False
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.connections = []

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if not self.is_up:
                    client.close()
                    continue
                server = socket.create_connection(self.target)
                self.connections += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(
                        target=self._copy, args=(source, sink, sink is server), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, is_request: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if is_request and len(self.taken) < 4096:
                    self.taken += data
                if is_request:
                    self.waiting.add(source)
                    self.most = max(self.most, len(self.waiting))
                else:
                    time.sleep(self.delay)  # the round trip of the line
                    self.waiting.discard(sink)
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Store:
    """The server, a user with a key, and a bucket."""

    def __init__(self) -> None:
        self.boto = pytest.importorskip("boto3", reason="boto3 not found")
        self.process: subprocess.Popen[bytes] | None = None
        self.bucket = f"archive-{uuid.uuid4().hex[:12]}"
        if running := os.environ.get("S3_STORE"):
            address = urlsplit(running)
            self.identifier = unquote(address.username or "")
            self.secret = unquote(address.password or "")
            self.address = (address.hostname or "127.0.0.1", address.port or 80)
        else:
            self.address = ("127.0.0.1", free_port())
            self._start()
        # From here on each request needs a valid signature.
        self.s3 = self._client("s3", self.identifier, self.secret)
        self.s3.create_bucket(Bucket=self.bucket)
        self.line = Line(self.address)

    def _start(self) -> None:
        """Starts moto, and creates a user."""
        pytest.importorskip("moto", reason="moto not found: the object store is not tested")
        port = self.address[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "3"})
        wait_until(lambda: self._answers(port), 60, "moto")
        iam = self._client("iam", "none", "none")
        iam.create_user(UserName="streamer")
        iam.put_user_policy(
            UserName="streamer", PolicyName="all", PolicyDocument=(
                '{"Version": "2012-10-17", "Statement":'
                ' [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'))
        key = iam.create_access_key(UserName="streamer")["AccessKey"]
        self.identifier, self.secret = key["AccessKeyId"], key["SecretAccessKey"]

    def _client(self, service: str, identifier: str, secret: str) -> Any:
        return self.boto.client(
            service, endpoint_url="http://{}:{}".format(*self.address), region_name="us-east-1",
            aws_access_key_id=identifier, aws_secret_access_key=secret)

    @staticmethod
    def _answers(port: int) -> bool:
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=2).close()
            return True
        return False

    @property
    def url(self) -> str:
        """The address of a prefix in the bucket, over the line."""
        return f"http://127.0.0.1:{self.line.port}/{self.bucket}/cold"

    @property
    def environment(self) -> dict[str, str]:
        """The variables with the key."""
        return {"AWS_ACCESS_KEY_ID": self.identifier, "AWS_SECRET_ACCESS_KEY": self.secret}

    def keys(self) -> set[str]:
        """The keys of all objects."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    def object(self, key: str) -> dict[str, Any]:
        """An object with its fields; `Body` are its bytes."""
        found = self.s3.get_object(Bucket=self.bucket, Key=key)
        return {**found, "Body": found["Body"].read()}

    def stop(self) -> None:
        """Ends the server."""
        self.line.cut()
        self.line.listener.close()
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait(5)
