// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Time

/// The irregular timestamps of a running source, by those of the last minute.
package struct SourceIrregularities: Sendable, Equatable {
  /// Timestamps per minute that are off by more than half a frame.
  package var displacedPerMinute: UInt64 = 0
  /// The largest step of the timestamps that stayed; zero if there was none.
  package var timestampStep = Interval.zero
  /// How much later audio arrives than the video of the same time; nil if unknown.
  package var audioLag: Interval?

  /// None.
  package init() {}
}

/// The form of the frames of a source after a change of its parameter sets.
package struct ChangedFrames: Sendable, Equatable {
  /// The bits of a sample.
  package let bitDepth: UInt8
  /// The size of the chroma planes.
  package let chroma: ChromaFormat
  /// Whether the fields of a frame were captured at different times.
  package let isInterlaced: Bool

  /// The form of these frames.
  package init(_ frames: FrameProperties) {
    self.init(UInt8(clamping: frames.bitDepth), frames.chroma, isInterlaced: frames.isInterlaced)
  }

  init(_ bitDepth: UInt8, _ chroma: ChromaFormat, isInterlaced: Bool) {
    (self.bitDepth, self.chroma, self.isInterlaced) = (bitDepth, chroma, isInterlaced)
  }

  /// The properties with this form.
  func applied(to frames: FrameProperties) -> FrameProperties {
    var frames = frames
    (frames.bitDepth, frames.chroma, frames.isInterlaced) = (Int(bitDepth), chroma, isInterlaced)
    return frames
  }
}
