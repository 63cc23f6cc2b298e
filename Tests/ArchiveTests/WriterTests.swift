// SPDX-License-Identifier: Apache-2.0

import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("The writer of an archive")
struct WriterTests {
  private let temporary: TemporaryFolder
  private let catalog: StreamCatalog
  private let folder: HourFolder
  /// 2026-11-23T04:00:10Z.
  private static let start = WallTime.origin + .seconds(1_795_406_410)
  private static let everything = start - .seconds(3600)..<start + .seconds(3600)

  init() throws {
    temporary = try TemporaryFolder()
    catalog = StreamCatalog(folder: temporary.path + "/live")
    folder = catalog.folder(of: "video")
  }

  private var now: MonotonicTime { SystemClock.monotonicTime }

  private func writer(_ thread: SyncThread? = nil) -> StreamWriter {
    let writer = StreamWriter(catalog, ArchivePolicy(), syncThread: thread)
    writer.load()
    return writer
  }

  @Test("segments that become longer within an hour are archived in another part of it")
  func renumbered() throws {
    var track = ArchivedTrack(from: Self.start)
    track.publish(segments: 10)
    let stream = writer()
    stream.follow([("video", track.window)], now)
    #expect(stream.advance(now).error == nil)
    var longer = ArchivedTrack(from: Self.start + .seconds(3), segmentMicroseconds: 400_000)
    longer.publish(segments: 5)
    let numbers = longer.segments.keys.sorted()
    #expect(numbers[4] < track.segments.keys.min() ?? 0)
    for _ in 0..<2 {
      // The second session has the same segments: they are known.
      stream.follow([("video", longer.window)], now)
      #expect(stream.advance(now).error == nil)
    }
    stream.finish()
    #expect(folder.names.map(\.part) == [0, 1])
    #expect(HourName(folder: "2026-11-23", file: "04-0123abcd-1.cmfv")?.part == 1)
    for text in ["-0", "-01", "-100", "-x", "-1-1", "-"] {
      #expect(HourName(folder: "2026-11-23", file: "04-0123abcd\(text).cmfv") == nil)
    }
    let other = StreamCatalog(folder: catalog.folder)
    StreamWriter(other, ArchivePolicy()).load()
    let reader = ArchiveReader(other)
    let found = try reader.segments(during: Self.everything, of: "video")
    #expect(found.count == 15)
    for segment in found {
      let expected = longer.segments[segment.number] ?? track.segments[segment.number]
      #expect(try reader.bytes(of: segment).array == expected)
    }
  }

  @Test("a file is finished by the thread that waits for the disk, or continued before")
  func finish() throws {
    var track = ArchivedTrack(from: Self.start)
    track.publish(segments: 3)
    // A thread that does nothing: a disk that does not answer.
    let frozen = try #require(SyncThread())
    frozen.close()
    let stream = writer(frozen)
    stream.follow([("video", track.window)], now)
    _ = stream.advance(now)
    stream.finish()
    let name = try #require(folder.names.first)
    #expect(folder.summary(name) == nil)
    #expect(catalog.read { $0.tracks["video"]?.files[name]?.count } == 3)
    track.publish(segments: 2)
    stream.follow([("video", track.window)], now)
    #expect(stream.advance(now).error == nil)
    stream.finish()
    #expect(catalog.read { $0.tracks["video"]?.files[name]?.count } == 5)

    let thread = try #require(SyncThread())
    let other = writer(thread)
    other.follow([("video", track.window)], now)
    track.publish(segments: 1)
    _ = other.advance(now)
    other.finish()
    thread.drain()
    #expect(folder.summary(name)?.count == 6)
    let reader = ArchiveReader(catalog)
    for segment in try reader.segments(during: Self.everything, of: "video") {
      #expect(try reader.bytes(of: segment).array == track.segments[segment.number])
    }
  }

