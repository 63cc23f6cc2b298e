// SPDX-License-Identifier: Apache-2.0

import CMAF
import HTTP
import Logging
import Media
import Net
import Packaging
import Server
import ServerTestSupport
import Sharing
import System
import TestSupport
import Testing
import Time

@testable import Archive

/// The archive of a stream `live`, in a folder that is removed at the end.
final class PastLab {
  private let folder: TemporaryFolder
  private var store: ArchiveStore?

  init() throws { folder = try TemporaryFolder() }

  deinit { store?.close(until: Self.deadline) }

  static var deadline: MonotonicTime { .hangLimit }

  /// A CMAF header of this timescale.
  static func header(_ timescale: Int64) -> [UInt8] {
    HeaderBytes.video(nil, timescale: UInt32(timescale))
  }

  /// Writes segments of one second, each with this number of frames, whose numbers are their
  /// seconds since 1970, plus `shift`; before the archive is opened.
  func write(
    _ rendition: String, _ numbers: ClosedRange<Int64>, header: [UInt8], timescale: Int64,
    frames: Int64 = 1, isAudio: Bool = false, numbered shift: Int64 = 0
  ) throws {
    let hash = TrackDescription.hash(of: header)
    let name = HourName(
      at: .origin + .seconds(numbers.lowerBound), headerHash: hash, isAudio: isAudio)
    let writer = try HourWriter(
      name, in: HourFolder("\(folder.path)/live/\(rendition)"), header: header, references: 3600)
    var rotation = Rotation(isAudio: isAudio)
    rotation.opened(name, last: writer.last)
    let chunks = ChunkWriter()
    for number in numbers {
      let time = WallTime.origin + .seconds(number)
      let start = Rotation.Start(
        number: number + shift, time: time, offset: .zero, startsDiscontinuity: false,
        headerHash: hash)
      guard case .appended(let mark) = rotation.place(start) else {
        Issue.record("segment \(number) begins another file")
        return
      }
      try writer.begin(mark: mark)
      for frame in 0..<frames {
        let sample = Sample(
          payload: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 9),
          decodeTime: number * timescale + frame * timescale / frames,
          duration: UInt32(timescale / frames), captured: time, sequence: 1, isSync: frame == 0)
        try writer.append(chunks.chunk(sample, startsSegment: frame == 0))
      }
      _ = try writer.complete(start)
      rotation.added(start, mark: mark)
    }
  }

  /// Opens the archive, which has segments of `rendition`.
  func open(_ rendition: String = "video") throws -> StreamArchive {
    let store = try ArchiveStore(folder.path, log: Log(format: .text, least: .error) { _ in })
    self.store = store
    let archive = store.stream("live", ArchivePolicy())
    while archive.extent(of: rendition) == nil {
      try #require(SystemClock.monotonicTime < Self.deadline)
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(5))
    }
    return archive
  }

  /// Waits for an answer of the archive.
  static func wait<Value: Sendable>(
    _ ask: (@escaping @Sendable (Value) -> Void) -> Void
  ) throws -> Value {
    let box = Monitor<Value?>(nil)
    ask { value in box.update { $0 = value } }
    return try #require(box.wait(until: deadline) { $0 })
  }
}

extension SyntheticHandler {
  /// A live stream whose archive has `numbers` before its window.
  static func withPast(
    _ lab: PastLab, before count: Int64, after more: Int64 = 0,
    dvr: Interval = .seconds(366 * 86_400),
    list: Interval = .seconds(366 * 86_400), options: ServingOptions = ServingOptions()
  ) throws -> SyntheticHandler {
    let model = SyntheticStream(.thirty)
    let next = model.segmentation.segment(of: model.next)
    try lab.write(
      "video", next - count...next - 1 + more, header: PastLab.header(90_000),
      timescale: 90_000)
    var serving = StreamServingOptions()
    serving.archive = try lab.open()
    serving.reach = PastReach(dvr: dvr, list: list)
    let handler = try SyntheticHandler(options: options, serving: serving)
    if let size = VideoSize(width: 640, height: 360) {
      handler.stream.window.describe(
        TrackDescription(
          rendition: "video", codecs: "avc1.64001e", bandwidth: 1_034_000, size: size,
          segmentation: handler.stream.segmentation, header: PastLab.header(90_000)))
    }
    handler.loop.embed { _ in handler.requests }
    return handler
  }

  /// Asks, and waits for an answer of the archive.
  func askPast(_ target: String, _ fields: [String] = []) throws -> FakeExchange {
    let exchange = try ask(target, fields)
    let deadline = PastLab.deadline
    while exchange.isHeld {
      try #require(SystemClock.monotonicTime < deadline)
      loop.iterate()
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(1))
    }
    return exchange
  }
}
