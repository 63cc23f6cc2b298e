// SPDX-License-Identifier: Apache-2.0

import CMAF
import Glibc
import Logging
import Packaging
import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("The archive of a stream", .blocking)
struct ArchiveStoreTests {
  private let folder: TemporaryFolder
  private let log = Log(format: .text, least: .error) { _ in }
  /// 2026-11-23T04:59:59Z.
  private static let start = WallTime.origin + .seconds(1_795_409_999)

  init() throws { folder = try TemporaryFolder() }

  private static var deadline: MonotonicTime { .hangLimit }

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
              let file = (open.files[0] as? HeldFile)?.file
              return (try? file?.read(at: row.offset, count: row.size)) ?? []
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
    track.publish(segments: 14)
    let event = try window.addEvent(
      at: .origin + .seconds(1_795_410_000), Array("7".utf8), now: Self.start)
    track.publish(segments: 1)
    track.publish(frames: 2)
    try waitUntil { archive.status.written == 15 }
    let numbers = try #require(archive.extent(of: "video"))
    #expect(numbers.count == 15)
    for (number, expected) in track.segments { #expect(try bytes(number, archive) == expected) }
    #expect(try bytes(numbers.upperBound + 1, archive) == nil)
    #expect(try bytes(numbers.lowerBound - 1, archive) == nil)
    let segments: Result<[SegmentOutline], ArchiveFailure> = try wait {
      archive.outline(numbers, of: "video", answer: $0)
    }
    #expect(try segments.get().map(\.number) == Array(numbers))
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
      other.read(answer: answer) { reader throws(ArchiveFailure) in
        try reader.frameCounts(numbers, of: "video")
      }
    }
    #expect(try frames.get() == Array(repeating: 6, count: 15))
    let events: Result<[ArchivedEvent], ArchiveFailure> = try wait { answer in
      other.read(answer: answer) { reader throws(ArchiveFailure) in
        try reader.events(of: "video", in: numbers, newest: 200)
      }
    }
    let found = try events.get()
    #expect(found.map(\.message.id) == [event.id])
    #expect(found.map(\.message.data) == [event.data])
    #expect(found.map(\.time) == [event.time])
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
    let segments: Result<[SegmentOutline], ArchiveFailure> = try wait {
      archive.outline(numbers, of: "video", answer: $0)
    }
    #expect(try segments.get().map(\.startsDiscontinuity) == [false, false, true, false])
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