  @Test("an order to remove that was interrupted between two hours is completed at the next start")
  func interrupted() throws {
    let hour = Interval.seconds(3600)
    for start in [Self.start, Self.start + hour] {
      var track = ArchivedTrack(from: start)
      track.publish(segments: 3)
      let stream = writer()
      stream.follow([("video", track.window)], now)
      _ = stream.advance(now)
      stream.finish()
    }
    let names = folder.names
    #expect(names.count == 2)
    let span = Self.start + .milliseconds(500)..<Self.start + hour + .milliseconds(100)
    // The second hour cannot be changed, as if the program had ended before it.
    let obstacle = folder.file(names[1]) + ".new/inner"
    try DiskFolder.make(obstacle)
    #expect(writer().removeSegments(in: span, now: Self.start + hour + hour) != nil)
    DiskFolder.remove(obstacle)
    DiskFolder.remove(folder.file(names[1]) + ".new")
    #expect(try folder.walk(names[1])?.segments.count == 3)
    _ = writer()
    #expect(try folder.walk(names[0])?.segments.count == 2)
    #expect(try folder.walk(names[1])?.segments.count == 2)
    #expect(!DiskFolder.exists(catalog.folder + "/removing"))
  }

  @Test("a disk that does not answer is a failure while a step waits for it")
  func frozen() throws {
    let lock = try DiskFile(temporary.path + "/.lock", .locking)
    let root = ArchiveRoot(temporary.path, lock: lock)
    let catalog = StreamCatalog(folder: temporary.path + "/live", in: root)
    let start = MonotonicTime(nanoseconds: 0)
    for worker in [DiskWatch.Worker.writer, .synchronisation] {
      root.watch.begin(worker, at: start)
      #expect(catalog.status(at: start + .seconds(4)).error == nil)
      let error = catalog.status(at: start + .seconds(7)).error
      #expect(error == "the disk has not answered for 7 s")
      root.watch.begin(worker, at: start + .seconds(6))
      #expect(catalog.status(at: start + .seconds(7)).error == nil)
      root.watch.end(worker)
      #expect(catalog.status(at: start + .seconds(700)).error == nil)
    }
  }

  // MARK: Files that others remove

  /// What others do with the files of an hour.
  enum Interference: String, CaseIterable {
    case files, media, index, day, rendition, stream, replaced

    func apply(_ folder: HourFolder, _ name: HourName, _ stream: String) throws {
      let (path, index) = (folder.file(name), folder.index(name))
      switch self {
      case .media: DiskFolder.remove(path)
      case .index: DiskFolder.remove(index)
      case .files, .day, .rendition, .stream:
        DiskFolder.remove(path)
        DiskFolder.remove(index)
        guard self != .files else { return }
        folder.removeDay(name)
        if self != .day { DiskFolder.remove(folder.path) }
        if self == .stream { DiskFolder.remove(stream) }
      case .replaced:
        // A copy that was made before.
        let bytes = try content(path)
        DiskFolder.remove(path)
        try DiskFile(path, .creating).write(bytes, at: 0)
      }
    }
  }

  @Test(
    "a file that others remove or replace is opened again, and has the window's segments",
    arguments: Interference.allCases)
  func removedByOthers(_ interference: Interference) throws {
    var track = ArchivedTrack(from: Self.start)
    track.publish(segments: 5)
    let thread = try #require(SyncThread())
    let stream = writer(thread)
    stream.follow([("video", track.window)], now)
    _ = stream.advance(now)
    stream.sync(on: thread, now)
    #expect(stream.takeNotes().isEmpty)
    let name = try #require(folder.names.first)
    try interference.apply(folder, name, catalog.folder)
    track.publish(segments: 1)
    track.publish(frames: 2)
    _ = stream.advance(now)
    stream.sync(on: thread, now)
    #expect(stream.takeNotes().map(\.event.description) == ["archive-replaced"])
    #expect(stream.advance(now).error == nil)
    track.publish(frames: 4)
    _ = stream.advance(now)
    stream.finish()
    thread.drain()
    #expect(stream.takeNotes().isEmpty)
    #expect(folder.summary(name)?.count == 7)
    let reader = ArchiveReader(catalog)
    let found = try reader.segments(during: Self.everything, of: "video")
    #expect(found.map(\.number) == track.segments.keys.sorted())
    for segment in found {
      #expect(try reader.bytes(of: segment).array == track.segments[segment.number])
    }
  }

