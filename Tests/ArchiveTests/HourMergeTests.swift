// SPDX-License-Identifier: Apache-2.0

import Archive
import Media
import Packaging
import Sharing
import System
import TestSupport
import Testing
import Time

@Suite("Hour files with further segments")
struct HourMergeTests {
  private let folder: HourFolder
  private let temporary: TemporaryFolder
  private let name: HourName
  private let header = ArchivedTrack.header()
  private let track: ArchivedTrack
  private let first: Int64

  /// An hour file with segments 0 to 6 without segment 2.
  init() throws {
    let hour = WallTime.origin + .seconds(1_795_406_400)
    temporary = try TemporaryFolder()
    folder = HourFolder("\(temporary.path)/video")
    try DiskFolder.make(folder.path)
    name = HourName(at: hour, headerHash: "0a1b2c3d", isAudio: false)
    var track = ArchivedTrack(from: hour)
    track.publish(segments: 7)
    self.track = track
    first = try #require(track.segments.keys.min())
    let merge = try HourMerge(name, in: folder, header: header, references: 20)
    for index in [0, 1, 3, 4, 5, 6] { try merge.add(segment(Int64(index)), offset: .zero) }
    _ = try #require(try merge.finish())
    try folder.replace(name, from: merge.drafts)
  }

  private func segment(_ index: Int64) throws -> HealedSegment {
    try HealedSegment(
      first + index, try #require(track.segments[first + index]), header: header,
      .video(track.segmentation), startsDiscontinuity: false)
  }

  private func rows() throws -> [SegmentRow] {
    try #require(try folder.walk(name)).segments.map(\.row)
  }

  /// The file has these segments with their bytes.
  private func expect(_ indices: [Int64]) throws {
    let bytes = try content(folder.file(name))
    let rows = try rows()
    #expect(rows.map(\.number) == indices.map { first + $0 })
    for row in rows { #expect(Array(bytes[row.range]) == track.segments[row.number]) }
    let summary = try #require(folder.summary(name))
    #expect(try folder.segments(name, summary, hasFrames: false).map(\.row) == rows)
  }

  @Test("a segment is inserted in the order of numbers, and one that the file has is not")
  func insertion() throws {
    try expect([0, 1, 3, 4, 5, 6])
    let merge = try HourMerge(name, in: folder, header: header, references: 20)
    #expect(try merge.update(rows()))
    try merge.add(segment(1), offset: .zero)
    try merge.add(segment(2), offset: .zero)
    try merge.add(segment(2), offset: .zero)
    try merge.add(segment(5), offset: .zero)
    #expect(merge.count == 1)
    #expect(try merge.finish()?.count == 7)
    try folder.replace(name, from: merge.drafts)
    try expect([0, 1, 2, 3, 4, 5, 6])
    // No mark shows where the gap was.
    let rows = try rows()
    #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.end == $1.offset })
  }

  @Test("segments that were removed meanwhile are not in the draft")
  func removal() throws {
    let old = try rows()
    let merge = try HourMerge(name, in: folder, header: header, references: 20)
    #expect(try merge.update(old))
    try merge.add(segment(2), offset: .zero)
    func remove(_ index: Int) throws {
      let start = old[index].start + .milliseconds(10)
      _ = try folder.removeSegments(name, in: start..<start + .milliseconds(10))
    }
    // Segment 4, which was not copied yet.
    try remove(3)
    #expect(try merge.update(rows()))
    #expect(try merge.finish()?.count == 6)
    try folder.replace(name, from: merge.drafts)
    try expect([0, 1, 2, 3, 5, 6])
    // Segment 1, which the draft has.
    let other = try HourMerge(name, in: folder, header: header, references: 20)
    #expect(try other.update(rows()))
    try other.add(segment(4), offset: .zero)
    try remove(1)
    #expect(try !other.update(rows()))
    other.discard(overwriting: true)
    #expect(DiskFolder.entries(folder.path).folders == [name.folder])
    try expect([0, 2, 3, 5, 6])
  }
}
