// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import Media
import Packaging
import Sharing
import TestSupport
import Time

/// The media of a simulated stream: segments of four frames in four seconds, whose bytes depend on
/// their numbers only, so that each origin has the same.
final class SimulatedTrack {
  static let segmentation = Segmentation(
    rate: FrameRate(1) ?? .thirty, segmentMicroseconds: 4_000_000, partMicroseconds: 1_000_000)
  static let segmentSeconds: Int64 = 4
  /// The complete segments that the window of a session keeps.
  static let retained = 8

  private let writer = ChunkWriter()
  private var known: [Int64: [UInt8]] = [:]

  /// The CMAF header of a stream in one of several languages.
  static func header(_ language: UInt64) -> [UInt8] {
    HeaderBytes.video(
      nil, language: 0x55C4 + UInt16(truncatingIfNeeded: language % 3),
      timescale: UInt32(segmentation.grid.rate.timescale))
  }

  static func description(_ header: [UInt8]) -> TrackDescription {
    TrackDescription(
      rendition: SimulatedProgram.rendition, codecs: "avc1.64001e", bandwidth: 1_000_000,
      content: .audio(channels: 1), segmentation: .video(segmentation), header: header)
  }

  /// The number of the first segment that begins at or after a time.
  static func number(after time: WallTime) -> Int64 {
    let frame = segmentation.grid.atOrAfter(MediaTime(time, plus: .zero))
    return segmentation.segment(of: frame + segmentation.framesPerSegment - 1)
  }

  /// The bytes of a whole segment.
  func bytes(_ number: Int64) -> [UInt8] {
    if let found = known[number] { return found }
    let first = Self.segmentation.firstFrame(of: number)
    let frames = first..<first + Self.segmentation.framesPerSegment
    let bytes = frames.flatMap { chunk($0).bytes.array }
    known[number] = bytes
    return bytes
  }

  /// The chunk of a frame.
  func chunk(_ index: Int64) -> Chunk {
    let segmentation = Self.segmentation
    let isFirst = segmentation.position(of: index) == 0
    let time = WallTime(segmentation.grid.frameTime(of: index), plus: .zero)
    var random = SplitMix64(seed: UInt64(bitPattern: index))
    // A key frame has more than a sector of media.
    let words = isFirst ? 150 + Int(index % 97) : 5 + Int(index % 11)
    let payload = (0..<words).flatMap { _ -> [UInt8] in
      let word = random.next()
      return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
    }
    let sample = Sample(
      payload: payload, decodeTime: index * segmentation.grid.rate.ticksPerFrame,
      duration: UInt32(segmentation.grid.rate.ticksPerFrame), captured: time,
      sequence: UInt32(truncatingIfNeeded: index), isSync: isFirst)
    return Chunk(
      frameIndex: index, isIndependent: isFirst, duration: segmentation.grid.rate.ticksPerFrame,
      captured: time, published: time, bytes: writer.chunk(sample, startsSegment: isFirst))
  }
}

/// A session of a simulated stream: a window that gets a chunk per second.
final class SimulatedSession {
  let header: [UInt8]
  let window: LiveWindow
  private let track: SimulatedTrack
  private(set) var next: Int64
  /// The number of its first segment.
  let first: Int64

  /// A session that begins with the first whole segment after a time.
  init(_ track: SimulatedTrack, after time: WallTime, header: [UInt8]) {
    (self.track, self.header) = (track, header)
    window = LiveWindow(
      segmentation: .video(SimulatedTrack.segmentation), playlistLength: 4,
      retained: SimulatedTrack.retained)
    window.describe(SimulatedTrack.description(header))
    first = SimulatedTrack.number(after: time)
    next = SimulatedTrack.segmentation.firstFrame(of: first)
    window.goLive()
  }

  /// Publishes the next frame.
  func publish() {
    window.publish(track.chunk(next))
    next += 1
  }

  /// The numbers of the complete segments in the window.
  var complete: [Int64] { window.snapshot.segments.map(\.number) }
}

/// Another origin of the same stream, which has all segments.
struct SimulatedTwin: Twin {
  let name = "twin"
  let track: SimulatedTrack
  let header: [UInt8]

  func get(_ path: String, limit: Int) throws(TwinFailure) -> [UInt8] {
    let pieces = path.split(separator: "/")
    let hash = SimulatedTrack.description(header).headerHash
    if pieces.count == 6, let first = Int64(pieces[2]), let end = Int64(pieces[4]) {
      var text = "#EXTM3U\n#EXT-X-MAP:URI=\"init-\(hash).mp4\"\n"
      for number in first..<max(first, min(end, first + Healing.batch)) {
        text += "#EXTINF:4,\nsegment\(number).m4s\n"
      }
      return Array(text.utf8)
    }
    guard let file = pieces.last else { throw .absent }
    if file == "init-\(hash).mp4" { return header }
    guard file.hasPrefix("segment"),
      let number = Int64(file.dropFirst("segment".count).dropLast(".m4s".count))
    else { throw .absent }
    return track.bytes(number)
  }
}
