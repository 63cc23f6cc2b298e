// SPDX-License-Identifier: Apache-2.0

import Packaging
import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("Removed spans of an archive")
struct RemovalTests {
  private let temporary: TemporaryFolder
  private let catalog: StreamCatalog
  private let folder: HourFolder
  private let stream: StreamWriter
  private let reader: ArchiveReader
  /// 2026-11-23T04:00:10Z.
  private static let start = WallTime.origin + .seconds(1_795_406_410)
  private static let everything = start - .seconds(3600)..<start + .seconds(3600)

  init() throws {
    temporary = try TemporaryFolder()
    catalog = StreamCatalog(folder: temporary.path + "/live")
    folder = catalog.folder(of: "video")
    stream = StreamWriter(catalog, ArchivePolicy())
    stream.load()
    reader = ArchiveReader(catalog)
  }

  private var now: MonotonicTime { SystemClock.monotonicTime }

  /// A track whose complete segments are archived.
  private func track(segments count: Int64) throws -> ArchivedTrack {
    var track = ArchivedTrack(from: Self.start)
    track.publish(segments: count)
    stream.follow([("video", track.window)], now)
    #expect(stream.advance(now).error == nil)
    return track
  }

  private func found() throws -> [ArchivedSegment] {
    try reader.segments(during: Self.everything, of: "video")
  }

  private func span(_ first: ArchivedSegment, _ last: ArchivedSegment) -> Range<WallTime> {
    first.row.start + .milliseconds(10)..<last.row.start + .milliseconds(20)
  }

  @Test("rows that were read before a removal give an error, never other bytes")
  func staleRows() throws {
    let track = try track(segments: 6)
    stream.finish()
    let before = try found()
    let open = try before.map { try reader.file(of: $0).file }
    let whole = try content(folder.file(before[0].name))
    let revision = catalog.read(\.revision)
    let removed = stream.removeSegments(in: span(before[1], before[2]), now: Self.start)
    #expect(removed == nil)
    #expect(catalog.read(\.revision) > revision)
    for (segment, file) in zip(before, open) {
      #expect(throws: ArchiveFailure.self) { try reader.bytes(of: segment) }
      #expect(throws: SystemError.self) { try file.read(at: segment.row.offset, count: 10) }
    }
    let after = try found()
    #expect(after.map(\.number) == [0, 3, 4, 5].map { before[$0].number })
    for segment in after {
      #expect(try reader.bytes(of: segment).array == track.segments[segment.number])
    }
    #expect(try content(folder.file(before[0].name)) != whole)
  }

  @Test("lists that begin with an hour file are out of date when retention removes it")
  func retained() throws {
    _ = try track(segments: 6)
    stream.finish()
    let name = try found()[0].name
    let day = ArchivePolicy(retention: Retention(keep: .seconds(86_400)))
    let other = StreamWriter(catalog, day)
    other.load()
    let revision = catalog.read(\.revision)
    other.retain(now: Self.start + .seconds(86_400))
    #expect(catalog.read(\.revision) == revision)
    other.retain(now: name.end + .seconds(86_401))
    #expect(catalog.read(\.revision) > revision)
    #expect(try found().isEmpty)
  }

  @Test("media whose removal has failed is hidden, and the other segments are read")
  func failure() throws {
    let track = try track(segments: 4)
    stream.finish()
    let before = try found()
    let path = folder.file(before[0].name)
    for obstacle in [".new", ".removed"] {
      try DiskFolder.make(path + obstacle + "/inner")
      #expect(stream.removeSegments(in: span(before[1], before[1]), now: Self.start) != nil)
      let after = try found()
      #expect(after.map(\.number) == [0, 2, 3].map { before[$0].number })
      for segment in after {
        #expect(try reader.bytes(of: segment).array == track.segments[segment.number])
      }
      DiskFolder.remove(path + obstacle + "/inner")
      DiskFolder.remove(path + obstacle)
    }
    #expect(stream.removeSegments(in: span(before[1], before[1]), now: Self.start) == nil)
    #expect(try found().count == 3)
  }

