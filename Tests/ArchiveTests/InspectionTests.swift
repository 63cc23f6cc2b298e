// SPDX-License-Identifier: Apache-2.0

import CMAF
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
    #expect(try ArchiveInspection.repair(file))
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
      #expect(try ArchiveInspection.repair(file))
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
}
