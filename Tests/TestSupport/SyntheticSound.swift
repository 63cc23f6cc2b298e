package import Media
package import Packaging
import Sharing

/// A rendition of sound without a device or an encoder, beside a ``SyntheticStream``: publishes parts, one after another.
package struct SyntheticSound {
  /// How AAC frames fall into the pictures' segments.
  package let cadence: AudioCadence
  /// Where the parts go.
  package let window: LiveWindow
  /// The index of the AAC frame that comes next.
  package private(set) var next: Int64

  /// Sound that begins with segment `segment`; nothing is published yet.
  package init(
    _ cadence: AudioCadence, from segment: Int64, playlistLength: Int = 10, retained: Int = 20
  ) {
    self.cadence = cadence
    window = LiveWindow(
      cadence: .audio(cadence), playlistLength: playlistLength, retained: retained)
    next = cadence.firstFrame(of: segment)
    window.describe(Self.description(cadence))
  }

  /// What is constant of it.
  package static func description(_ cadence: AudioCadence) -> TrackDescription {
    TrackDescription(
      rendition: "audio", codecs: "mp4a.40.2", bandwidth: 156_000, averageBandwidth: 143_000,
      content: .sound(channels: 2), cadence: .audio(cadence), header: Array("sound".utf8))
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
      let number = cadence.segment(of: next)
      while cadence.segment(of: next) == number { publish(parts: 1) }
    }
  }

  /// Opens the window to readers.
  package func goLive() { window.goLive() }

  /// Goes on with segment `segment`; what lies between was skipped.
  package mutating func jump(to segment: Int64) { next = cadence.firstFrame(of: segment) }

  private func chunk() -> Chunk {
    let (place, number) = (next - cadence.firstFrame(of: cadence.segment(of: next)), next)
    let frames = min(
      cadence.framesPerPart - place % cadence.framesPerPart,
      cadence.frames(in: cadence.segment(of: next)) - place)
    return Chunk(
      frame: number, frames: frames, isIndependent: true,
      duration: frames * AudioCadence.samplesPerFrame, captured: cadence.nanoseconds(number),
      published: cadence.nanoseconds(number + frames), bytes: SharedBytes("<\(number)>"))
  }
}
