# SPDX-License-Identifier: Apache-2.0
"""Fastly with the snippets of deploy/terraform/fastly.

Evaluated: recv.vcl.tftpl, hash.vcl, fetch.vcl and deliver.vcl. Of the platform, as its documents
state: the key is host and URL, methods other than GET and HEAD pass, the origin is asked without
conditions and range, `private` and `no-store` are not kept, a Fastly-FF that a client wrote has no
valid signature, `return(pass)` in vcl_fetch marks the key, and a restart begins at vcl_recv.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from harness.cdn import CONDITIONS, HOP_BY_HOP, Decision, Request, own_lifetime
from harness.http1 import Response
from harness.tools import ROOT
from harness.vcl import Snippet, Unevaluable, Value, text_of

FILES = ROOT / "deploy/terraform/fastly"
FIELD, RESPONSE_FIELD = "req.http.", "resp.http."
# The statuses that are kept if no rule decides.
CACHEABLE = {200, 203, 300, 301, 302, 404, 410}


def kept_parameters(url: Value, pattern: str) -> str:
    """querystring.regfilter_except: the parameters whose names match."""
    path, mark, query = text_of(url).partition("?")
    found = [item for item in query.split("&") if re.search(pattern, item.partition("=")[0])]
    return path + (mark + "&".join(found) if found else "")


def sorted_parameters(url: Value) -> str:
    """querystring.sort."""
    path, mark, query = text_of(url).partition("?")
    return path + mark + "&".join(sorted(query.split("&"))) if mark else path


class RequestVariables(dict[str, Value]):
    """Variables of vcl_recv: the path follows the URL, and fields have no case."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.update({"req.restarts": 0, "req.is_ssl": True, "req.method": request.method,
                     "req.backend": "F_server", "F_bucket": "F_bucket", "req.hash": "",
                     # No client can sign as a node of Fastly.
                     "fastly.ff.visits_this_service": 0})
        self["req.url"] = request.target
        for name, value in request.fields:
            self[FIELD + name] = value

    @staticmethod
    def name(name: str) -> str:
        """The name of a variable without the case of a field."""
        return name.lower() if name.startswith((FIELD, RESPONSE_FIELD)) else name

    def __setitem__(self, name: str, value: Value) -> None:
        super().__setitem__(self.name(name), value)

    def get(self, name: str, default: Value = None) -> Value:
        if name == "req.url.path":
            return text_of(self["req.url"]).partition("?")[0]
        return super().get(self.name(name), default)

    def __contains__(self, name: object) -> bool:
        return name == "req.url.path" or super().__contains__(self.name(str(name)))

    def fields(self, kind: str = FIELD) -> list[tuple[str, str]]:
        """The fields that are left, of the request or the response."""
        return [(name.removeprefix(kind), text_of(value)) for name, value in self.items()
                if name.startswith(kind) and value is not None]


class Fastly:
    """The decisions of the snippets; `change` replaces a text of one, to plant a fault."""

    def __init__(self, *changes: tuple[str, str, str]) -> None:
        def text(path: Path) -> str:
            found = path.read_text().replace("${prefix}", "")
            for name, old, new in changes:
                if name == path.name:
                    assert found.count(old) == 1, f"{name}: {old}"
                    found = found.replace(old, new)
            return found

        self.recv = text(FILES / "recv.vcl.tftpl")
        self.hash, self.fetch, self.end = (
            text(FILES / f"{name}.vcl") for name in ("hash", "fetch", "deliver"))

    def decide(self, request: Request) -> Decision:
        """The end of vcl_recv, and the key of vcl_hash."""
        return self.received(request, RequestVariables(request))

    def received(self, request: Request, variables: RequestVariables) -> Decision:
        """The decision for the variables at the start of vcl_recv, which it changes."""
        end = Snippet(self.recv, {"querystring.regfilter_except": kept_parameters,
                                  "querystring.sort": sorted_parameters}).run(variables)
        action = end.action if end else "lookup"
        if end and action == "error":
            return Decision("refuse", end.status)
        if action == "upgrade" or request.method not in ("GET", "HEAD"):
            action = "pass"
        removed = HOP_BY_HOP | {"content-length"} | (CONDITIONS if action == "lookup" else set())
        fields = [(name, value) for name, value in variables.fields() if name not in removed]
        encoding = next((value for name, value in fields if name == "accept-encoding"), None)
        if encoding is not None:
            fields = [pair for pair in fields if pair[0] != "accept-encoding"]
            if "gzip" in encoding:
                fields.append(("accept-encoding", "gzip"))
        target = text_of(variables["req.url"])
        variables["req.hash"] = f"{variables.get('req.http.host')} {target} "
        Snippet(self.hash).run(variables)
        return Decision(action, 0, text_of(variables["req.hash"]), target, fields,
                        is_cold=variables["req.backend"] == "F_bucket")

    def deliver(self, request: Request, decision: Decision,
                response: Response) -> tuple[Response, Decision | None]:
        """The fields at the end of vcl_deliver, or the decision after its restart."""
        variables = RequestVariables(request)
        self.received(request, variables)
        if decision.is_cold:
            variables["req.http.X-Cold"], variables["req.restarts"] = "1", 1
        variables["resp.status"] = response.status
        for name, value in response.fields:
            variables[RESPONSE_FIELD + name] = value
        end = Snippet(self.end).run(variables)
        if end is None:
            return replace(response, fields=variables.fields(RESPONSE_FIELD)), None
        if end.action != "restart":
            raise Unevaluable(f"{end.action} in deliver.vcl")
        variables["req.restarts"] = 1
        return response, self.received(request, variables)

    def fetched(self, response: Response) -> tuple[str, bool, float]:
        """The end of vcl_fetch: its action, whether the response is cacheable, and the lifetime."""
        variables: dict[str, Value] = {
            "beresp.status": response.status, "beresp.ttl": own_lifetime(response),
            "beresp.cacheable": response.status in CACHEABLE,
            "beresp.http.Cache-Control": response.headers.get("cache-control")}
        end = Snippet(self.fetch).run(variables)
        action = end.action if end else "deliver"
        if end is None and re.search("private|no-store",
                                     response.headers.get("cache-control", "")):
            action = "pass"
        return action, bool(variables["beresp.cacheable"]), float(text_of(variables["beresp.ttl"]))

    def kept(self, request: Request, decision: Decision, response: Response) -> float:
        """The lifetime at the end of vcl_fetch."""
        action, is_cacheable, seconds = self.fetched(response)
        return seconds if action != "pass" and is_cacheable else 0
