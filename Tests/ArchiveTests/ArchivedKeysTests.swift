// SPDX-License-Identifier: Apache-2.0

import CMAF
import Encryption
import Packaging
import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("The keys of archived segments")
struct ArchivedKeysTests {
  private let temporary: TemporaryFolder
  private let folder: HourFolder
  private let name: HourName
  /// 2026-11-23T04:00:00Z.
  private static let hour = WallTime.origin + .seconds(1_795_406_400)
  /// A NAL unit of HEVC with 100 bytes of a slice.
  private static let payload = [0, 0, 0, 100] + [UInt8](repeating: 2, count: 100)
  private static let ticks: Int64 = 3000

  init() throws {
    temporary = try TemporaryFolder()
    folder = HourFolder(temporary.path)
    name = HourName(at: Self.hour, headerHash: "0a1b2c3d", isAudio: false)
  }

  private static func identifier(_ number: UInt8) -> [UInt8] {
    [UInt8](repeating: number, count: 16)
  }

  /// Two keys, each for two segments; nil for a clear stream.
  private static func keys() throws -> StreamKeys? {
    let keys = try [1, 2].map { number in
      try #require(ContentKey(identifier: identifier(number), key: identifier(9)))
    }
    return StreamKeys(keys, KeyRotation(segments: 2, of: .seconds(1)))
  }

  /// Writes segments 0 to 5, of one frame each, and returns their rows.
  private func write(_ keys: StreamKeys?) throws -> [SegmentRow] {
    let clear = HeaderBytes.video(nil, timescale: 90_000)
    let protection = keys.map { keys in
      TrackProtection(keys) { Issue.record("not encrypted: \($0)") }
    }
    let header = try #require(protection.map { $0.header(clear) } ?? clear)
    let writer = try HourWriter(name, in: folder, header: header, references: 20)
    for number in Int64(0)..<6 {
      let chunk = ChunkWriter().chunk(
        Sample(
          payload: Self.payload, decodeTime: number * Self.ticks, duration: UInt32(Self.ticks),
          captured: Self.hour, sequence: UInt32(number + 1), isSync: true), startsSegment: true)
      let media = Interval(ticks: number * Self.ticks, timescale: 90_000)
      let mark = SegmentMark(number: 0, offset: .zero, startsDiscontinuity: false)
      try writer.begin(mark: number == 0 ? mark : nil)
      try writer.append(#require(protection.map { $0.chunk(chunk, segment: number) } ?? chunk))
      let start = Rotation.Start(
        number: number, time: .origin + media, offset: .zero, startsDiscontinuity: false,
        headerHash: "0a1b2c3d")
      #expect(try writer.complete(start) != nil)
    }
    _ = try writer.finish()
    return writer.rows
  }

  @Test("rows of rotated keys have that of their segment, in memory, in the index and from boxes")
  func rotated() throws {
    let keys = try Self.keys()
    let rows = try write(keys)
    let expected = [1, 1, 2, 2, 1, 1].map(Self.identifier)
    #expect(rows.map(\.keyIdentifier) == expected)
    let index = HourIndex.records(try content(folder.index(name)), hasFrames: true)
    #expect(index.segments.map(\.row.keyIdentifier) == expected)
    #expect(index.segments.map(\.frames.count) == [1, 1, 1, 1, 1, 1])
    DiskFolder.remove(folder.index(name))
    let walk = try #require(try folder.walk(name))
    #expect(walk.segments.map(\.row.keyIdentifier) == expected)
  }

  @Test("rows of clear media have none, also in the same archive")
  func clear() throws {
    #expect(try write(nil).allSatisfy { $0.keyIdentifier == nil })
    let walk = try #require(try folder.walk(name))
    #expect(walk.segments.count == 6)
    #expect(walk.segments.allSatisfy { $0.row.keyIdentifier == nil })
  }

  @Test("a record that is cut off within its key is damaged")
  func cutOff() throws {
    let row = SegmentRow(
      number: 7, offset: 100, size: 200, decodeTime: 0, duration: 9, start: .origin,
      startsDiscontinuity: false, keyIdentifier: Self.identifier(3))
    let record = HourIndex.record(IndexedSegment(row: row, frames: []), offset: .zero)
    func read(_ bytes: [UInt8]) -> [[UInt8]?] {
      HourIndex.records(HourIndex.head(nil) + bytes, hasFrames: true).segments
        .map(\.row.keyIdentifier)
    }
    #expect(read(record) == [Self.identifier(3)])
    #expect(read(record.dropLast()) == [])
  }
}
