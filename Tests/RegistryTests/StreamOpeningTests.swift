// SPDX-License-Identifier: Apache-2.0

import Access
import Configuration
import Logging
import Server
import Sharing
import Streams
import System
import Testing

@testable import Registry

@Suite("A stream of settings")
struct StreamOpeningTests {
  private static let log = Log(format: .text, least: .error) { _ in }

  /// The streams of flags.
  private func definition(_ flags: String) throws -> StreamDefinition {
    let merged = try MergedSettings(
      CommandLineReader.entries(flags.split(separator: " ").map(String.init)), environment: [:])
    let settings = try #require(merged.streams.first)
    return try StreamDefinition(settings, isListed: false, isSupervised: false)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let flags: String
    /// The source that documents of the server name.
    let source: String
    /// Whether a stream whose start failed is started again.
    var isRetried = false
    var isOnDemand = false
    /// Whether the stream has an input whose process other streams may share.
    var hasInput = false
    var testDescription: String { flags }
  }

  @Test(
    "the flags decide its source, its retries, and whether it shares an input",
    arguments: [
      Row(flags: "--name a", source: "test pattern"),
      Row(
        flags: "--name a --input rtsp://h/a", source: "rtsp://h/a", isRetried: true,
        hasInput: true),
      Row(
        flags: "--name a --input rtsp://h/a --on-demand", source: "rtsp://h/a", isRetried: true,
        isOnDemand: true, hasInput: true),
      Row(
        flags: "--name a --relay http://h:8080/b", source: "relay of http://h:8080/b",
        isRetried: true),
      Row(flags: "--name a --device /dev/video9", source: "/dev/video9"),
    ])
  func sources(row: Row) throws {
    let definition = try definition(row.flags)
    #expect(definition.serving(ViewerSigningKey(folder: nil)).source == row.source)
    let sharing = SharedProcesses(processes: SourceProcesses(log: Self.log))
    let plan = definition.plan(nil, sharing, log: Self.log)
    #expect(plan.isRetried == row.isRetried && plan.isOnDemand == row.isOnDemand)
    #expect((plan.upstream != nil) == row.flags.contains("--relay"))
    #expect((definition.processMember != nil) == row.hasInput)
  }

  @Test("publishers address it by its key, of which only the digest is kept")
  func publishers() throws {
    let key = "0123456789abcdef"
    let definition = try definition(
      "--name a --source rtmp --rtmp 1935 --publish-key \(key)")
    #expect(definition.publishTarget.key == SecretDigest(key))
  }

  @Test("the process of its inputs is described by their addresses, backups last")
  func member() throws {
    let definition = try definition("--name a --input rtsp://h/a --input rtsp://h/b")
    let member = try #require(definition.processMember)
    #expect(member.name == "a" && member.addresses.map { "\($0)" } == ["rtsp://h/a", "rtsp://h/b"])
    #expect(member.isIsolated)
  }
}