  @Test("while a removal waits, all streams are archived, and the removed media is not served")
  func slowRemoval() throws {
    let (hasBegun, isReleased) = (Monitor(false), Monitor(false))
    let store = try ArchiveStore(
      folder.path,
      willRemove: {
        hasBegun.update { $0 = true }
        _ = isReleased.wait(until: Self.deadline) { $0 ? () : nil }
      }, log: log)
    var tracks = (0..<2).map { _ in ArchivedTrack(from: Self.start + .seconds(10)) }
    let archives = (0..<2).map { store.stream("live\($0)", ArchivePolicy()) }
    for (archive, track) in zip(archives, tracks) { archive.follow([("video", track.window)]) }
    for index in tracks.indices { tracks[index].publish(segments: 5) }
    try waitUntil { archives.allSatisfy { $0.status.written == 5 } }
    let archive = archives[0]
    let first = try #require(archive.extent(of: "video")?.lowerBound)
    let start = try #require(tracks[0].window.snapshot.segment(first + 1)).programDateTime
    let (answered, isNoted) = (Monitor<String??>(nil), Monitor(false))
    let (span, note) = (start..<start + .milliseconds(300), "\(folder.path)/live0/removing")
    archive.remove(span, hidden: { isNoted.update { $0 = DiskFolder.exists(note) } }) { failure in
      answered.update { $0 = .some(failure) }
    }
    try #require(hasBegun.wait(until: Self.deadline) { $0 ? () : nil } != nil)
    // The order outlives a crash from here on.
    #expect(isNoted.read { $0 } && archive.hiddenSpans == [span])
    // The thread that removes is held.
    for count in 1...3 {
      for index in tracks.indices { tracks[index].publish(segments: 1) }
      try waitUntil { archives.allSatisfy { $0.status.written == UInt64(5 + count) } }
    }
    #expect(try bytes(first + 1, archive) == nil)
    #expect(try bytes(first + 2, archive) == nil)
    for index: Int64 in [0, 3, 4, 7] {
      #expect(try bytes(first + index, archive) == tracks[0].segments[first + index])
    }
    #expect(try bytes(first + 1, archives[1]) == tracks[1].segments[first + 1])
    #expect(answered.read { $0 } == nil)
    isReleased.update { $0 = true }
    let failure = try #require(answered.wait(until: Self.deadline) { $0 })
    #expect(failure == nil && archive.hiddenSpans.isEmpty)
    let name = try #require(
      HourFolder("\(folder.path)/live0/video").names.first)
    let path = HourFolder("\(folder.path)/live0/video").file(name)
    let file = try content(path)
    for number in first...first + 7 {
      let payload = try #require(tracks[0].segments[number])
      #expect(file.hasBytes(of: payload) == ![first + 1, first + 2].contains(number))
    }
    for index: Int64 in [0, 3, 7] {
      #expect(try bytes(first + index, archive) == tracks[0].segments[first + index])
    }
    for index in tracks.indices { tracks[index].publish(segments: 1) }
    try waitUntil { archives.allSatisfy { $0.status.written == 9 } }
    store.close(until: Self.deadline)
  }

  @Test(
    "a link in place of a folder is refused, and nothing is written behind it",
    arguments: ["live", "live/video", "live/video/2026-11-23"])
  func links(path: String) throws {
    let outside = try TemporaryFolder()
    let link = "\(folder.path)/\(path)"
    try DiskFolder.make(String(link[..<(link.lastIndex(of: "/") ?? link.endIndex)]))
    let made = unsafe symlink(outside.path, link)
    #expect(made == 0)
    defer { DiskFolder.remove(link) }
    try refused(link)
    let found = DiskFolder.entries(outside.path)
    #expect(found.files.isEmpty && found.folders.isEmpty)
  }

  @Test(
    "a folder of another user is refused", .enabled(if: geteuid() == 0, "only root may give it"),
    arguments: ["live", "live/video"])
  func foreign(path: String) throws {
    let made = "\(folder.path)/\(path)"
    try DiskFolder.make(made)
    let given = unsafe chown(made, 12_345, gid_t.max)
    #expect(given == 0)
    defer { DiskFolder.remove(made) }
    try refused(made)
  }

  /// The archive of `live` writes nothing, and names the path in its error.
  private func refused(_ path: String) throws {
    var track = ArchivedTrack(from: Self.start)
    let store = try ArchiveStore(folder.path, log: log)
    let archive = store.stream("live", ArchivePolicy())
    archive.follow([("video", track.window)])
    track.publish(segments: 2)
    try waitUntil { archive.status.error != nil }
    #expect(archive.status.error?.hasPrefix(path + ": ") == true)
    #expect(archive.status.written == 0)
    let span = Self.start..<Self.start + .seconds(9)
    let failure: String? = try wait { archive.remove(span, answer: $0) }
    #expect(failure == nil)
    store.close(until: Self.deadline)
  }

  @Test("hours of streams that are not archived any more are removed by the rule of the others")
  func others() throws {
    var track = ArchivedTrack(from: Self.start + .seconds(10))
    let store = try ArchiveStore(folder.path, log: log)
    for name in ["old", "live"] {
      store.stream(name, ArchivePolicy()).follow([("video", track.window)])
    }
    track.publish(segments: 2)
    try waitUntil { store.stream("old", ArchivePolicy()).status.written == 2 }
    store.close(until: Self.deadline)
    let old = HourFolder("\(folder.path)/old/video")
    #expect(old.names.count == 1)

    let others = OtherStreams(Retention(keep: .zero), after: .zero)
    let again = try ArchiveStore(folder.path, others: others, log: log)
    _ = again.stream("live", ArchivePolicy())
    try waitUntil { old.names.isEmpty }
    #expect(HourFolder("\(folder.path)/live/video").names.count == 1)
    again.close(until: Self.deadline)
  }

  @Test("another rule applies while a session is written, and costs no segment of the open hour")
  func policy() throws {
    let folder = HourFolder("\(folder.path)/live/video")
    var track = ArchivedTrack(from: Self.start)
    let store = try ArchiveStore(self.folder.path, log: log)
    let archive = store.stream("live", ArchivePolicy())
    archive.follow([("video", track.window)])
    // Five segments until the next hour.
    track.publish(segments: 8)
    track.publish(frames: 2)
    try waitUntil { archive.status.written == 8 }
    let first = try #require(archive.extent(of: "video")?.lowerBound)
    #expect(folder.names.count == 2)
    #expect(try bytes(first, archive) == track.segments[first])
    // The session goes on: the hour that is over has more than a byte.
    store.setRetention(Retention(limit: 1), of: "live")
    #expect(archive.policy.retention == Retention(limit: 1))
    try waitUntil { folder.names.count == 1 && archive.extent(of: "video")?.lowerBound != first }
    #expect(archive.extent(of: "video")?.lowerBound == first + 5)
    #expect(try bytes(first, archive) == nil)
    track.publish(segments: 2)
    try waitUntil { archive.status.written == 10 }
    // The same policy with another rule is the same archive.
    #expect(store.stream("live", ArchivePolicy()) === archive)
    #expect(archive.policy.retention == Retention())
    // Until its session begins, another archive of the stream writes that of before.
    let healed = ArchivePolicy(
      retention: Retention(limit: 2_000_000), twins: ["http://192.0.2.1/live/"])
    let other = store.stream("live", healed)
    #expect(other !== archive && other.policy == healed)
    track.publish(segments: 2)
    try waitUntil { other.status.written >= 12 }
    other.follow([("video", track.window)])
    track.publish(segments: 2)
    // The window still has segments of the removed hour, which the new rule permits.
    try waitUntil { other.status.written >= 14 }
    for (number, expected) in track.segments where number >= first + 5 {
      #expect(try bytes(number, other) == expected)
    }
    #expect(track.segments.keys.max() == first + 13)
    store.close(until: Self.deadline)
  }

  @Test("orders to a closed archive have an answer")
  func closed() throws {
    let store = try ArchiveStore(folder.path, log: log)
    let archive = store.stream("live", ArchivePolicy())
    store.close(until: Self.deadline)
    let span = Self.start..<Self.start + .seconds(1)
    let failure: String? = try wait { archive.remove(span, answer: $0) }
    #expect(failure == "it is closed")
    let other: String? = try wait { archive.protect(span, answer: $0) }
    #expect(other == "it is closed")
  }

  @Test("requests while a folder is read take no thread from other streams")
  func loading() throws {
    let pool = ReaderPool(threads: 1)
    func archive(_ catalog: StreamCatalog) -> StreamArchive {
      StreamArchive(name: "live", ArchivePolicy(), catalog, pool) { _ in }
    }
    let (slow, other) = (StreamCatalog(folder: "/none"), StreamCatalog(folder: "/none"))
    other.update { $0.isLoaded = true }
    let answers = Locked(0)
    let first = archive(slow)
    for _ in 0..<5 { first.outline(1...2, of: "video") { _ in answers.withLock { $0 += 1 } } }
    let found: Result<[SegmentOutline], ArchiveFailure> = try wait {
      archive(other).outline(1...2, of: "video", answer: $0)
    }
    #expect(try found.get().isEmpty)
    #expect(answers.withLock { $0 } == 0)
    slow.update { $0.isLoaded = true }
    try waitUntil { answers.withLock { $0 } == 5 }
    // A job that never is ready is run at its deadline.
    let done = Locked(false)
    let deadline = SystemClock.monotonicTime + .milliseconds(50)
    let job = ArchiveJob(
      .list, stream: "live", run: { done.withLock { $0 = true } }, refuse: { _ in })
    pool.add(job, until: deadline, when: { false })
    try waitUntil { done.withLock { $0 } }
    pool.close()
  }
}
