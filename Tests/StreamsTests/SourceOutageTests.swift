// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Sharing
import Testing
import Time

@testable import Streams

/// A message of an error, and the kind of its outage.
private struct Row: Sendable, CustomTestStringConvertible {
  let message: String
  let kind: SourceOutage.Kind
  var testDescription: String { message }

  init(_ message: String, _ kind: SourceOutage.Kind) { (self.message, self.kind) = (message, kind) }
}

/// As logged by the program on Debian 12.
private let rows = [
  Row("Connection to tcp://127.0.0.1:21799?timeout=25000000 failed: Connection refused", .refused),
  Row("no connection: Connection refused", .refused),
  Row(
    "Input/output error: Failed to resolve hostname camera.invalid: Name or service not known",
    .unknownHost),
  Row("unknown host: Temporary failure in name resolution", .unknownHost),
  Row("Connection to tcp://192.0.2.1:554 failed: No route to host", .unreachable),
  Row("Connection timed out", .unreachable),
  Row("no connection: no response, or a wrong passphrase", .unreachable),
  Row("no response in time", .unreachable),
  Row("the upstream answers with status 403", .denied),
  Row("Server returned 404 Not Found: method DESCRIBE failed: 404 Not Found", .missing),
  Row("the upstream answers with status 404", .missing),
  Row("No such file or directory", .missing),
  Row("/dev/video0: no such device (expected a camera such as /dev/video0)", .missing),
  Row("/dev/video0: camera removed (No such device)", .missing),
  Row("/dev/video0: in use by another program", .busy),
  Row("Invalid data found when processing input", .noVideo),
  Row("Server returned 454 Session Not Found", .failed),
  Row("libavcodec has no decoder for avs3", .unsupported),
  Row("VP8 is not accepted (expected H.264, HEVC or AV1)", .unsupported),
  Row("the other side closed the connection", .closed),
  Row("the connection has ended", .closed),
  Row("90 access units in a row could not be decoded", .failed),
]

@Suite("Outages of a source")
struct SourceOutageTests {
  private let start = WallTime(nanoseconds: 1_795_155_720_000_000_000)

  @Test("the kind of an error by its message", arguments: rows)
  private func message(_ row: Row) {
    #expect(SourceOutage.Kind(message: row.message) == row.kind)
    #expect(SourceOutage.Kind(InputError.refused(row.message)) == row.kind)
  }

  @Test("the kind of an error by its case")
  func error() {
    #expect(SourceOutage.Kind(InputError.denied("Connection refused")) == .denied)
    #expect(SourceOutage.Kind(InputError.silent(10)) == .silent)
    #expect(SourceOutage.Kind(InputError.noVideo("no decoder for avs3")) == .unsupported)
    #expect(SourceOutage.Kind(InputError.noVideo("no decodable frame within 10 s")) == .noVideo)
    #expect(SourceOutage.Kind(SessionFailure.encoder("no device")) == .encoder)
    #expect(SourceOutage.Kind(SessionFailure.configuration("")) == .settings)
  }

  @Test("kinds have distinct words without addresses", arguments: SourceOutage.Kind.allCases)
  func words(_ kind: SourceOutage.Kind) {
    #expect(SourceOutage.Kind.allCases.count { $0.words == kind.words } == 1)
    #expect(!kind.words.contains("/") && !kind.words.isEmpty)
    #expect(OutageFields(kind: kind.rawValue, reason: "", wait: nil).kind == kind.rawValue)
  }

  @Test("an outage begins with the first failure, and its reason is that of the last one")
  func since() {
    var list = OutageList()
    #expect(list.outage == nil)
    list.note(0, .refused, "refused", at: start, retryAt: start + .seconds(1))
    list.note(0, .denied, "401", at: start + .seconds(1), retryAt: start + .seconds(31))
    #expect(
      list.outage
        == SourceOutage(
          kind: .denied, reason: "401", since: start, retryAt: start + .seconds(31)))
    list.clear(0)
    #expect(list.outage == nil)
    list.note(0, .silent, "no data", at: start + .seconds(9), retryAt: nil)
    #expect(list.outage?.since == start + .seconds(9))
    list.reset()
    #expect(list.outage == nil)
  }

  @Test("with backup inputs the outage is that of the preferred one, while none supplies frames")
  func backups() {
    var list = OutageList()
    list.inputs = 2
    list.note(0, .refused, "first", at: start, retryAt: nil)
    #expect(list.outage == nil)
    list.note(1, .missing, "second", at: start + .seconds(1), retryAt: nil)
    #expect(list.outage?.reason == "first")
    list.clear(0)
    #expect(list.outage == nil)
  }

  @Test("the failure of a session counts until one has started")
  func failure() {
    var list = OutageList()
    list.note(0, .refused, "refused", at: start, retryAt: nil)
    list.fail(.encoder, "no encoder", at: start + .seconds(1), retryAt: nil)
    list.fail(.encoder, "no encoder again", at: start + .seconds(11), retryAt: nil)
    #expect(
      list.outage
        == SourceOutage(
          kind: .encoder, reason: "no encoder again", since: start + .seconds(1), retryAt: nil))
    list.opened()
    #expect(list.outage?.kind == .refused)
  }

  @Test("an outage in another process: unknown kinds are failures, secrets are removed")
  func otherProcess() throws {
    let outages = SourceOutages()
    let before = SystemClock.wallTime
    outages.take(
      OutageFields(
        kind: "another", reason: "rtsp://user:password@host/ failed", wait: .seconds(30)))
    let after = SystemClock.wallTime
    let outage = outages.outage
    #expect(outage?.kind == .failed)
    #expect(outage?.reason == "rtsp://***@host/ failed")
    let retryAt = try #require(outage?.retryAt)
    #expect(before + .seconds(30) <= retryAt && retryAt <= after + .seconds(30))
    outages.take(nil)
    #expect(outages.outage == nil)
  }
}
