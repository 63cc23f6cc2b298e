// SPDX-License-Identifier: Apache-2.0

import CMAF
import Packaging
import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("Hour files")
struct HourFileTests {
  private let folder: HourFolder
  private let temporary: TemporaryFolder
  private let name: HourName
  private let header = ArchivedTrack.header()
  /// 2026-11-23T04:00:00Z.
  private static let hour = WallTime.origin + .seconds(1_795_406_400)

  init() throws {
    temporary = try TemporaryFolder()
    folder = HourFolder("\(temporary.path)/video")
    try DiskFolder.make(folder.path)
    name = HourName(at: Self.hour, headerHash: "0a1b2c3d", isAudio: false)
  }

  /// Appends the complete segments of a window, which have no number before `first`.
  @discardableResult
  private func append(_ track: ArchivedTrack, from first: Int64 = 0) throws -> HourWriter {
    let writer = try HourWriter(name, in: folder, header: header, references: 20)
    var rotation = Rotation(isAudio: false)
    rotation.opened(name, last: writer.last)
    for segment in track.window.snapshot.segments where segment.number >= first {
      let start = Rotation.Start(
        number: segment.number, time: segment.programDateTime, offset: .zero,
        startsDiscontinuity: segment.startsDiscontinuity, headerHash: "0a1b2c3d")
      guard case .appended(let mark) = rotation.place(start) else { continue }
      try writer.begin(mark: mark)
      for chunk in segment.chunks { try writer.append(chunk.bytes) }
      #expect(try writer.complete(start) != nil)
      rotation.added(start, mark: mark)
    }
    return writer
  }

  /// The rows of the index.
  private func indexed() throws -> [SegmentRow] {
    HourIndex.records(try content(folder.index(name)), hasFrames: false).segments.map(\.row)
  }

  private func walk(_ bytes: [UInt8]) throws -> HourWalk? {
    try HourWalk(size: bytes.count) { offset, count in
      Array(bytes.dropFirst(offset).prefix(count))
    }
  }

