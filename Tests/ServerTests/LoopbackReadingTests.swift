// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Server
import ServerTestSupport
import Testing
import Time

private let local = PeerAddress(high: 0, low: 0x7f00_0001, port: 4000, isVersion6: false)

@Suite("--metrics, --stats and --timestamps-access for clients on this machine")
struct LoopbackReadingTests {
  private static let token = "a-token-of-24-characters"
  private static let paths = ["/metrics", "/stats", "/stats.json", "/live/timestamps.json"]

  private func handler(_ access: ReadAccess, token: String? = nil) throws -> SyntheticHandler {
    var options = ServingOptions()
    (options.metrics, options.statistics, options.timestamps) = (access, access, access)
    options.adminToken = token
    options.hostNames = ["cam.example"]
    let handler = try SyntheticHandler(options: options)
    handler.goLive()
    return handler
  }

  @Test(
    "a page of another site in a browser on this machine reads nothing, by whatever name",
    arguments: [
      // Prometheus, curl and our own pages.
      ("127.0.0.1:8080", nil, nil), ("localhost:8080", nil, nil), ("[::1]:8080", nil, nil),
      ("cam.example", nil, nil), ("x", nil, nil),
      ("localhost:8080", "http://localhost:8080", nil), ("[::1]", "https://[::1]", nil),
      ("Cam.example:8443", "https://cam.example:8443", nil),
      ("localhost:8080", "http://localhost:3000", "pages of"),
      ("localhost:8080", "https://evil.example", "pages of"), ("127.0.0.1", "null", "pages of"),
      ("evil.example:8080", nil, "unknown host"),
      ("evil.example:8080", "http://evil.example:8080", "unknown host"),
    ] as [(String, String?, String?)])
  func pages(host: String, origin: String?, refusal: String?) throws {
    let fields = origin.map { ["Origin: \($0)"] } ?? []
    for path in Self.paths {
      let found = try handler(.loopback).ask(path, fields, host: host, peer: local)
      #expect(found.status == (refusal == nil ? 200 : 403), "\(path)")
      if let refusal { #expect(found.text.hasPrefix(refusal), "\(path)") }
      // Such a client is like a remote one.
      let keyed = try handler(.loopback, token: Self.token)
      let unknown = try keyed.ask(path, fields, host: host, peer: local)
      #expect(unknown.status == (refusal == nil ? 200 : 401), "\(path)")
      let known = try keyed.ask(
        path, fields + ["Authorization: Bearer \(Self.token)"], host: host, peer: local)
      #expect(known.status == 200, "\(path)")
      #expect(try handler(.open).ask(path, fields, host: host, peer: local).status == 200)
    }
  }

  @Test("scripts of other origins may read /metrics only if all clients may")
  func crossOrigin() throws {
    for access in ReadAccess.allCases {
      let found = try handler(access, token: Self.token).ask(
        "/metrics", ["Authorization: Bearer \(Self.token)"], peer: local)
      #expect(found.status == 200 && found.header("cache-control") == "no-store")
      #expect(found.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
      #expect(found.header("x-content-type-options") == "nosniff")
      #expect(
        found.header("access-control-allow-origin") == (access == .open ? "*" : nil), "\(access)")
    }
  }
}
