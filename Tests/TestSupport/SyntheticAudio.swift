// SPDX-License-Identifier: Apache-2.0

package import Media
package import Packaging
import Sharing
import Time

/// An audio rendition without a device or encoder, beside a ``SyntheticStream``: publishes parts.
package struct SyntheticAudio {
  /// The grouping of AAC frames into the segments of the video.
  package let segmentation: AudioSegmentation
  /// The window of the published parts.
  package let window: LiveWindow
  /// The index of the next AAC frame.
  package private(set) var next: Int64

  /// A rendition that begins with segment `segment`; nothing is published yet.
  package init(
    _ segmentation: AudioSegmentation, from segment: Int64, playlistLength: Int = 10,
    retained: Int = 20
  ) {
    self.segmentation = segmentation
    window = LiveWindow(
      segmentation: .audio(segmentation), playlistLength: playlistLength, retained: retained)
    next = segmentation.firstFrame(of: segment)
    window.describe(Self.description(segmentation))
  }

  /// The constant properties of the rendition.
  package static func description(_ segmentation: AudioSegmentation) -> TrackDescription {
    TrackDescription(
      rendition: "audio", codecs: "mp4a.40.2", bandwidth: 156_000, averageBandwidth: 143_000,
      content: .audio(channels: 2), segmentation: .audio(segmentation), header: Array("sound".utf8))
  }

  /// Publishes the next `count` parts.
  package mutating func publish(parts count: Int64) {
    for _ in 0..<count {
      window.publish(chunk())
      next = window.snapshot.lastListedPart.map { $0.chunks[0].lastFrame + 1 } ?? next
    }
  }

  /// Publishes parts until `count` more segments are complete.
  package mutating func publish(segments count: Int64) {
    for _ in 0..<count {
      let number = segmentation.segment(of: next)
      while segmentation.segment(of: next) == number { publish(parts: 1) }
    }
  }

  /// Opens the window to readers.
  package func goLive() { window.goLive() }

  /// Continues with segment `segment`; the segments before it are skipped.
  package mutating func jump(to segment: Int64) { next = segmentation.firstFrame(of: segment) }

  private func chunk() -> Chunk {
    let (place, number) = (next - segmentation.firstFrame(of: segmentation.segment(of: next)), next)
    let frames = min(
      segmentation.framesPerPart - place % segmentation.framesPerPart,
      segmentation.frames(in: segmentation.segment(of: next)) - place)
    return Chunk(
      frameIndex: number, frames: frames, isIndependent: true,
      duration: frames * AudioSegmentation.samplesPerAACFrame,
      captured: WallTime(segmentation.frameTime(of: number), plus: .zero),
      published: WallTime(segmentation.frameTime(of: number + frames), plus: .zero),
      bytes: SharedBytes("<\(number)>"))
  }
}
