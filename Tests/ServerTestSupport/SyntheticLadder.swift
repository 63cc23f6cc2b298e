// SPDX-License-Identifier: Apache-2.0

import HLSPackager
package import Media
package import Packaging
package import Server
import Sharing
import TestSupport
import Time

/// A stream of several renditions whose bytes contain their index.
package final class SyntheticLadder {
  package let windows: [LiveWindow]
  package let served: ServedStream
  private let segmentation: Segmentation
  private var next: Int64
  private var audio: SyntheticAudio?

  package init(
    sizes: [VideoSize] = [.hd720, .hd720, .hd720], audio: Bool = false,
    options: StreamServingOptions = StreamServingOptions()
  ) {
    let model = SyntheticStream(.thirty)
    segmentation = model.segmentation
    next = model.next
    var named: [(name: String, window: LiveWindow)] = []
    for (index, size) in sizes.enumerated() {
      let window = LiveWindow(segmentation: .video(segmentation), playlistLength: 10, retained: 14)
      window.describe(
        TrackDescription(
          rendition: "r\(index)", codecs: "avc1.64001f",
          bandwidth: [2_500_000, 1_200_000, 600_000][index], size: size,
          segmentation: segmentation, header: Array("header".utf8)))
      named.append(("r\(index)", window))
    }
    windows = named.map(\.window)
    if audio, let grouping = AudioSegmentation(following: segmentation, sampleRate: 48_000) {
      let sound = SyntheticAudio(grouping, from: segmentation.segment(of: next))
      named.append(("audio", sound.window))
      self.audio = sound
    }
    served = ServedStream(
      name: "ladder", names: MediaNames(.epoch, first: segmentation.segment(of: next)),
      of: named, control: ServerControl(segmentations: [.video(segmentation)]),
      options: options)
  }

  package func goLive() {
    for _ in 0..<10 { publish(isPrefill: true) }
    for window in windows + [audio?.window].compactMap(\.self) { window.goLive() }
  }

  /// Publishes a segment of each rendition, or the first frames of one: a gap if it is left out,
  /// nothing if it is late.
  package func publish(
    isPrefill: Bool = false, leftOut: Set<Int> = [], late: Set<Int> = [], frames: Int64? = nil
  ) {
    let frames = frames ?? segmentation.framesPerSegment
    if !isPrefill { audio?.publish(segments: 1) }
    for (index, window) in windows.enumerated() {
      if late.contains(index) { continue }
      if leftOut.contains(index) {
        window.leaveOut(segmentation.segment(of: next))
        continue
      }
      for frame in next..<next + frames {
        let chunk = Chunk(
          frameIndex: frame, isIndependent: segmentation.position(of: frame) == 0,
          duration: segmentation.grid.rate.ticksPerFrame, captured: .origin, published: .origin,
          bytes: SharedBytes("<\(index)>"))
        if isPrefill {
          window.appendPrefill(chunk)
        } else {
          window.publish(chunk)
        }
      }
    }
    next += frames
  }

  /// Steps the wall clock by whole seconds, at the start of a segment: numbers are skipped.
  package func step(_ seconds: Int64) {
    let frames = seconds * 30
    let segments = frames / segmentation.framesPerSegment
    for window in windows { window.announce(offset: .zero, skipped: segments) }
    next += segments * segmentation.framesPerSegment
  }

  /// Publishes the missing chunks of renditions that were late.
  ///
  /// - Parameters:
  ///   - late: their indices.
  ///   - step: the seconds that a step of the wall clock has skipped.
  package func catchUp(_ late: Set<Int>, step: Int64 = 0) {
    for index in late {
      let window = windows[index]
      let snapshot = window.snapshot
      let newest = snapshot.open?.chunks.last ?? snapshot.segments.last?.chunks.last
      let skipped = step * 30 / segmentation.framesPerSegment * segmentation.framesPerSegment
      let first = (newest?.lastFrame ?? next) + 1 + skipped
      for frame in first..<max(next, first) {
        window.publish(
          Chunk(
            frameIndex: frame, isIndependent: segmentation.position(of: frame) == 0,
            duration: segmentation.grid.rate.ticksPerFrame, captured: .origin, published: .origin,
            bytes: SharedBytes("<\(index)>")))
      }
    }
  }

  /// The newest segment of any rendition.
  package var last: Int64 { windows.map(\.snapshot.newestSegment).max() ?? -1 }
}