  @Test("media whose removal was interrupted is hidden at the next start, and removed")
  func resumed() throws {
    _ = try track(segments: 4)
    stream.finish()
    let before = try found()
    let span = span(before[1], before[2])
    guard case .success = stream.beginRemoval(of: span, now: span.upperBound) else {
      Issue.record("the order was refused")
      return
    }
    #expect(try found().map(\.number) == [before[0].number, before[3].number])
    let spans = try reader.spans(of: "video", from: 0).map(\.numbers)
    #expect(spans == [0, 3].map { before[$0].number...before[$0].number })
    // The process ends here.
    let other = StreamCatalog(folder: catalog.folder)
    let next = StreamWriter(other, ArchivePolicy())
    var orders: [Range<WallTime>] = []
    next.load { orders.append($0) }
    #expect(orders.count == 1)
    let rest = try ArchiveReader(other).segments(during: Self.everything, of: "video")
    #expect(rest.map(\.number) == [before[0].number, before[3].number])
    for order in orders {
      #expect(next.removeSegments(in: order, now: order.upperBound) == nil)
    }
    #expect(other.read(\.hidden).isEmpty)
    #expect(!DiskFolder.exists(catalog.folder + "/removing"))
    let walk = try #require(try folder.walk(before[0].name))
    #expect(walk.segments.map(\.row.number) == [before[0].number, before[3].number])
  }

  @Test("a removal that was interrupted is completed at the next start")
  func interrupted() throws {
    _ = try track(segments: 3)
    stream.finish()
    let segments = try found()
    let path = folder.file(segments[0].name)
    let whole = try content(path)
    let kept = Array(whole[..<segments[2].row.offset]) + SegmentMark.closing
    // Between the two renamings, after them, after them if no segment is left, and before them.
    let states = [
      (".removed", ".new", 2), (".removed", "", 2), (".removed", nil, 0), ("", ".new", 3),
    ]
    for (old, copy, count) in states {
      for suffix in ["", ".new", ".removed"] { DiskFolder.remove(path + suffix) }
      DiskFolder.remove(folder.index(segments[0].name))
      try DiskFolder.make("\(folder.path)/\(segments[0].name.folder)")
      let file = try DiskFile(path + old, .creating)
      try file.write(whole, at: 0)
      if let copy { try DiskFile(path + copy, .creating).write(kept, at: 0) }
      let other = StreamCatalog(folder: catalog.folder)
      StreamWriter(other, ArchivePolicy()).load()
      let rows = try ArchiveReader(other).segments(during: Self.everything, of: "video")
      #expect(rows.count == count)
      let isErased = try file.read(at: 0, count: whole.count).allSatisfy { $0 == 0 }
      #expect(isErased == (old == ".removed"))
      #expect(!DiskFolder.exists(path + ".removed"))
      #expect(!DiskFolder.exists(path + ".new"))
    }
  }

  @Test("a removal to the present leaves out the open segment and those of the window")
  func present() throws {
    var track = try track(segments: 3)
    track.publish(frames: 2)
    _ = stream.advance(now)
    // The writer has not seen the last two.
    track.publish(frames: 4)
    track.publish(segments: 1)
    track.publish(frames: 3)
    let last = try #require(track.window.snapshot.open)
    let order = last.programDateTime + .milliseconds(90)
    let span = Self.start - .seconds(1)..<Self.start + .seconds(900)
    #expect(stream.removeSegments(in: span, now: order) == nil)
    _ = stream.advance(now)
    track.publish(frames: 3)
    track.publish(segments: 2)
    _ = stream.advance(now)
    #expect(try found().map(\.number) == [last.number + 1, last.number + 2])
    // Another session of the stream has the same window.
    stream.follow([("video", track.window)], now)
    _ = stream.advance(now)
    #expect(try found().map(\.number) == [last.number + 1, last.number + 2])
    // Another policy too.
    stream.policy = ArchivePolicy(renditions: .top)
    stream.follow([("video", track.window)], now)
    _ = stream.advance(now)
    #expect(try found().map(\.number) == [last.number + 1, last.number + 2])
  }