  @Test("the boxes give the rows of the writer, and the segments are verbatim")
  func rows() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 3)
    _ = try track.window.addEvent(at: Self.hour, Array("7".utf8), now: Self.hour)
    track.publish(segments: 2)
    let writer = try append(track)
    let bytes = try content(folder.file(name))
    let walk = try #require(try walk(bytes))
    #expect(walk.segments.map(\.row) == writer.rows)
    for rows in [walk.segments.map(\.row), writer.rows, try indexed()] {
      #expect(rows.map(\.hasEvents) == [false, false, false, true, false])
    }
    #expect(writer.rows.count == 5)
    for row in writer.rows {
      #expect(Array(bytes[row.range]) == track.segments[row.number])
      #expect(row.duration == 18_000)
    }
    #expect(walk.segments[0].frames.map(\.isSync) == [true, false, false, false, false, false])
    for (segment, frame) in walk.segments.flatMap({ segment in
      segment.frames.map { (segment, $0) }
    }) {
      let start = segment.row.offset + frame.offset
      #expect(Set(bytes[start..<start + frame.size]).count == 1)
    }
  }

  @Test("a file that ends at any byte keeps its whole chunks, and is continued")
  func torn() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 3)
    let rows = try append(track).rows
    let whole = try content(folder.file(name))
    let last = rows[2]
    for size in last.offset...whole.count {
      let walk = try #require(try walk(Array(whole[..<size])))
      // The size of the following box completes a segment.
      let count = size >= last.end + 4 ? 3 : size >= last.offset + 4 ? 2 : 1
      #expect(walk.segments.map(\.row) == Array(rows[..<count]))
      #expect(walk.end <= size)
      // The chunks of the torn segment are whole.
      let tail = Array(whole[last.offset..<max(last.offset, min(walk.end, last.end))])
      var boxes = BoxReader(tail)
      var types: [String] = []
      while let box = try boxes.next() { types.append(box.type) }
      #expect(["styp", "mdat", nil].contains(types.last))
    }
  }

  @Test("an hour that ends at any byte of its last segment is finished, or continued")
  func recovered() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 3)
    let rows = try append(track).rows
    let (path, index) = (folder.file(name), folder.index(name))
    let whole = try (file: content(path), index: content(index))
    let last = rows[2]
    // All bytes at the ends of the segment, and some between them.
    for size in last.offset...whole.file.count
    where size < last.offset + 10 || size > last.end - 10 || size % 61 == 0 {
      for (isIndexed, isFinished) in [(true, true), (true, false), (false, true), (false, false)] {
        var finished: Int?
        DiskFolder.remove(path)
        DiskFolder.remove(index)
        try DiskFile(path, .creating).write(Array(whole.file[..<size]), at: 0)
        if isIndexed { try DiskFile(index, .creating).write(whole.index, at: 0) }
        if isFinished {
          // A record, or the size of the following box, completes a segment.
          let isComplete = size >= last.end + (isIndexed ? 0 : 4)
          let count = isComplete ? 3 : size >= last.offset + 4 ? 2 : 1
          #expect(try folder.finish(name)?.count == count, "\(size)")
          finished = count
        } else {
          #expect(try append(track).rows == rows)
        }
        let bytes = try content(path)
        let walk = try #require(try walk(bytes))
        #expect(walk.end == bytes.count)
        // The file alone has them, if the index is lost after that.
        #expect(walk.segments.count == finished ?? 3, "\(size)")
        for row in walk.segments.map(\.row) {
          #expect(Array(bytes[row.range]) == track.segments[row.number], "\(size)")
        }
      }
    }
  }

  @Test("a damaged mark ends the segment before it, as a torn one does")
  func damagedMark() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 3)
    try append(track)
    let bytes = try content(folder.file(name))
    let whole = try #require(try walk(bytes))
    #expect(whole.segments.count == 3)
    var mark = SegmentMark(number: 7, offset: .zero, startsDiscontinuity: false).bytes
    mark[24] = 0xFF  // of the number
    for count in 4...mark.count {
      let cut = try #require(try walk(Array(bytes.prefix(whole.completeEnd)) + mark.prefix(count)))
      #expect(cut.segments == whole.segments, "\(count) bytes of the mark")
    }
  }

  @Test("an index that is missing, torn or too old is completed from the boxes")
  func index() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 4)
    let rows = try append(track).rows
    let index = try content(folder.index(name))
    for size in [0, 10, 64, 65, 300, index.count - 1, index.count] {
      DiskFolder.remove(folder.index(name))
      if size > 0 {
        try DiskFile(folder.index(name), .creating).write(Array(index[..<size]), at: 0)
      }
      let walk = try #require(try folder.walk(name))
      #expect(walk.segments.map(\.row) == rows)
      #expect(walk.segments.allSatisfy { $0.frames.count == 6 })
    }
  }

  @Test("records whose frames do not ascend, or whose times are negative, are damaged")
  func invalidRecords() throws {
    func isRead(
      _ frames: [(Int, Int)], decodeTime: Int64 = 90_000, duration: Int64 = 9_000
    ) -> Bool {
      let row = SegmentRow(
        number: 7, offset: 100, size: 200, decodeTime: decodeTime, duration: duration,
        start: .origin, startsDiscontinuity: false)
      let record = HourIndex.record(
        IndexedSegment(
          row: row,
          frames: frames.map {
            SegmentIndex.Frame(offset: $0.0, size: $0.1, duration: 3_000, shift: 0, isSync: true)
          }), offset: .zero)
      return HourIndex.records(HourIndex.head(nil) + record, hasFrames: true).segments.count == 1
    }
    #expect(isRead([(10, 50), (60, 140)]))
    #expect(!isRead([(60, 140), (10, 50)]))
    #expect(!isRead([(10, 50), (59, 10)]))
    #expect(!isRead([(10, 50), (60, 141)]))
    #expect(!isRead([(201, 0)]))
    #expect(!isRead([(10, 50)], decodeTime: -1))
    #expect(!isRead([(10, 50)], duration: -1))
    #expect(!isRead([(10, 50)], decodeTime: .max))
  }

  @Test("a finished file has a sidx in the room behind the header, and is continued without it")
  func finished() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 3)
    let rows = try append(track).rows
    let summary = try #require(try folder.finish(name))
    #expect((summary.first, summary.last, summary.count) == (rows[0].number, rows[2].number, 3))
    #expect(folder.summary(name) == summary)
    var bytes = try content(folder.file(name))
    var boxes = BoxReader(bytes)
    var found: [String: BoxFields] = [:]
    while let box = try boxes.next() {
      if found[box.type] == nil { found[box.type] = box }
    }
    var sidx = try #require(found["sidx"])
    #expect(sidx.size == 40 + 12 * 3)
    #expect(sidx.content.upperBound == rows[0].offset - SegmentMark.size)
    try sidx.skip(8)
    #expect(try sidx.integer(4) == 90_000)
    #expect(try sidx.wide() == rows[0].decodeTime)
    #expect(try sidx.wide() == 0)
    #expect(try sidx.integer(4) == 3)
    var position = sidx.content.upperBound
    for index in 0..<3 {
      position += try sidx.integer(4)
      #expect(try sidx.integer(4) == 18_000)
      #expect(try sidx.integer(4) == 0x9000_0000)
      #expect(position == (index < 2 ? rows[index + 1].offset : bytes.count))
    }
    // The records of the index are neither read with their frames nor written again.
    let index = try content(folder.index(name))
    let known = try #require(try folder.finished(name, DiskFile(folder.file(name), .reading)))
    #expect(known.rows == rows && known.indexSize == index.count)
    track.publish(segments: 2)
    let more = try append(track).rows
    #expect(more.count == 5)
    #expect(
      try content(folder.index(name)).dropFirst(HourIndex.headSize).prefix(
        index.count - HourIndex.headSize) == index.dropFirst(HourIndex.headSize))
    #expect(try folder.finished(name, DiskFile(folder.file(name), .reading)) == nil)
    #expect(Array(more[..<3]) == rows)
    bytes = try content(folder.file(name))
    #expect(try walk(bytes)?.segments.map(\.row) == more)
    for row in more { #expect(Array(bytes[row.range]) == track.segments[row.number]) }
  }

  @Test("an index that lacks a byte, or has one more, is not trusted when its file is continued")
  func untrusted() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 3)
    let rows = try append(track).rows
    _ = try folder.finish(name)
    let count = try content(folder.index(name)).count
    for size in [count - 1, count + 1] {
      try DiskFile(folder.index(name), .writing).truncate(to: size)
      #expect(try folder.finished(name, DiskFile(folder.file(name), .reading)) == nil)
      let writer = try HourWriter(name, in: folder, header: header, references: 20)
      #expect(writer.rows == rows)
      _ = try folder.finish(name)
    }
  }

  @Test("missing numbers are kept by a mark, and a segment that was not completed is replaced")
  func gaps() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 2)
    let first = try #require(track.segments.keys.min())
    try append(track)
    track.publish(segments: 3)
    let writer = try append(track, from: first + 4)
    #expect(writer.rows.map(\.number) == [first, first + 1, first + 4])
    try writer.begin(mark: nil)
    try writer.append(track.chunk(track.next).bytes)
    let walk = try #require(try walk(try content(folder.file(name))))
    #expect(walk.segments.map(\.row) == writer.rows)
    #expect(walk.end > walk.completeEnd)
    track.publish(segments: 1)
    let rows = try append(track).rows
    #expect(rows.map(\.number) == [first, first + 1, first + 4, first + 5])
    let bytes = try content(folder.file(name))
    #expect(Array(bytes[rows[3].range]) == track.segments[first + 5])
  }

  @Test("removed segments are gone from the file, and the others are verbatim")
  func removed() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 5)
    let rows = try append(track).rows
    let span = rows[1].start + .milliseconds(10)..<rows[2].start + .milliseconds(10)
    let summary = try #require(try folder.removeSegments(name, in: span))
    #expect(summary.count == 3)
    let bytes = try content(folder.file(name))
    let walk = try #require(try folder.walk(name))
    #expect(walk.segments.map(\.row.number) == [0, 3, 4].map { rows[0].number + $0 })
    for segment in walk.segments {
      #expect(Array(bytes[segment.row.range]) == track.segments[segment.row.number])
      #expect(segment.row.start == rows.first { $0.number == segment.row.number }?.start)
    }
    let all = rows[0].start..<rows[4].start + .seconds(1)
    #expect(try folder.removeSegments(name, in: all) == nil)
    #expect(folder.names.isEmpty)
  }

  @Test("a file with a damaged head is not overwritten")
  func damaged() throws {
    var track = ArchivedTrack(from: Self.hour)
    track.publish(segments: 2)
    try append(track)
    try DiskFile(folder.file(name), .writing).write([9, 9, 9, 9], at: 0)
    let before = try content(folder.file(name))
    #expect(try append(track).rows.count == 2)
    #expect(try content(folder.file(name) + ".damaged") == before)
    #expect(folder.names == [name])
    #expect(try folder.walk(name)?.segments.count == 2)
  }
}
