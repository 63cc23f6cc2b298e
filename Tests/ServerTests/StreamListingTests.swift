// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Logging
import Net
import Server
import Streams
import TestSupport
import Testing

@Suite("The list of streams")
struct StreamListingTests {
  private static let secret = "0123456789abcdef0123456789abcdef"

  /// A stream that was not started.
  private func add(
    _ name: String, to handler: SyntheticHandler, onDemand: Bool = false,
    _ change: (inout StreamServingOptions) -> Void = { _ in }
  ) {
    var plan = StreamPlan(name: name) { _ throws(SessionFailure) in throw .thread }
    plan.isOnDemand = onDemand
    var options = StreamServingOptions()
    change(&options)
    let log = Log(format: .text, least: .error) { _ in }
    handler.serverState.add(StreamSupervisor(plan, log: log), options: options)
    handler.requests.woken()
  }

  @Test("/ is the player page with one stream and the list with several, without a query")
  func page() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    #expect(try handler.ask("/").text == "<html>")
    add("late", to: handler)
    #expect(try handler.ask("/").text == "<ul>")
    #expect(try handler.ask("/?panel=1").text == "<html>")
    #expect(try handler.ask("/live/").text == "<html>")
  }

  @Test("/streams.json has names and states")
  func names() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    add("late", to: handler, onDemand: true) { $0.label = "The \"late\" one" }
    let text = try handler.ask("/streams.json").text
    #expect(
      text.hasPrefix(
        #"[{"name":"live","label":"live","state":"live","onDemand":false,"source":{"online":"#))
    #expect(
      text.hasSuffix(
        #"{"name":"late","label":"The \"late\" one","state":"idle","onDemand":true}]"# + "\n"))
  }

  @Test("streams with playback tokens are not named, and do not count")
  func tokens() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let key = try #require(TokenKey("k1:\(Self.secret)"))
    add("secret", to: handler) { $0.playbackKeys = [key] }
    #expect(try handler.ask("/").text == "<html>")
    #expect(try !handler.ask("/streams.json").text.contains("secret"))
  }
}
