// SPDX-License-Identifier: Apache-2.0

import CMAF
import Glibc
import Packaging
import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("Repair and export of an archive")
struct InspectionTests {
  private let temporary: TemporaryFolder
  private let catalog: StreamCatalog
  /// 2026-11-23T04:00:10Z.
  private static let start = WallTime.origin + .seconds(1_795_406_410)

  init() throws {
    temporary = try TemporaryFolder()
    catalog = StreamCatalog(folder: temporary.path + "/live")
  }

  /// Archives five segments with a header, from a time on.
  private func archive(_ start: WallTime, _ header: [UInt8]) throws -> ArchivedTrack {
    var track = ArchivedTrack(from: start, header: header)
    track.publish(segments: 5)
    let stream = StreamWriter(catalog, ArchivePolicy())
    stream.load()
    stream.follow([("video", track.window)], SystemClock.monotonicTime)
    #expect(stream.advance(SystemClock.monotonicTime).error == nil)
    stream.finish()
    return track
  }

  private var inspection: ArchiveInspection { ArchiveInspection(temporary.path, stream: "live") }

  @Test("an exported span has the header of its first segment, and other segments are counted")
  func export() throws {
    let headers = [ArchivedTrack.header(), ArchivedTrack.header(0x1234)]
    // In both orders: one of them is not that of the hashes.
    for (index, order) in [headers, headers.reversed()].enumerated() {
      let hour = Self.start + .seconds(3600 * Int64(index))
      let first = try archive(hour, order[0])
      let second = try archive(hour + .seconds(20), order[1])
      let path = temporary.path + "/export"
      let all = try inspection.export("video", hour..<hour + .seconds(60), to: path)
      #expect(all == .init(written: 5, leftOut: 5))
      let later = try inspection.export(
        "video", hour + .seconds(15)..<hour + .seconds(60), to: path)
      #expect(later == .init(written: 5, leftOut: 0))
      let numbers = second.segments.keys.sorted()
      #expect(try content(path) == order[1] + numbers.flatMap { second.segments[$0] ?? [] })
      #expect(first.segments.count == 5)
    }
    let none = Self.start + .seconds(100)..<Self.start + .seconds(101)
    #expect(try inspection.export("video", none, to: temporary.path + "/none") == .init())
  }

  @Test("repair cuts a torn tail and rebuilds the index")
  func torn() throws {
    let track = try archive(Self.start, ArchivedTrack.header())
    let file = try #require(inspection.files.first)
    let size = try content(file.folder.file(file.name)).count
    try DiskFile(file.folder.file(file.name), .writing).write([0, 0, 1, 0, 7], at: size)
    DiskFolder.remove(file.folder.index(file.name))
    #expect(try !ArchiveInspection.faults(file).isEmpty)
    #expect(try ArchiveInspection.repair(file) == .repaired)
    #expect(try ArchiveInspection.faults(file) == [])
    #expect(try content(file.folder.file(file.name)).count == size)
    #expect(file.folder.summary(file.name)?.count == track.segments.count)
  }

  @Test("repair leaves out a damaged segment, wherever its damage is, and keeps the others")
  func damagedSegment() throws {
    let track = try archive(Self.start, ArchivedTrack.header())
    let file = try #require(inspection.files.first)
    let path = file.folder.file(file.name)
    let whole = try content(path)
    let rows = try #require(try file.folder.walk(file.name)).segments.map(\.row)
    let row = rows[2]
    // The boxes of the segment: their sizes, types, and the contents of a moof.
    var places: [Int] = []
    var reader = BoxReader(whole, row.range)
    var position = row.offset
    while let box = try reader.next() {
      places += [position, position + 3, position + 5]
      if box.type == "moof" { places += [position + 11, position + 27] }
      position += box.size
    }
    for place in places {
      var bytes = whole
      bytes[place] ^= 0x55
      DiskFolder.remove(path)
      try DiskFile(path, .creating).write(bytes, at: 0)
      #expect(try ArchiveInspection.repair(file) == .repaired)
      #expect(try ArchiveInspection.faults(file) == [], "byte \(place - row.offset)")
      let left = try #require(try file.folder.walk(file.name)).segments.map(\.row)
      let repaired = try content(path)
      // The segment before a damaged `styp` without a size is not known to be complete.
      for other in rows where other.number > row.number || other.number < row.number - 1 {
        let found = left.first { $0.number == other.number }
        #expect(found?.start == other.start, "byte \(place - row.offset)")
        #expect(found.map { Array(repaired[$0.range]) } == track.segments[other.number])
      }
    }
  }

