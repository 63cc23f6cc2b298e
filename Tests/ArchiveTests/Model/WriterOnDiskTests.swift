// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

/// The thread that writes, on a disk that others change, that refuses calls, or that is slow.
@Suite("The writer on a simulated disk")
struct WriterOnDiskTests {
  /// 2026-11-23T04:00:10Z.
  private static let start = WallTime.origin + .seconds(1_795_406_410)
  private static let now = MonotonicTime.origin + .seconds(100)

  private let disk = SimulatedDisk(.none, capacity: 10_000_000, seed: 1)
  private let catalog = StreamCatalog(folder: "/archive/live")
  private let synchronisation = SyncThread.withoutThread()

  private var folder: HourFolder { catalog.folder(of: "video") }

  /// Calls `body` with a writer that has written five segments, and the beginning of another one.
  private func written(
    _ body: (_ stream: StreamWriter, _ track: ArchivedTrack, _ name: HourName) throws -> Void
  ) throws {
    try PresentDisk.$current.withValue(disk) {
      try DiskFolder.make(catalog.folder)
      let stream = StreamWriter(catalog, ArchivePolicy(), syncThread: synchronisation)
      stream.load()
      var track = ArchivedTrack(from: Self.start)
      stream.follow([("video", track.window)], Self.now)
      track.publish(segments: 5)
      track.publish(frames: 2)
      #expect(stream.advance(Self.now).error == nil)
      try body(stream, track, try #require(folder.names.first))
    }
  }

  /// The segments that readers find, if they have the right bytes.
  private func found(_ track: ArchivedTrack) throws -> [Int64] {
    let reader = ArchiveReader(catalog)
    let numbers = track.segments.keys.sorted()
    let (first, last) = (try #require(numbers.first), try #require(numbers.last))
    return try reader.segments(first...last, of: "video").filter {
      try reader.bytes(of: $0).array == track.segments[$0.number]
    }.map(\.number)
  }

  private func position(_ number: Int64, _ name: HourName) throws -> Int {
    let row = try catalog.rows(of: name, "video").first { $0.number == number }
    return try #require(row).offset
  }

  @Test("a file that cannot be ended is finished, with a line about its damage")
  func refusedEnd() throws {
    try written { (stream, track, name) throws in
      let numbers = track.segments.keys.sorted()
      let node = try #require(disk.node(folder.file(name)))
      node.damage(at: try position(numbers[2], name) + 200, 1)
      // The end of the incomplete segment is refused.
      disk.refusals = 1
      stream.finish()
      let notes = stream.takeNotes()
      #expect(notes.map { "\($0.event)" } == ["archive-damaged"])
      #expect(notes.first?.text.contains(folder.file(name)) == true)
      #expect(try found(track) == numbers.filter { $0 != numbers[2] })
    }
  }

  @Test("a copy in the place of a file is a past when the session ends at once, with its lines")
  func copied() throws {
    try written { (stream, track, name) throws in
      disk.replaceByCopy(folder.file(name))
      stream.follow([], Self.now)
      #expect(stream.takeNotes().map { "\($0.event)" } == ["archive-replaced"])
      #expect(try found(track) == track.segments.keys.sorted())
      // Another session continues the copy.
      var other = ArchivedTrack(from: Self.start + .seconds(60))
      stream.follow([("video", other.window)], Self.now)
      other.publish(segments: 3)
      #expect(stream.advance(Self.now).error == nil)
      stream.finish()
      #expect(try found(track) == track.segments.keys.sorted())
      #expect(try found(other) == other.segments.keys.sorted())
      #expect(folder.names == [name])
    }
  }

  @Test("an hour whose index others remove is a past when the session ends at once")
  func withoutIndex() throws {
    try written { (stream, track, name) throws in
      disk.removeTree(folder.index(name))
      stream.follow([], Self.now)
      #expect(stream.takeNotes().map { "\($0.event)" } == ["archive-replaced"])
      #expect(try found(track) == track.segments.keys.sorted())
    }
  }

  @Test("a damaged copy without a header is set aside when the session ends, with its lines")
  func damagedCopy() throws {
    try written { (stream, _, name) throws in
      disk.replaceByCopy(folder.file(name))
      let size = try #require(disk.node(folder.file(name))).bytes.count
      disk.node(folder.file(name))?.damage(at: 5, 1)
      stream.follow([], Self.now)
      #expect(stream.takeNotes().map { "\($0.event)" } == ["archive-replaced", "archive-damaged"])
      #expect(folder.names == [] && disk.node(folder.damagedFile(name)) != nil)
      #expect(catalog.status.bytes >= Int64(size) / 2)
    }
  }

  @Test("an hour that others remove between two sessions is begun again with a line")
  func removedBetween() throws {
    try written { (stream, _, name) throws in
      stream.finish()
      disk.removeTree(folder.file(name))
      var other = ArchivedTrack(from: Self.start + .seconds(60))
      stream.follow([("video", other.window)], Self.now)
      other.publish(segments: 1)
      #expect(stream.advance(Self.now).error == nil)
      let notes = stream.takeNotes()
      #expect(notes.map { "\($0.event)" } == ["archive-replaced"])
      #expect(notes.first?.text.contains("with 5 segments") == true)
    }
  }

  @Test("an hour that others give to another user is not removed by its rule")
  func givenAway() throws {
    try written { (stream, _, name) throws in
      stream.finish()
      disk.giveAway(folder.file(name))
      stream.policy.retention = Retention(keep: .seconds(3600))
      stream.retain(now: Self.start + .seconds(86_400))
      #expect(disk.node(folder.file(name)) != nil)
      #expect(!stream.takeNotes().contains { "\($0.event)" == "archive-removed" })
      disk.node(folder.file(name))?.owner = disk.user
      stream.retain(now: Self.start + .seconds(86_400))
      #expect(disk.node(folder.file(name)) == nil)
      #expect(stream.takeNotes().map { "\($0.event)" } == ["archive-removed"])
    }
  }

  @Test("a torn segment is not served while the disk refuses to leave it out")
  func tornOnFaultyDisk() throws {
    try written { (_, track, name) throws in
      let numbers = track.segments.keys.sorted()
      let node = try #require(disk.node(folder.file(name)))
      node.damage(at: try position(numbers[3], name) + 200, 1)
      disk.restart()
      disk.isReadOnly = true
      let stream = StreamWriter(catalog, ArchivePolicy(), syncThread: synchronisation)
      stream.load()
      #expect(try found(track) == numbers.filter { $0 != numbers[3] })
      let listed = try ArchiveReader(catalog).segments(numbers[0]...numbers[4], of: "video")
      #expect(listed.map(\.number) == numbers.filter { $0 != numbers[3] })
      // Nothing is appended to it.
      var other = ArchivedTrack(from: Self.start + .seconds(60))
      stream.follow([("video", other.window)], Self.now)
      other.publish(segments: 2)
      #expect(stream.advance(Self.now).error != nil)
      disk.isReadOnly = false
      stream.retain(now: Self.start)
      #expect(try found(track) == numbers.filter { $0 != numbers[3] })
      #expect(stream.takeNotes().map { "\($0.event)" } == ["archive-damaged"])
      #expect(stream.advance(Self.now + .seconds(10)).error == nil)
      #expect(try found(other) == other.segments.keys.sorted())
    }
  }

  /// Performs an order; the writer does not wait for the disk.
  private func perform(_ order: WriterOrder, _ stream: StreamWriter) {
    let before = disk.waits
    switch order {
    case .hold(_, let rendition, let name, let time, let answer):
      answer(stream.hold(name, of: rendition, until: time))
    case .replace(_, let rendition, let replacement, let answer):
      answer(stream.replace(replacement, of: rendition))
    default: order.refuse()
    }
    #expect(disk.waits == before)
  }

  /// Whether the name of a file is on the disk.
  private func isDurable(_ name: HourName) throws -> Bool {
    let path = folder.file(name).split(separator: "/").map(String.init)
    var node = disk.root
    for piece in path {
      guard let next = node.durableEntries[piece] else { return false }
      node = next
    }
    return node === disk.node(folder.file(name))
  }

  @Test("the exchange of a healed hour waits for no disk; its name is on the disk a moment later")
  func healed() throws {
    try written { (stream, track, name) throws in
      let merge = try HourMerge(
        name, in: folder, header: ArchivedTrack.header(), references: 10)
      let failure = HourInsertion.insert(
        merge, of: "video", catalog, removed: WallSpans(), isCancelled: { false },
        order: { perform($0, stream) })
      #expect(failure == nil)
      #expect(try !isDurable(name))
      #expect(try found(track) == track.segments.keys.sorted())
      while synchronisation.runNext() {}
      #expect(try isDurable(name))
    }
  }

  @Test("healing does not replace the hour file of another user, whose hour seems to be missing")
  func healedBesideAnotherUser() throws {
    try written { (stream, track, name) throws in
      stream.finish()
      disk.giveAway(folder.file(name))
      let node = try #require(disk.node(folder.file(name)))
      let bytes = node.bytes
      let later = StreamWriter(catalog, ArchivePolicy(), syncThread: synchronisation)
      later.load()
      #expect(try found(track) == [])
      let merge = try HourMerge(
        name, in: folder, header: ArchivedTrack.header(), references: 10)
      for (number, bytes) in track.segments.sorted(by: { $0.key < $1.key }) {
        try merge.add(
          HealedSegment(
            number, bytes, header: ArchivedTrack.header(), .video(track.segmentation),
            startsDiscontinuity: false), offset: .zero)
      }
      let failure = HourInsertion.insert(
        merge, of: "video", catalog, removed: WallSpans(), isCancelled: { false },
        order: { perform($0, later) })
      #expect(failure != nil)
      #expect(disk.node(folder.file(name)) === node && node.bytes == bytes)
    }
  }

  @Test("the exchange of an hour with removed segments waits for no disk")
  func removed() throws {
    try written { (stream, track, _) throws in
      let numbers = track.segments.keys.sorted()
      let rows = try ArchiveReader(catalog).segments(numbers[1]...numbers[2], of: "video")
      let span = rows[0].row.start + .milliseconds(1)..<rows[1].row.start + .milliseconds(1)
      let removal = try stream.beginRemoval(of: span, now: Self.start + .seconds(60)).get()
      let failure = removal.run(order: { perform($0, stream) })
      #expect(stream.endRemoval(of: removal.media, failure) == nil)
      #expect(try found(track) == numbers.filter { $0 != numbers[1] && $0 != numbers[2] })
    }
  }
}
