// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Sharing
import Time

/// Decodes single frames of a CMAF video track: from a key frame on, as far as a still needs.
///
/// Confined to one thread. Accepts any bytes; bounded in time and memory.
package final class StillDecoder {
  /// Why a frame cannot be decoded.
  package struct Fault: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  /// The most bytes of frames that wait to be decoded.
  private static let maximumWaiting = 64 << 20

  private let timescale: Int64
  private var depacketizer: VideoDepacketizer
  private var decoder: VideoDecoder
  /// Frames that were added and not decoded, in the order of decoding.
  private var waiting: [(bytes: [UInt8], time: Int64, isKey: Bool)] = []
  private var waitingBytes = 0
  /// The number of frames since the last key frame that ``begin()`` announced, that were decoded.
  private var decoded: UInt32 = 0
  /// The newest decoded access unit, and the frame that the decoder has returned last.
  private var newest: (time: SourceTime, frame: DecodedFrame?)?

  /// Opens a decoder for the track of a CMAF header.
  ///
  /// - Throws: the fault if the header is malformed, or libavcodec cannot decode the track.
  package init(header: [UInt8]) throws(Fault) {
    let movie: MovieHeader
    do throws(BoxError) { movie = try MovieHeader(header: header) } catch {
      throw Fault(description: "\(error)")
    }
    let codec: PassThroughCodec
    guard movie.entry.protection == nil else {
      throw Fault(description: "frames of encrypted video are not decoded")
    }
    switch movie.entry.type {
    case "avc1", "avc3": codec = .h264
    case "hvc1", "hev1": codec = .hevc
    case "av01": codec = .av1
    case "vp09": codec = .vp9
    default: throw Fault(description: "frames of \(movie.entry.type) are not decoded")
    }
    guard movie.timescale > 0 else { throw Fault(description: "the track has no timescale") }
    timescale = Int64(movie.timescale)
    depacketizer = VideoDepacketizer(
      codec, sizeLimit: FrameSizeLimit(), rotation: Rotation(rawValue: movie.quarterTurns) ?? .none)
    depacketizer.take(extradata: movie.entry.setup)
    decoder = try Self.open(depacketizer)
  }

  private static func open(_ depacketizer: VideoDepacketizer) throws(Fault) -> VideoDecoder {
    do throws(FFmpegError) { return try VideoDecoder(depacketizer.video) } catch {
      throw Fault(description: "\(error)")
    }
  }

  /// The next frame that is added is a key frame, which refers to no frame before it.
  ///
  /// - Throws: the fault if libavcodec cannot decode the track.
  package func begin() throws(Fault) {
    waiting = []
    (waitingBytes, decoded, newest) = (0, 0, nil)
    decoder = try Self.open(depacketizer)
  }

  /// Adds the frames of whole CMAF chunks.
  ///
  /// - Throws: the fault if the bytes are no chunks, or too many frames wait.
  package func add(_ chunks: SharedBytes) throws(Fault) {
    let index: SegmentIndex
    do throws(BoxError) { index = try SegmentIndex([chunks]) } catch {
      throw Fault(description: "\(error)")
    }
    // bounded: the frames are ranges of the bytes of one message
    let size = index.frames.reduce(waitingBytes) { $0 + $1.size }
    guard size <= Self.maximumWaiting else {
      throw Fault(description: "more than \(Self.maximumWaiting >> 20) MB of frames wait")
    }
    waitingBytes = size
    let bytes = chunks.array
    var time = index.decodeTime
    for frame in index.frames {
      // bounded: the index has checked the range
      let payload = Array(bytes[frame.offset..<frame.offset + frame.size])
      waiting.append((payload, time.addingSaturated(frame.shift), frame.isSync))
      time = time.addingSaturated(frame.duration)
    }
  }

  /// Decodes the frames that were added, up to the frame with this number.
  ///
  /// - Parameter last: the number of a frame since ``begin()``, the key frame is 0.
  /// - Returns: how many frames were decoded.
  @discardableResult
  package func decode(through last: UInt32) -> Int {
    var count = 0
    while count < waiting.count, decoded <= last {
      decode(waiting[count])
      count += 1
      if decoded < .max { decoded += 1 }
    }
    // bounded: the sum is that of the waiting frames
    waitingBytes -= waiting.prefix(count).reduce(0) { $0 + $1.bytes.count }
    waiting.removeFirst(count)
    return count
  }

  private func decode(_ unit: (bytes: [UInt8], time: Int64, isKey: Bool)) {
    let time = SourceTime.origin + Interval(ticks: unit.time, timescale: timescale)
    let units = depacketizer.take(
      unit.bytes.span, pts: time, dts: nil, isKey: unit.isKey, arrival: .origin, senderTime: nil)
    var frame = newest?.frame
    for unit in units {
      let decoded = decoder.decode(unit)
      frame = decoded.last { $0.pts == time } ?? decoded.last ?? frame
    }
    newest = (time, frame)
  }

  /// The newest decoded frame.
  ///
  /// A decoder that reorders frames gives it only at its end; the next frame must then be a key
  /// frame.
  ///
  /// - Returns: the frame, and whether ``begin()`` must follow.
  /// - Throws: the fault if the frame is damaged, or none was added.
  package func frame() throws(Fault) -> (frame: DecodedFrame, isLast: Bool) {
    guard let newest else { throw Fault(description: "no frame was decoded") }
    if let frame = newest.frame, frame.pts == newest.time { return (frame, false) }
    let rest = decoder.finish(arrival: .origin)
    guard let frame = rest.last(where: { $0.pts == newest.time }) else {
      throw Fault(description: "the frame cannot be decoded")
    }
    return (frame, true)
  }
}
