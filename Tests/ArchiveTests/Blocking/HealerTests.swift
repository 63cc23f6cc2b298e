// SPDX-License-Identifier: Apache-2.0

import Logging
import Packaging
import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

/// A twin that answers from memory.
private struct FakeTwins: TwinConnections, Twin {
  let name: String
  let resources: Locked<[String: [UInt8]]>
  let isFailing = Locked(false)
  /// The requests that failed.
  let failures = Locked(0)
  var others: [FakeTwins] = []
  /// The entity tags of resources, and the resource that was read last.
  let tags = Locked<[String: String]>([:])
  private let last = Locked<String?>(nil)

  init(_ resources: [String: [UInt8]], name: String = "twin") {
    self.name = name
    self.resources = Locked(resources)
  }

  func open() -> [any Twin] { [self] + others }
  func cancel() {}
  func get(_ path: String, limit: Int) throws(TwinFailure) -> [UInt8] {
    if isFailing.withLock({ $0 }) {
      failures.withLock { $0 += 1 }
      throw .failed("no route")
    }
    guard let found = resources.withLock({ $0[path] }) else { throw .absent }
    last.withLock { $0 = path }
    return found
  }

  var tag: String? {
    let path = last.withLock { $0 }
    return path.flatMap { path in tags.withLock { $0[path] } }
  }
}

@Suite("Healing of an archive", .blocking)
struct HealerTests {
  private let temporary: TemporaryFolder
  private let log = Log(format: .text, least: .error) { _ in }
  /// A time of the last hours, ten minutes after a full hour.
  private let start: WallTime

  init() throws {
    temporary = try TemporaryFolder()
    let hour = SystemClock.wallTime.milliseconds / 3_600_000 - 2
    start = .origin + .seconds(hour * 3600 + 600)
  }

