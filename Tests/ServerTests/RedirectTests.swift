// SPDX-License-Identifier: Apache-2.0

import ServerTestSupport
import Testing

@testable import Server

@Suite("Redirects with the query of the request")
struct RedirectTests {
  @Test(
    "caches keep none with a parameter that is no directive: keys are made without it",
    arguments: [
      ("", "public, max-age=1"), ("?wait=1&version=2", "public, max-age=1"), ("?x=y", "no-store"),
      ("?wait=1&x", "no-store"), ("?%77ait=1", "no-store"),
    ])
  func caching(query: String, expected: String) throws {
    let handler = try SyntheticHandler.live()
    let exchange = try handler.ask("/dvr.json\(query)")
    #expect(exchange.status == 307)
    #expect(exchange.header("location") == "live/dvr.json\(query)")
    #expect(exchange.header("cache-control") == expected)
  }
}
