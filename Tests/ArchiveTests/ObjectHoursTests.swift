// SPDX-License-Identifier: Apache-2.0

import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("Hours that are put into a store")
struct ObjectHoursTests {
  private let temporary: TemporaryFolder
  private let catalog: StreamCatalog
  private let folder: HourFolder
  /// 2026-11-23T04:00:10Z.
  private static let start = WallTime.origin + .seconds(1_795_406_410)
  private static let now = MonotonicTime(nanoseconds: 0)

  /// Two hours of three segments.
  init() throws {
    temporary = try TemporaryFolder()
    catalog = StreamCatalog(folder: temporary.path + "/live")
    folder = catalog.folder(of: "video")
    for hour in [Int64(0), 1] {
      var track = ArchivedTrack(from: Self.start + .seconds(3600 * hour))
      track.publish(segments: 3)
      let stream = StreamWriter(catalog, ArchivePolicy())
      stream.load()
      stream.follow([("video", track.window)], SystemClock.monotonicTime)
      _ = stream.advance(SystemClock.monotonicTime)
      stream.finish()
    }
    catalog.update { $0.objects = StreamObjects() }
  }

  private func next(_ hours: inout ObjectHours, at now: MonotonicTime) -> ObjectHours.Turn? {
    let track = catalog.read { $0.tracks["video"] }
    return hours.next(track, TrackObjects(), in: folder, now: now)
  }

  @Test("an hour that the disk cannot read is passed over for a minute, and then put")
  func passed() throws {
    let names = folder.names
    var hours = ObjectHours()
    let (file, index) = (folder.file(names[0]), folder.index(names[0]))
    for path in [file, index] { try DiskFolder.rename(path, to: path + ".away") }
    #expect(next(&hours, at: Self.now)?.name == names[1])
    for path in [file, index] { try DiskFolder.rename(path + ".away", to: path) }
    #expect(next(&hours, at: Self.now)?.name == names[1])
    let later = Self.now + ObjectHours.pause
    let turn = try #require(next(&hours, at: later))
    #expect(turn.name == names[0] && turn.requests.count == 4)
    hours.pass(names[0], in: folder, now: later)
    #expect(next(&hours, at: later)?.name == names[1])
  }

  @Test("a refusal of the disk leaves a segment for later, and other bytes leave it out")
  func content() throws {
    let name = folder.names[0]
    let rows = try #require(try folder.walk(name)).segments.map(\.row)
    func job(_ request: TrackObjects.Request) -> ObjectJob {
      ObjectJob(
        catalog: catalog, rendition: "video", name: name, request: request, timescale: 90_000)
    }
    guard case .bytes(let bytes) = try job(.segment(rows[1])).read() else { throw Missing() }
    #expect(bytes.count == rows[1].size)
    try DiskFile(folder.file(name), .writing).write([9, 9, 9, 9], at: rows[1].offset + 24)
    guard case .other = try job(.segment(rows[1])).read() else { throw Missing() }
    // The index of an hour that is being finished.
    guard case .bytes = try job(.index(3)).read() else { throw Missing() }
    try DiskFile(folder.index(name), .writing).write(HourIndex.head(nil), at: 0)
    guard case .other = try job(.index(3)).read() else { throw Missing() }
    DiskFolder.remove(folder.file(name))
    #expect(throws: SystemError.self) { try job(.segment(rows[0])).read() }
    #expect(throws: SystemError.self) { try job(.header).read() }
  }

  private struct Missing: Error {}
}
