// SPDX-License-Identifier: Apache-2.0

import Logging
import Packaging
import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("The archive of a stream")
struct ArchiveStoreTests {
  private let folder: TemporaryFolder
  private let log = Log(format: .text, least: .error) { _ in }
  /// 2026-11-23T04:59:59Z.
  private static let start = WallTime.origin + .seconds(1_795_409_999)

  init() throws { folder = try TemporaryFolder() }

  private static var deadline: MonotonicTime { SystemClock.monotonicTime + .seconds(20) }

  /// Waits for an answer.
  private func wait<Value: Sendable>(
    _ ask: (@escaping @Sendable (Value) -> Void) -> Void
  ) throws -> Value {
    let box = Monitor<Value?>(nil)
    ask { value in box.update { $0 = value } }
    return try #require(box.wait(until: Self.deadline) { $0 })
  }

  private func bytes(_ number: Int64, _ archive: StreamArchive) throws -> [UInt8]? {
    let found: Result<[UInt8], ArchiveFailure> = try wait { answer in
      archive.segment(number, of: "video") { result in
        answer(
          result.map { found in
            switch found.content {
            case .bytes(let bytes): return bytes.array
            case .file(let open):
              let row = found.segment.row
              return (try? open.files[0].read(at: row.offset, count: row.size)) ?? []
            }
          })
      }
    }
    return try? found.get()
  }

  private func waitUntil(_ isTrue: () -> Bool) throws {
    let deadline = Self.deadline
    while !isTrue() {
      try #require(SystemClock.monotonicTime < deadline)
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(5))
    }
  }

  @Test("segments are archived over hours, and a restart has them and continues")
  func restart() throws {
    var track = ArchivedTrack(from: Self.start)
    let window = track.window
    let store = try ArchiveStore(folder.path, log: log)
    let archive = store.stream("live", ArchivePolicy())
    archive.follow([("video", window)])
    // Five segments until the next hour, and ten after it; one is incomplete.
    track.publish(segments: 15)
    track.publish(frames: 2)
    try waitUntil { archive.status.written == 15 }
    let numbers = try #require(archive.extent(of: "video"))
    #expect(numbers.count == 15)
    for (number, expected) in track.segments { #expect(try bytes(number, archive) == expected) }
    #expect(try bytes(numbers.upperBound + 1, archive) == nil)
    #expect(try bytes(numbers.lowerBound - 1, archive) == nil)
    let segments: Result<[ArchivedSegment], ArchiveFailure> = try wait {
      archive.segments(numbers, of: "video", answer: $0)
    }
    #expect(try segments.get().map(\.number) == Array(numbers))
    #expect(try ArchivedSegment.gaps(in: numbers, segments.get()).isEmpty)
    #expect(throws: ArchiveStore.Refusal.self) { try ArchiveStore(folder.path, log: log) }
    store.close(until: Self.deadline)

    let again = try ArchiveStore(folder.path, log: log)
    let other = again.stream("live", ArchivePolicy())
    track.publish(frames: 4)
    other.follow([("video", window)])
    track.publish(segments: 2)
    try waitUntil { other.status.written == 3 }
    #expect(HourFolder("\(folder.path)/live/video").names.count == 2)
    for (number, expected) in track.segments { #expect(try bytes(number, other) == expected) }
    let frames: Result<[Int], ArchiveFailure> = try wait { answer in
      other.frames(numbers, of: "video") { answer($0.map { $0.map(\.frames.count) }) }
    }
    #expect(try frames.get() == Array(repeating: 6, count: 15))
    let hash = try #require(window.snapshot.track?.headerHash)
    let header: Result<[UInt8], ArchiveFailure> = try wait { answer in
      other.header(hash, of: "video") { answer($0.map(\.array)) }
    }
    #expect(try header.get() == ArchivedTrack.header())
    again.close(until: Self.deadline)
  }

  @Test("a changed header begins another file, and both are read")
  func header() throws {
    var track = ArchivedTrack(from: Self.start + .seconds(10))
    let store = try ArchiveStore(folder.path, log: log)
    let archive = store.stream("live", ArchivePolicy())
    archive.follow([("video", track.window)])
    track.publish(segments: 2)
    let header = ArchivedTrack.header(0x1234)
    track.window.begin(
      [track.chunk(track.next)], offset: .zero, skipped: 0,
      track: ArchivedTrack.description(track.segmentation, header))
    track.skip()
    track.publish(frames: 5)
    track.publish(segments: 1)
    try waitUntil { archive.status.written == 4 }
    let names = HourFolder("\(folder.path)/live/video").names
    #expect(Set(names.map(\.headerHash)).count == 2)
    for (number, expected) in track.segments { #expect(try bytes(number, archive) == expected) }
    let numbers = try #require(archive.extent(of: "video"))
    let segments: Result<[ArchivedSegment], ArchiveFailure> = try wait {
      archive.segments(numbers, of: "video", answer: $0)
    }
    #expect(try segments.get().map(\.row.startsDiscontinuity) == [false, false, true, false])
    store.close(until: Self.deadline)
  }

  @Test("a removed span is a gap, and a protected one stays")
  func orders() throws {
    var track = ArchivedTrack(from: Self.start + .seconds(10))
    let store = try ArchiveStore(folder.path, log: log)
    let archive = store.stream("live", ArchivePolicy(retention: Retention(keep: .zero)))
    archive.follow([("video", track.window)])
    track.publish(segments: 5)
    try waitUntil { archive.status.written == 5 }
    let numbers = try #require(archive.extent(of: "video"))
    let start = try #require(track.window.snapshot.segment(numbers.lowerBound + 1))
    let span = start.programDateTime..<(start.programDateTime + .milliseconds(300))
    let refusal: String? = try wait { archive.protect(span, answer: $0) }
    #expect(refusal == nil)
    #expect(archive.protectedSpans == [span])
    let failure: String? = try wait { archive.remove(span, answer: $0) }
    #expect(failure == nil)
    #expect(try bytes(numbers.lowerBound + 1, archive) == nil)
    #expect(try bytes(numbers.lowerBound + 2, archive) == nil)
    for index in [0, 3, 4] {
      let number = numbers.lowerBound + Int64(index)
      #expect(try bytes(number, archive) == track.segments[number])
    }
    track.publish(segments: 1)
    try waitUntil { archive.extent(of: "video")?.upperBound == numbers.upperBound + 1 }
    store.close(until: Self.deadline)
  }
}