  @Test("a file that is removed before it is finished is written again too")
  func removedBeforeItsEnd() throws {
    var track = ArchivedTrack(from: Self.start)
    track.publish(segments: 3)
    let stream = writer()
    stream.follow([("video", track.window)], now)
    _ = stream.advance(now)
    let name = try #require(folder.names.first)
    DiskFolder.remove(folder.file(name))
    _ = stream.hold(name, of: "video", until: .distantPast)
    #expect(catalog.read { $0.tracks["video"]?.files[name] } == nil)
    _ = stream.advance(now)
    stream.finish()
    #expect(folder.summary(name)?.count == 3)
  }

  @Test("finished hours that others remove are no past, and are again when they are put back")
  func finishedHours() throws {
    for hour in Int64(0)..<3 {
      var track = ArchivedTrack(from: Self.start + .seconds(3600 * hour))
      track.publish(segments: 2)
      let stream = writer()
      stream.follow([("video", track.window)], now)
      _ = stream.advance(now)
      stream.finish()
    }
    let stream = writer()
    let names = folder.names
    #expect(names.count == 3)
    let moved = temporary.path + "/elsewhere"
    try DiskFolder.rename(folder.path, to: moved)
    stream.retain(now: Self.start)
    #expect(stream.takeNotes().map(\.event.description) == ["archive-replaced"])
    #expect(catalog.read { $0.extent(of: "video") } == nil)
    stream.retain(now: Self.start)
    #expect(stream.takeNotes().isEmpty)
    try DiskFolder.rename(moved, to: folder.path)
    stream.retain(now: Self.start)
    #expect(stream.takeNotes().map(\.event.description) == ["archive-replaced"])
    #expect(catalog.read { $0.tracks["video"]?.order } == names)
  }

  @Test("the lock of a folder that others remove is taken again, unless another program has it")
  func lock() throws {
    let path = temporary.path + "/archive"
    func root() throws -> ArchiveRoot {
      try DiskFolder.make(path)
      let file = try DiskFile(path + "/.lock", .locking)
      #expect(try file.lock())
      return ArchiveRoot(path, lock: file)
    }
    let first = try root()
    try first.check()
    #expect(first.takeNote() == nil)
    for isFolder in [false, true] {
      DiskFolder.remove(path + "/.lock")
      if isFolder {
        DiskFolder.remove(path)
        #expect(throws: ArchiveRoot.Unusable.otherDisk(path)) { try first.check() }
        try DiskFolder.make(path)
      }
      try first.check()
      #expect(first.takeNote()?.contains("removed or replaced by others") == true)
      #expect(try !DiskFile(path + "/.lock", .locking).lock())
    }
    DiskFolder.remove(path + "/.lock")
    let second = try root()
    #expect(throws: ArchiveRoot.Unusable.locked(path)) { try first.check() }
    second.releaseLock()
    try first.check()
  }

  @Test("each removal by the rule has a line with name, size and reason")
  func reasons() throws {
    var track = ArchivedTrack(from: Self.start)
    track.publish(segments: 2)
    for (rule, words) in [
      (Retention(keep: .seconds(7200)), "older than 2h"),
      (Retention(limit: 0), "more than 0"),
    ] {
      let stream = StreamWriter(catalog, ArchivePolicy(retention: rule))
      stream.load()
      stream.follow([("video", track.window)], now)
      _ = stream.advance(now)
      stream.finish()
      let name = try #require(folder.names.first)
      stream.retain(now: name.start + .seconds(3600))
      #expect(folder.names.isEmpty == (rule.keep == nil))
      stream.retain(now: name.end + .seconds(7200))
      #expect(folder.names.isEmpty)
      let notes = stream.takeNotes()
      #expect(notes.map(\.event.description) == ["archive-removed"])
      let text = try #require(notes.first?.text)
      #expect(text.contains(folder.file(name)) && text.contains(" MB") && text.contains(words))
    }
  }
}
