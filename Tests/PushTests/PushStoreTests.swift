// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Push
import TestSupport
import Testing
import Time

@Suite("The pushes of all streams")
struct PushStoreTests {
  private let store = PushStore(agent: "test", log: Log(format: .text, least: .error) { _ in })

  private func targets(_ texts: String...) throws -> [PushTarget] {
    try texts.map { try #require(PushTarget($0)) }
  }

  @Test("those of a stream replace those of its name")
  func replaced() throws {
    let targets = try targets("rtmp://host/app/key")
    #expect(store.pushes(of: "a") == nil)
    let first = store.stream("a", targets, PushTLS())
    #expect(store.pushes(of: "a") === first && store.pushes(of: "b") == nil)
    let second = store.stream("a", targets, PushTLS())
    #expect(store.pushes(of: "a") === second)
    // The end of the stream before does not end those of its successor.
    store.remove("a", first)
    #expect(store.pushes(of: "a") === second)
    store.remove("a", nil)
    #expect(store.pushes(of: "a") === second)
    store.remove("a", second)
    #expect(store.pushes(of: "a") == nil)
  }

  @Test("have the order of the configuration, and the state that it asks for")
  func states() throws {
    let targets = try targets("rtmp://host/app/key", "srt://host:9000 stopped")
    let pushes = store.stream("a", targets, PushTLS())
    #expect(pushes.all.map(\.target) == targets)
    #expect(pushes.all.map(\.status.state) == [.waiting, .stopped])
    #expect(pushes.all.map(\.status.reason) == [PushLifecycle.noMedia, nil])
    #expect(pushes.all.allSatisfy { $0.status.counts == PushCounts() })
    pushes.all[0].stop()
    pushes.all[1].start()
    #expect(pushes.all.map(\.status.state) == [.stopped, .waiting])
    store.remove("a")
    #expect(store.pushes(of: "a") == nil)
  }

  @Test("a session that lacks a track is the reason, and makes no connection")
  func obstacles() throws {
    let targets = try targets("cmaf+http://host/live renditions=1080p", "rtmp://host/app/key")
    let pushes = store.stream("a", targets, PushTLS())
    pushes.follow([])
    #expect(pushes.all.map(\.status.reason) == [PushLifecycle.noMedia, PushLifecycle.noMedia])
    pushes.all[0].follow([("720p", SyntheticStream(.thirty).window)])
    #expect(pushes.all[0].status.reason == "the stream has no rendition 1080p")
    #expect(pushes.all[0].status.renditions.isEmpty)
    store.close(until: .origin)
  }
}

@Suite("The counts of a push")
struct PushCountsTests {
  @Test("have the bytes and the number of chunks, and of those that were left out")
  func sums() {
    let stream = SyntheticStream(.thirty)
    let chunk = SyntheticStream.chunk(7, stream.segmentation)
    var counts = PushCounts()
    counts.add(chunk, dropped: 0)
    counts.add(chunk, dropped: 5)
    #expect(counts.chunks == 2 && counts.dropped == 5 && counts.failures == 0)
    #expect(counts.bytes == 2 * UInt64(chunk.size))
    let sum = counts + counts
    #expect(sum.chunks == 4 && sum.dropped == 10 && sum.bytes == 2 * counts.bytes)
    #expect(counts + PushCounts() == counts)
  }
}
