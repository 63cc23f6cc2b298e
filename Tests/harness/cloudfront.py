# SPDX-License-Identifier: Apache-2.0
"""CloudFront with the files of deploy/terraform/cloudfront.

Evaluated: the function, by node, and of main.tf the behaviours of paths, the cache policy, the
methods and the errors. Of the platform, as its documents state: a host that is no alias is refused,
the origin gets the contents of the key and its own host, and an error without a row is kept for ten
seconds if its status is always kept.
"""

from __future__ import annotations

import json
import re
import subprocess
from fnmatch import fnmatchcase

from harness.cdn import Decision, Request, own_lifetime
from harness.http1 import Response
from harness.tools import ROOT, need

FILES = ROOT / "deploy/terraform/cloudfront"
ERROR_SECONDS = 10
# Kept in any case; other errors are kept if Cache-Control of the origin says so.
ALWAYS_KEPT = {404, 414, 500, 501, 502, 503, 504}
ALIAS = re.compile(r"[a-z0-9]+\.example")
VALUES = {"${window_seconds}": "20", "${segment_seconds}": "1"}
LOOP = """
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { query, ...request } = JSON.parse(line);
  const found = handler({ request: { ...request, rawQueryString: () => query ?? undefined } });
  console.log(JSON.stringify(found));
}
"""


class CloudFront:
    """The decisions of the files; `changes` replace texts, to plant a fault."""

    def __init__(self, *changes: tuple[str, str, str]) -> None:
        texts = {name: (FILES / name).read_text() for name in ("main.tf", "route.js.tftpl")}
        for name, old, new in changes:
            if name in texts:
                assert old in texts[name], f"{name}: {old}"
                texts[name] = texts[name].replace(old, new)
        main = texts["main.tf"]
        self.parameters: list[str] = json.loads(one(r"query_strings \{\s+items = (\[.*?\])", main))
        self.has_gzip = one(r"enable_accept_encoding_gzip\s+= (\w+)", main) == "true"
        assert one(r"header_behavior = \"(\w+)\"", main) == "none"
        assert one(r"cookie_behavior = \"(\w+)\"", main) == "none"
        default = one(r"default_cache_behavior \{(.*?)\n  \}", main)
        self.methods: list[str] = json.loads(one(r"allowed_methods\s+= (\[.*?\])", default))
        self.passed: list[str] = json.loads(
            one(r"for_each = (\[\"/ws\".*?\])", main).replace("\n", ""))
        keys = one(r"(path_pattern\s+= \"\*/clearkey\".*?function_arn)", main)
        assert "cache_policy.none" in keys
        self.key_methods: list[str] = json.loads(one(r"allowed_methods\s+= (\[.*?\])", keys))
        # Each behaviour has the function.
        behaviours = re.findall(r"_cache_behavior\"? \{.*?\n  \}", main, re.DOTALL)
        assert len(behaviours) == 4
        assert all("cloudfront_function.route.arn" in one for one in behaviours)
        codes, seconds = re.findall(
            r"custom_error_response\" \{\s+for_each = (\[.*?\]).*?error_caching_min_ttl = (\d+)",
            main, re.DOTALL)[0]
        self.error_seconds = {code: int(seconds) for code in json.loads(codes)}
        script = texts["route.js.tftpl"].replace("import cf from 'cloudfront';",
                                                 "const cf = { selectRequestOriginById() {} };")
        for name, value in VALUES.items():
            script = script.replace(name, value)
        self.node = subprocess.Popen(
            [need("node", "the function of CloudFront"), "--input-type=module", "-e",
             script + LOOP],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self) -> None:
        """Ends the process of the function."""
        if self.node.stdin:
            self.node.stdin.close()
        self.node.wait(10)

    def function(self, request: Request) -> dict[str, object]:
        """The value of the function for a request."""
        assert self.node.stdin and self.node.stdout
        mark, query = request.target.partition("?")[1:]
        event = {"method": request.method, "uri": request.path, "query": query if mark else None}
        self.node.stdin.write(json.dumps(event) + "\n")
        self.node.stdin.flush()
        found: dict[str, object] = json.loads(self.node.stdout.readline())
        return found

    def decide(self, request: Request) -> Decision:
        """The host, the method, the behaviour of the path, and its function."""
        if not ALIAS.fullmatch(request.value("Host") or ""):
            return Decision("refuse", 403)
        is_licence = fnmatchcase(request.path, "*/clearkey")
        if request.method not in (self.key_methods if is_licence else self.methods):
            return Decision("refuse", 403)
        host = [("Host", "origin.example")]
        if status := self.function(request).get("statusCode"):
            return Decision("refuse", int(str(status)))
        if is_licence or any(fnmatchcase(request.path, pattern) for pattern in self.passed):
            fields = [pair for pair in request.fields if pair[0].lower() not in ("host",
                                                                                 "connection")]
            return Decision("pass", 0, "", request.target, [*host, *fields])
        query = request.target.partition("?")[2]
        items = [item for item in query.split("&") if item.partition("=")[0] in self.parameters]
        target = request.path + ("?" + "&".join(items) if items else "")
        wants_gzip = self.has_gzip and "gzip" in (request.value("Accept-Encoding") or "")
        fields = [("Accept-Encoding", "gzip")] if wants_gzip else []
        verdict = "lookup" if request.method in ("GET", "HEAD") else "pass"
        return Decision(verdict, 0, f"{target} {wants_gzip}", target, [*host, *fields])

    def deliver(self, request: Request, decision: Decision,
                response: Response) -> tuple[Response, Decision | None]:
        """The response of the origin: no file changes it."""
        return response, None

    def kept(self, request: Request, decision: Decision, response: Response) -> float:
        """The lifetime of the origin, and that of an error at least."""
        own = own_lifetime(response)
        if response.status < 400:
            return own
        least = ERROR_SECONDS if response.status in ALWAYS_KEPT else 0
        return max(own, self.error_seconds.get(response.status, least))


def one(pattern: str, text: str) -> str:
    """The only group of a pattern that must occur."""
    found = re.search(pattern, text, re.DOTALL)
    assert found, f"main.tf has no {pattern}"
    return found[1]
