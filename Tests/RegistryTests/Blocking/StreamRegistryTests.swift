// SPDX-License-Identifier: Apache-2.0

import Access
import Configuration
import Logging
import Server
import Sharing
import TestSupport
import Testing

@testable import Registry

@Suite("Streams that requests add and remove", .blocking)
struct StreamRegistryTests {
  private let log = Log(format: .text, least: .error) { _ in }
  private let serverState: ServerState
  private let registry: StreamRegistry

  init() throws {
    let page = PageFiles(
      PageFiles.Pages(player: [], list: [], wall: [], statistics: []), scripts: [:])
    serverState = ServerState(page: page, options: ServingOptions(), version: "1", log: log)
    let merged = try MergedSettings(
      CommandLineReader.entries(["--http-port", "0"]), environment: [:])
    registry = StreamRegistry(
      serverState, merged, serverState.publishers, isSupervised: false, archive: nil, log: log,
      onChange: {})
  }

  /// The results of `count` requests of `body`, in the order of their answers.
  private func results(
    _ count: Int, _ body: (@escaping @Sendable (ControlResult) -> Void) -> Void
  ) -> [String] {
    let found = Monitor<[String]>([])
    body { result in found.update { $0.append("\(result)") } }
    return found.wait { $0.count == count ? $0 : nil }
  }

  private func uploaded(_ name: String) -> [UInt8] {
    Array(#"{"stream": "\#(name)", "source": "uploads"}"#.utf8)
  }

  @Test("changes run one after another: a name is free again after its removal")
  func order() {
    let found = results(6) { answer in
      registry.add(uploaded("a"), answer: answer)
      registry.add(uploaded("a"), answer: answer)
      registry.add(uploaded("b"), answer: answer)
      registry.remove("a", answer: answer)
      registry.remove("a", answer: answer)
      registry.add(uploaded("a"), answer: answer)
    }
    #expect(
      found == [
        #"added("a")"#, #"taken("a")"#, #"added("b")"#, "removed", "unknown", #"added("a")"#,
      ])
    #expect(serverState.hasStream("a") && serverState.hasStream("b"))
    #expect(!serverState.hasStream("c"))
  }

  @Test(
    "a request with a wrong description adds nothing, and its answer names the fault",
    arguments: [
      ("{", "JSON"), (#"{"stream": "x/y", "source": "uploads"}"#, "x/y"),
      (#"{"stream": "x", "source": "sauce"}"#, "sauce"), (#"{"source": "uploads"}"#, "stream"),
    ])
  func refused(description: String, named: String) throws {
    let found = results(1) { registry.add(Array(description.utf8), answer: $0) }
    let line = try #require(found.first)
    #expect(line.hasPrefix("refused(") && line.contains(named), "\(line)")
    #expect(!serverState.hasStream("x"))
  }

  @Test("a reload without a configuration file changes nothing")
  func noFile() {
    _ = results(1) { registry.add(uploaded("a"), answer: $0) }
    registry.reload()
    _ = results(1) { registry.remove("none", answer: $0) }
    #expect(serverState.hasStream("a"))
  }

  @Test(
    "a publisher creates no stream with a wrong name, or with an application that is a stream",
    arguments: [("a b", "live"), ("api", "live"), ("x.m3u8", "live"), ("x", "a")])
  func created(name: String, application: String) {
    _ = results(1) { registry.add(uploaded("a"), answer: $0) }
    #expect(refusal(of: name, application: application) == .unknown)
    #expect(!serverState.hasStream(name))
  }

  @Test("a stream above the limit is refused with that reason, not as an unknown one")
  func full() {
    let limit = serverState.createdStreams
    for index in 0..<limit.limit { #expect(limit.take("other\(index)") == .granted) }
    #expect(refusal(of: "x", application: "live") == .full(limit.limit))
    #expect(!serverState.hasStream("x"))
  }

  private func refusal(of name: String, application: String) -> AccessRefusal? {
    let temporary = TemporaryStreams(registry, serverState.publishers, serverState, log: log)
    let answers = Monitor<[AccessRefusal?]>([])
    temporary.create(name, application: application) { refusal in
      answers.update { $0.append(refusal) }
    }
    return answers.wait { $0.first }
  }
}