  // MARK: Damaged heads

  /// How a head or an index is damaged.
  enum Damage: String, CaseIterable {
    case typeOfFirstBox, typeOfHeader, parsedByte, block, longer

    /// Damages an hour file whose header has `size` bytes.
    func apply(_ path: String, _ index: String, header size: Int, isIndexed: Bool) throws {
      let file = try DiskFile(path, .writing)
      switch self {
      case .typeOfFirstBox: try file.write([0xFF], at: 5)
      case .typeOfHeader, .longer:
        let head = try file.read(at: 0, count: size)
        let moov = try #require(head.indices.first { head[$0...].starts(with: Array("moov".utf8)) })
        try file.write([0xFF], at: moov)
        if self == .longer { try file.write([UInt8](repeating: 0, count: 8), at: file.size) }
      case .parsedByte: try file.write([0xFF], at: size - 1)
      case .block: try file.write([UInt8](repeating: 0, count: size + 12), at: 0)
      }
      if !isIndexed { return _ = DiskFolder.remove(index) }
      // As after the end of a program by SIGKILL.
      if self != .longer { try DiskFile(index, .writing).write(HourIndex.head(nil), at: 0) }
    }
  }

  private func segments(_ folder: HourFolder) throws -> [Int64: [UInt8]] {
    var found: [Int64: [UInt8]] = [:]
    for name in folder.names {
      let bytes = try content(folder.file(name))
      for row in try #require(try folder.walk(name)).segments.map(\.row) {
        found[row.number] = Array(bytes[row.range])
      }
    }
    return found
  }

  /// The size of the CMAF header of a file.
  private func headerSize(_ file: ArchiveInspection.File) throws -> Int {
    try #require(try file.folder.walk(file.name)).head.headerSize
  }

  @Test(
    "a damaged head is that of another hour again, or the hour is set aside",
    arguments: Damage.allCases, [true, false])
  func damagedHead(_ damage: Damage, _ isIndexed: Bool) throws {
    let track = try archive(Self.start, ArchivedTrack.header())
    let file = try #require(inspection.files.first)
    let (folder, name, size) = (file.folder, file.name, try headerSize(file))
    let (path, index) = (folder.file(name), folder.index(name))
    let whole = try content(path)
    try damage.apply(path, index, header: size, isIndexed: isIndexed)
    let damaged = try content(path)
    #expect(try !ArchiveInspection.faults(file).isEmpty)
    // No other hour has the header.
    let alone = StreamWriter(StreamCatalog(folder: catalog.folder), ArchivePolicy())
    alone.load()
    if damage == .parsedByte {
      // The boxes still can be read: the hour stays.
      #expect(folder.names == [name] && alone.takeNotes().isEmpty)
    } else {
      #expect(folder.names.isEmpty)
      #expect(try content(folder.damagedFile(name)) == damaged)
      #expect(alone.takeNotes().map(\.event.description) == ["archive-damaged"])
      #expect(try inspection.files.map(ArchiveInspection.repair) == [.unreadable])
      #expect(try content(folder.damagedFile(name)) == damaged)
    }
    let later = try archive(Self.start + .seconds(3600), ArchivedTrack.header())
    let files = inspection.files.filter { $0.name == name }
    let repaired = try files.map(ArchiveInspection.repair)
    #expect(repaired == [.mended(HourName(name, later: 1).path)])
    #expect(try content(path)[..<size] == whole[..<size])
    let expected = track.segments.merging(later.segments) { first, _ in first }
    #expect(try segments(folder) == expected)
    #expect(try inspection.files.flatMap(ArchiveInspection.faults) == [])
    // The next start does the same by itself.
    try damage.apply(path, index, header: size, isIndexed: isIndexed)
    let second = StreamWriter(StreamCatalog(folder: catalog.folder), ArchivePolicy())
    second.load()
    #expect(second.takeNotes().map(\.event.description) == ["archive-mended"])
    #expect(try segments(folder) == expected)
    #expect(try inspection.files.flatMap(ArchiveInspection.faults) == [])
  }

  @Test("an hour that is continued gets its damaged head again")
  func continued() throws {
    let track = try archive(Self.start, ArchivedTrack.header())
    let file = try #require(inspection.files.first)
    let path = file.folder.file(file.name)
    let size = try headerSize(file)
    for damage in Damage.allCases {
      try damage.apply(path, file.folder.index(file.name), header: size, isIndexed: false)
      let stream = StreamWriter(catalog, ArchivePolicy())
      stream.follow([("video", track.window)], SystemClock.monotonicTime)
      #expect(stream.advance(SystemClock.monotonicTime).error == nil)
      stream.finish()
      #expect(stream.takeNotes().map(\.event.description) == ["archive-mended"], "\(damage)")
      #expect(try segments(file.folder) == track.segments)
      #expect(file.folder.content.damaged.isEmpty)
    }
  }

  @Test("files with media that cannot be read are set aside one beside the other")
  func setAside() throws {
    let track = try archive(Self.start, ArchivedTrack.header())
    let file = try #require(inspection.files.first)
    let (folder, name) = (file.folder, file.name)
    let row = try #require(try folder.walk(name)).segments[0].row
    var contents: [[UInt8]] = []
    for count in 1...3 {
      let media = try DiskFile(folder.file(name), .writing)
      // Without the first mark, and without the index, no segment has a number.
      try media.write([UInt8(count)], at: row.offset - SegmentMark.size + 5)
      DiskFolder.remove(folder.index(name))
      contents.append(try content(folder.file(name)))
      let stream = StreamWriter(StreamCatalog(folder: catalog.folder), ArchivePolicy())
      stream.load()
      #expect(folder.names.isEmpty)
      #expect(stream.files.count { $0.isDamaged } == count)
      let damaged = folder.content.damaged.sorted()
      #expect(try damaged.map { try content(folder.damagedFile($0)) } == contents)
      _ = try archive(Self.start, ArchivedTrack.header())
      #expect(try segments(folder) == track.segments)
    }
  }

  @Test("a file that a program has begun has no media, and is removed")
  func begun() throws {
    _ = try archive(Self.start, ArchivedTrack.header())
    let file = try #require(inspection.files.first)
    let (folder, name) = (file.folder, file.name)
    let whole = try content(folder.file(name))
    let walk = try #require(try folder.walk(name))
    // In the header, in the room, and in the first segment.
    for size in [
      3, walk.head.headerSize, walk.head.headerSize + 9, walk.head.mediaStart,
      walk.segments[0].row.end - 1,
    ] {
      // The writer has removed the empty folder of the day.
      let path = folder.file(name)
      let day = try #require(path.lastIndex(of: "/"))
      try DiskFolder.make(String(path[..<day]))
      let media = try DiskFile(path, .creating)
      try media.truncate(to: 0)
      try media.write(Array(whole[..<size]), at: 0)
      DiskFolder.remove(folder.index(name))
      let stream = StreamWriter(StreamCatalog(folder: catalog.folder), ArchivePolicy())
      stream.load()
      #expect(folder.names.isEmpty && folder.content.damaged.isEmpty, "\(size)")
      #expect(stream.takeNotes().map(\.event.description) == ["archive-removed"])
    }
  }

  @Test("damage within media is found by its digest, and repair does not hide it")
  func damagedMedia() throws {
    _ = try archive(Self.start, ArchivedTrack.header())
    let file = try #require(inspection.files.first)
    let row = try #require(try file.folder.walk(file.name)).segments[2].row
    let media = try DiskFile(file.folder.file(file.name), .writing)
    // The last byte of a segment is one of a frame.
    let byte = try media.read(at: row.end - 1, count: 1)[0]
    try media.write([byte ^ 1], at: row.end - 1)
    let faults = ["damaged: segment \(row.number) has another digest than the index"]
    #expect(try ArchiveInspection.faults(file) == faults)
    #expect(try ArchiveInspection.repair(file) == .repaired)
    #expect(try ArchiveInspection.faults(file) == faults)
  }

  @Test(
    "files of another user are counted, and are read by inspections only",
    .enabled(if: DiskFolder.user == 0, "only root may give them"))
  func foreign() throws {
    _ = try archive(Self.start, ArchivedTrack.header())
    #expect(inspection.foreign.count == 0)
    let file = try #require(inspection.files.first)
    let path = file.folder.file(file.name)
    let given = unsafe chown(path, 12_345, gid_t.max)
    #expect(given == 0)
    #expect(inspection.foreign.count == 1)
    #expect("\(inspection.foreign)".contains("1 file belongs to user 12345"))
    #expect(try ArchiveInspection.faults(file) == [])
    let other = StreamCatalog(folder: catalog.folder)
    let stream = StreamWriter(other, ArchivePolicy())
    stream.load()
    #expect(other.status.foreign == 1 && other.status.oldest == nil)
    #expect(stream.takeNotes().map(\.event.description) == ["archive-foreign"])
    #expect(DiskFolder.exists(path))
    #expect(throws: SystemError.self) { try ArchiveInspection.repair(file) }
  }

  // MARK: Dates

  @Test("hours that a wrong clock has dated get other dates and numbers, and the same bytes")
  func shifted() throws {
    let day = Interval.seconds(86_400)
    let right = try archive(Self.start, ArchivedTrack.header())
    let wrong = try archive(Self.start + day + .seconds(1800), ArchivedTrack.header())
    let folder = catalog.folder(of: "video")
    let span = Self.start + day..<Self.start + day + .seconds(3600)
    let found = try inspection.files.map { try HourShift.shift($0, span, by: .zero - day) }
    #expect(found.map(\.count) == [0, 5] || found.map(\.count) == [5, 0])
    let steps = Int64(86_400 * 5)
    let expected = Dictionary(
      uniqueKeysWithValues: wrong.segments.map { ($0.key - steps, $0.value) })
    #expect(try segments(folder) == right.segments.merging(expected) { first, _ in first })
    #expect(Set(folder.names.map(\.folder)).count == 1)
    #expect(try inspection.files.flatMap(ArchiveInspection.faults) == [])
    let other = StreamCatalog(folder: catalog.folder)
    StreamWriter(other, ArchivePolicy()).load()
    let reader = ArchiveReader(other)
    let after = Self.start + .seconds(1700)..<Self.start + .seconds(1900)
    let segments = try reader.segments(during: after, of: "video")
    #expect(segments.map(\.number) == expected.keys.sorted())
    for segment in segments {
      #expect(try reader.bytes(of: segment).array == expected[segment.number])
    }
  }

  @Test("media after the wall clock is neither a past nor a present, and has a line")
  func ahead() throws {
    let track = try archive(Self.start, ArchivedTrack.header())
    let future = SystemClock.wallTime + .seconds(40 * 86_400)
    _ = try archive(future, ArchivedTrack.header())
    let other = StreamCatalog(folder: catalog.folder)
    let stream = StreamWriter(other, ArchivePolicy())
    stream.load()
    let numbers = track.segments.keys.sorted()
    #expect(other.read { $0.extent(of: "video") } == numbers[0]...numbers[4])
    #expect(other.status.newest.map { $0 < SystemClock.wallTime } == true)
    let ahead = try #require(other.status.ahead)
    #expect(ahead.lowerBound >= future && ahead.upperBound < future + .seconds(60))
    let reader = ArchiveReader(other)
    #expect(try reader.segments(during: ahead, of: "video").isEmpty)
    #expect(try reader.spans(of: "video", from: 0).map(\.numbers) == [numbers[0]...numbers[4]])
    for _ in 0..<2 { stream.retain(now: Self.start) }
    let notes = stream.takeNotes()
    #expect(notes.map(\.event.description) == ["archive-ahead"])
    #expect(notes.allSatisfy { $0.text.contains("streamer archive shift") })
    // With a clock that has reached it, it is the past.
    #expect(other.status(at: SystemClock.monotonicTime, wall: ahead.upperBound).ahead == nil)
  }
}

extension HourName {
  /// The name of a file with the same header some hours later.
  fileprivate init(_ name: HourName, later hours: Int64) {
    self.init(
      at: name.start + .seconds(3600 * hours), headerHash: name.headerHash, isAudio: name.isAudio)
  }
}
