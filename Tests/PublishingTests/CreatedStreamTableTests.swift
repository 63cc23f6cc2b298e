// SPDX-License-Identifier: Apache-2.0

import Publishing
import Testing
import Time

@Suite("Streams that publishers create")
struct CreatedStreamTableTests {
  private let start = MonotonicTime(nanoseconds: 0)

  /// The streams that are removed after this number of seconds, if `state` has their publishers.
  private func expire(
    _ streams: inout CreatedStreamTable, _ seconds: Int64, _ state: [String: Bool]
  ) -> [String] {
    let (gone, unused) = streams.expire(at: start + .seconds(seconds)) { state[$0] }
    return gone.map { "gone \($0)" } + unused.map { "unused \($0)" }
  }

  @Test("a stream is removed a minute after its last publisher")
  func unused() {
    var streams = CreatedStreamTable()
    streams.add("a", at: start)
    #expect(expire(&streams, 59, ["a": false]) == [])
    #expect(expire(&streams, 59, ["a": true]) == [])
    #expect(expire(&streams, 100, ["a": true]) == [])
    #expect(expire(&streams, 101, ["a": false]) == [])
    #expect(expire(&streams, 160, ["a": false]) == [])
    #expect(expire(&streams, 161, ["a": false]) == ["unused a"])
    #expect(streams.isEmpty && !streams.contains("a"))
  }

  @Test("a stream whose publisher never arrives is removed too")
  func never() {
    var streams = CreatedStreamTable()
    streams.add("a", at: start)
    #expect(expire(&streams, 60, ["a": false]) == ["unused a"])
  }

  @Test("a stream that was removed otherwise is forgotten")
  func gone() {
    var streams = CreatedStreamTable()
    streams.add("a", at: start)
    #expect(streams.contains("a"))
    #expect(expire(&streams, 1, [:]) == ["gone a"])
    let wasThere = streams.remove("a")
    #expect(!wasThere && streams.isEmpty)
  }
}