  @Test("an older span costs no segment of the window")
  func past() throws {
    var track = try track(segments: 4)
    track.publish(frames: 2)
    _ = stream.advance(now)
    let before = try found()
    let end = Self.start + .seconds(60)
    #expect(stream.removeSegments(in: span(before[1], before[1]), now: end) == nil)
    track.publish(frames: 4)
    _ = stream.advance(now)
    let first = before[0].number
    #expect(try found().map(\.number) == [first, first + 2, first + 3, first + 4])
    for segment in try found() {
      #expect(try reader.bytes(of: segment).array == track.segments[segment.number])
    }
  }

  @Test("a file that is set aside has a place in retention, in removals and in lists")
  func damaged() throws {
    _ = try track(segments: 2)
    stream.finish()
    let (name, row) = (try found()[0].name, try found()[0].row)
    // Neither the header nor the first mark is left.
    let nines = [UInt8](repeating: 9, count: row.offset)
    try DiskFile(folder.file(name), .writing).write(nines, at: 0)
    let other = StreamWriter(catalog, ArchivePolicy(retention: Retention(keep: .zero)))
    other.follow([("video", try self.track(segments: 2).window)], now)
    _ = other.advance(now)
    let path = folder.damagedFile(name)
    #expect(DiskFolder.exists(path))
    #expect(other.files.filter(\.isDamaged).map(\.path) == ["video/\(name.path).damaged"])
    let lines = try ArchiveInspection(temporary.path, stream: nil).files
      .map { try ArchiveInspection.line($0) }
    #expect(lines.contains { $0.contains(".damaged ") && $0.contains("damaged, not served") })
    // Found by the next program too.
    other.load()
    #expect(other.files.count { $0.isDamaged } == 1)
    let file = try DiskFile(path, .reading)
    let size = try file.size
    #expect(other.removeSegments(in: name.start - .seconds(9)..<name.start, now: name.start) == nil)
    #expect(DiskFolder.exists(path))
    let minute = name.start + .seconds(1800)..<name.start + .seconds(1801)
    #expect(other.removeSegments(in: minute, now: name.start) == nil)
    #expect(!DiskFolder.exists(path))
    #expect(try file.read(at: 0, count: size).allSatisfy { $0 == 0 })
    #expect(other.files.count { $0.isDamaged } == 0)

    try DiskFile(path, .creating).write([1, 2, 3], at: 0)
    other.load()
    other.retain(now: name.end + .seconds(1))
    #expect(!DiskFolder.exists(path))
  }

  @Test("an index that lacks segments is written again, once")
  func index() throws {
    _ = try track(segments: 5)
    stream.finish()
    let name = try found()[0].name
    let whole = try content(folder.index(name))
    try DiskFile(folder.index(name), .writing).write([7], at: whole.count / 2)
    let damaged = try content(folder.index(name))
    let fresh = ArchiveReader(catalog)
    let numbers = try fresh.segments(during: Self.everything, of: "video").map(\.number)
    #expect(numbers.count == 5)
    stream.retain(now: Self.start)
    let repaired = try content(folder.index(name))
    #expect(repaired != damaged)
    #expect(HourIndex.records(repaired, hasFrames: true).segments.count == 5)
    // The frames are asked for without the rows.
    try DiskFile(folder.index(name), .writing).write([7], at: whole.count / 2)
    #expect(try fresh.frameCounts(numbers[0]...numbers[4], of: "video").count == 5)
    stream.retain(now: Self.start)
    let again = try content(folder.index(name))
    #expect(HourIndex.records(again, hasFrames: true).segments.count == 5)
  }
}
