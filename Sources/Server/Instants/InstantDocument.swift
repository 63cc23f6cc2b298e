// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Media
import Packaging
import Time

/// `/S/at/T`: the frame whose slot contains an instant, as JSON.
struct InstantDocument {
  /// A frame of the window or of the archive.
  struct Frame: Sendable {
    let segment: Int64
    /// Its position in the segment, from 0.
    let position: Int
    let frameIndex: Int64
    /// Wall clock minus media time.
    let offset: Interval
    let captured: WallTime
  }

  private let served: ServedStream
  private let frame: Frame

  /// The duration of the clip that is offered.
  private static let clipDuration = Interval.seconds(10)

  init(_ frame: Frame, of served: ServedStream) {
    self.frame = frame
    self.served = served
  }

  init(_ frame: InstantPosition.Frame, of served: ServedStream) {
    let segmentation = served.window.segmentation
    self.init(
      Frame(
        segment: frame.segment, position: frame.position, frameIndex: frame.frameIndex,
        offset: frame.offset,
        // The capture time of the chunk is that of its decode time.
        captured: frame.chunk.captured
          + (segmentation.frameTime(of: frame.frameIndex)
            - segmentation.frameTime(of: frame.chunk.frameIndex))), of: served)
  }

  /// The JSON object.
  var text: String {
    let rendition = served.top.name
    let grid = served.window.segmentation.video.grid
    let time = WallTime(grid.frameTime(of: frame.frameIndex), plus: frame.offset)
    let urls: JSONObject = [
      "frame": name(of: frame.frameIndex), "still": name(of: frame.frameIndex) + ".jpg",
      "segment": "../\(rendition)/\(served.names.name(ofSegment: frame.segment))",
      "clip": "../clip/\(clip).mp4",
    ]
    let object: JSONObject = [
      "stream": served.name, "rendition": rendition,
      "segment": RawJSON("\(served.names.printed(frame.segment))"), "frame": frame.position,
      "frameIndex": frame.frameIndex, "time": UTCTime.microseconds(time),
      "frameTime": time.nanoseconds, "captureTime": frame.captured.nanoseconds, "urls": urls,
    ]
    return object.spacedText + "\n"
  }

  /// The response, which never changes.
  var response: PreparedResponse {
    .document(text, fields: ResponseFields.fields("application/json", .segment))
  }

  /// The span of the seconds before the end of the frame.
  private var clip: String {
    let frames = served.window.segmentation.frames(covering: Self.clipDuration)
    let end = frame.frameIndex + 1  // bounded: indices of times that can be expressed
    return "\(name(of: end - frames))--\(name(of: end))"
  }

  /// An instant of frame `index`.
  private func name(of index: Int64) -> String {
    let rate = served.window.segmentation.video.grid.rate
    let nanoseconds = Int128(index) * Int128(rate.denominator) * 1_000_000_000
    let offset = Int128(frame.offset.nanoseconds) * Int128(rate.numerator)
    // bounded: a numerator is at most 1,000,000
    return InstantText.text(nanoseconds + offset, timescale: rate.numerator * 1_000_000_000)
  }
}