  private func waitUntil(_ isTrue: () throws -> Bool) throws {
    let deadline = MonotonicTime.hangLimit
    while try !isTrue() {
      try #require(SystemClock.monotonicTime < deadline)
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(5))
    }
  }

  /// What a twin with all segments of a track has.
  private func resources(_ track: ArchivedTrack, _ header: [UInt8]) -> [String: [UInt8]] {
    let hash = ArchivedTrack.description(track.segmentation, header).headerHash
    var text = "#EXTM3U\n#EXT-X-MAP:URI=\"init-\(hash).mp4\"\n"
    var found = ["video/init-\(hash).mp4": header]
    for (number, bytes) in track.segments.sorted(by: { $0.key < $1.key }) {
      text += "#EXTINF:0.2,\nsegment\(number).m4s\n"
      found["video/segment\(number).m4s"] = bytes
    }
    found["video/playlist.m3u8"] = Array(text.utf8)
    return found
  }

  /// A twin with 12 segments, of which a stream archives the first and the last four.
  private func holed(
    _ twins: FakeTwins, _ store: ArchiveStore, from time: WallTime? = nil
  ) throws -> (archive: StreamArchive, last: ArchivedTrack) {
    let archive = store.stream("live", ArchivePolicy(twins: ["http://twin/live/"])) { twins }
    let start = time ?? start
    var first = ArchivedTrack(from: start)
    archive.follow([("video", first.window)])
    first.publish(segments: 4)
    try waitUntil { archive.status.written == 4 }
    var last = ArchivedTrack(from: start + .milliseconds(1600))
    archive.follow([("video", last.window)])
    last.publish(segments: 4)
    try waitUntil { archive.status.written == 8 }
    return (archive, last)
  }

  private func whole(from time: WallTime? = nil) -> ArchivedTrack {
    var track = ArchivedTrack(from: time ?? start)
    track.publish(segments: 12)
    return track
  }

  private func faults() throws -> [String] {
    try ArchiveInspection(temporary.path, stream: nil).files
      .flatMap { try ArchiveInspection.faults($0) }
  }

  @Test("a hole in the hour that is written has the twin's bytes, and the file continues")
  func hole() throws {
    let whole = whole()
    let twins = FakeTwins(resources(whole, ArchivedTrack.header()))
    let store = try ArchiveStore(temporary.path, log: log)
    var (archive, last) = try holed(twins, store)
    let reader = ArchiveReader(archive.catalog)
    let numbers = try #require(archive.extent(of: "video"))
    let old = try reader.segments(numbers, of: "video")
    #expect(old.count == 8)
    try waitUntil { archive.status.healed == 4 }
    #expect(archive.revision == 1)
    // Segments that were found before are not read at their old places.
    let moved = try #require(old.last)
    #expect(throws: ArchiveFailure.self) { try reader.bytes(of: moved) }
    let found = try reader.segments(numbers, of: "video")
    #expect(found.map(\.number) == Array(numbers))
    #expect(numbers.count == 12)
    for segment in found {
      #expect(try reader.bytes(of: segment).array == whole.segments[segment.number])
      #expect(!segment.row.startsDiscontinuity)
    }
    last.publish(segments: 2)
    try waitUntil { archive.extent(of: "video")?.upperBound == numbers.upperBound + 2 }
    store.close(until: .hangLimit)
    #expect(try faults() == [])
    let folder = HourFolder("\(temporary.path)/live/video")
    let name = try #require(folder.names.first)
    let walk = try #require(try folder.walk(name))
    #expect(walk.segments.count == 14)
    #expect(walk.segments.allSatisfy { $0.digest != nil })
    // One mark, before the first segment: nothing shows the outage.
    let marks = zip(walk.segments, walk.segments.dropFirst()).filter {
      $0.0.row.end != $0.1.row.offset
    }
    #expect(marks.map(\.0.row.number) == [])
    #expect(!DiskFolder.entries(folder.path).folders.contains(".heal"))
  }

  @Test("a hole over the end of an hour is filled in both files")
  func hours() throws {
    // A second before the hour: one of the missing segments begins before it.
    let time = start - .seconds(601)
    let whole = whole(from: time)
    let store = try ArchiveStore(temporary.path, log: log)
    let twins = FakeTwins(resources(whole, ArchivedTrack.header()))
    let (archive, _) = try holed(twins, store, from: time)
    try waitUntil { archive.status.healed == 4 }
    #expect(archive.revision == 2)
    let numbers = try #require(archive.extent(of: "video"))
    let reader = ArchiveReader(archive.catalog)
    let found = try reader.segments(numbers, of: "video")
    #expect(found.map(\.number) == Array(numbers))
    for segment in found {
      #expect(try reader.bytes(of: segment).array == whole.segments[segment.number])
    }
    store.close(until: .hangLimit)
    let folder = HourFolder("\(temporary.path)/live/video")
    #expect(try folder.names.map { try folder.walk($0)?.segments.count } == [5, 7])
    #expect(try faults() == [])
  }

  @Test("another encoder's segments are in their own file, after a Discontinuity")
  func other() throws {
    let whole = whole()
    let twins = FakeTwins(resources(whole, ArchivedTrack.header(0x1234)))
    let store = try ArchiveStore(temporary.path, log: log)
    let (archive, _) = try holed(twins, store)
    try waitUntil { archive.status.healed == 4 }
    let reader = ArchiveReader(archive.catalog)
    let numbers = try #require(archive.extent(of: "video"))
    let found = try reader.segments(numbers, of: "video")
    #expect(found.map(\.number) == Array(numbers))
    #expect(Set(found.map(\.headerHash)).count == 2)
    let starts = found.filter(\.row.startsDiscontinuity).map(\.number)
    #expect(starts.prefix(1) == [numbers.lowerBound + 4])
    for segment in found {
      #expect(try reader.bytes(of: segment).array == whole.segments[segment.number])
    }
    store.close(until: .hangLimit)
    #expect(HourFolder("\(temporary.path)/live/video").names.count == 2)
    #expect(try faults() == [])
  }

  @Test("an outage of the twin ends, wrong bytes are left out, and the rest is healed")
  func outage() throws {
    let whole = whole()
    var resources = resources(whole, ArchivedTrack.header())
    let first = try #require(whole.segments.keys.min())
    resources["video/segment\(first + 5).m4s"] = whole.segments[first]
    let twins = FakeTwins(resources)
    twins.isFailing.withLock { $0 = true }
    let store = try ArchiveStore(temporary.path, log: log)
    let (archive, _) = try holed(twins, store)
    try waitUntil { twins.failures.withLock { $0 } > 0 }
    #expect(archive.status.healed == 0)
    twins.isFailing.withLock { $0 = false }
    try waitUntil { archive.status.healed == 3 }
    let numbers = try #require(archive.extent(of: "video"))
    let found = try ArchiveReader(archive.catalog).segments(numbers, of: "video")
    let ranges = found.map { $0.number...$0.number }
    #expect(NumberRanges.gaps(between: ranges) == [first + 5...first + 5])
    store.close(until: .hangLimit)
    #expect(try faults() == [])
  }

  @Test("the writer is held when the draft has all segments but the newest")
  func held() throws {
    let (whole, header) = (whole(), ArchivedTrack.header())
    let store = try ArchiveStore(temporary.path, log: log)
    let (archive, last) = try holed(FakeTwins([:]), store)
    _ = last
    let folder = archive.catalog.folder(of: "video")
    let rows = try #require(archive.catalog.read { $0.tracks["video"]?.open?.rows })
    let name = try #require(archive.catalog.read { $0.tracks["video"]?.open?.name })
    let merge = try HourMerge(name, in: folder, header: header, references: 20)
    _ = try merge.update(rows)
    for number in rows[3].number + 1..<rows[4].number {
      let segment = try HealedSegment(
        number, try #require(whole.segments[number]), header: header, whole.window.segmentation,
        startsDiscontinuity: false)
      try merge.add(segment, offset: .zero)
    }
    let drafted = Locked(0)
    let healed = HealedArchive(
      name: "live", catalog: archive.catalog, segmentations: { archive.segmentations },
      order: { order in
        if case .hold = order {
          let count = (try? HourFolder("\(folder.path)/.heal").walk(name))?.segments.count
          drafted.withLock { $0 = count ?? 0 }
        }
        archive.order(order)
      })
    let failure = HourInsertion.insert(
      merge, of: "video", healed.catalog, removed: WallSpans(), isCancelled: { false },
      order: healed.order)
    #expect(failure == nil)
    #expect(drafted.withLock { $0 } == 12)
    store.close(until: .hangLimit)
    #expect(try faults() == [])
  }

  @Test("a twin that sends other bytes costs one line, and another twin has the media")
  func liar() throws {
    let whole = whole()
    var wrong = resources(whole, ArchivedTrack.header())
    for number in whole.segments.keys { wrong["video/segment\(number).m4s"] = [1, 2, 3] }
    var twins = FakeTwins(wrong, name: "liar")
    twins.others = [FakeTwins(resources(whole, ArchivedTrack.header()), name: "other")]
    let lines = Locked<[String]>([])
    let log = Log(format: .text, least: .info) { line in lines.withLock { $0.append(line) } }
    let store = try ArchiveStore(temporary.path, log: log)
    let (archive, _) = try holed(twins, store)
    // All but the first segment, which is absent for a while.
    try waitUntil { archive.status.healed == 3 }
    store.close(until: .hangLimit)
    let found = lines.withLock { $0 }
    let failed = found.filter { $0.contains("liar: ") }
    #expect(failed.count == 1, "\(found)")
    #expect(failed.first?.contains("not the boxes of one segment") == true)
    #expect(!found.contains { $0.contains("is tried again") || $0.contains("answers again") })
    #expect(
      found.filter { $0.contains("/live: kept for ever, no media yet") }.count == 1, "\(found)")
    #expect(try faults() == [])
  }

  @Test("a segment of a twin that does not have the digest of its ETag is not taken")
  func digests() throws {
    let whole = whole()
    let twins = FakeTwins(resources(whole, ArchivedTrack.header()))
    let right = FakeTwins(resources(whole, ArchivedTrack.header()), name: "other")
    for (number, bytes) in whole.segments {
      let digest = try #require(SegmentDigest.of(SharedBytes(bytes)))
      let tag = "\"\(ContentTag(digest).text)\""
      #expect(ContentTag(entityTag: tag) == ContentTag(digest))
      for twin in [twins, right] {
        twin.tags.withLock { $0["video/segment\(number).m4s"] = tag }
      }
      // The last byte is one of a frame: no box shows the damage.
      twins.resources.withLock { $0["video/segment\(number).m4s"]?[bytes.count - 1] ^= 1 }
    }
    var all = twins
    all.others = [right]
    let lines = Locked<[String]>([])
    let log = Log(format: .text, least: .info) { line in lines.withLock { $0.append(line) } }
    let store = try ArchiveStore(temporary.path, log: log)
    let (archive, _) = try holed(all, store)
    try waitUntil { archive.status.healed == 3 }
    store.close(until: .hangLimit)
    let found = lines.withLock { $0 }
    #expect(found.contains { $0.contains("other bytes than its ETag states") }, "\(found)")
    let folder = archive.catalog.folder(of: "video")
    for name in folder.names {
      let bytes = try content(folder.file(name))
      for row in try #require(try folder.walk(name)).segments.map(\.row) {
        #expect(Array(bytes[row.range]) == whole.segments[row.number] ?? [])
      }
    }
    for text in ["\"0123\"", "W/\"\"", "", "\"" + String(repeating: "g", count: 32) + "\""] {
      #expect(ContentTag(entityTag: text) == nil)
    }
  }

  @Test("two twins with different media are named")
  func different() throws {
    let whole = whole()
    var twins = FakeTwins(resources(whole, ArchivedTrack.header()), name: "first")
    let second = FakeTwins(resources(whole, ArchivedTrack.header()), name: "second")
    for (number, bytes) in whole.segments {
      second.resources.withLock { $0["video/segment\(number).m4s"]?[bytes.count - 1] ^= 1 }
    }
    twins.others = [second]
    let lines = Locked<[String]>([])
    let log = Log(format: .text, least: .info) { line in lines.withLock { $0.append(line) } }
    let store = try ArchiveStore(temporary.path, log: log)
    let (archive, _) = try holed(twins, store)
    try waitUntil { archive.status.healed == 4 }
    store.close(until: .hangLimit)
    let named = lines.withLock { $0 }.filter { $0.contains("have other media") }
    #expect(named.count == 1)
    #expect(named.first?.contains("first and second") == true)
  }

  @Test("a span that was removed stays removed, and drafts of a crash are removed")
  func removed() throws {
    let whole = whole()
    let twins = FakeTwins(resources(whole, ArchivedTrack.header()))
    twins.isFailing.withLock { $0 = true }
    let store = try ArchiveStore(temporary.path, log: log)
    let (archive, _) = try holed(twins, store)
    // The middle of the first segment: its number and the next one are not asked for.
    let (from, answered) = (start + .milliseconds(450), Monitor(false))
    archive.remove(from..<from + .milliseconds(50)) { _ in answered.update { $0 = true } }
    try waitUntil { answered.update { $0 } }
    twins.isFailing.withLock { $0 = false }
    try waitUntil { archive.status.healed == 4 }
    SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(1500))
    #expect(archive.status.healed == 4)
    store.close(until: .hangLimit)
    let folder = HourFolder("\(temporary.path)/live/video")
    let name = try #require(folder.names.first)
    let merge = try HourMerge(name, in: folder, header: ArchivedTrack.header(), references: 20)
    #expect(DiskFolder.entries(folder.path).folders.contains(".heal"))
    _ = merge
    let again = try ArchiveStore(temporary.path, log: log)
    let other = again.stream("live", ArchivePolicy())
    try waitUntil { other.catalog.read(\.isLoaded) }
    #expect(other.catalog.read(\.removed.spans.count) == 1)
    #expect(!DiskFolder.entries(folder.path).folders.contains(".heal"))
    again.close(until: .hangLimit)
  }
}
