// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing
import Time

/// The test tone, generated as time passes.
struct ToneAudio: LocalAudioSource {
  private let clock: FrameGridClock
  private let pacer: TonePacer
  private let tone: TestTone

  /// A tone for the calling thread.
  init(_ settings: AudioEncoderSettings, segmentation: AudioSegmentation, clock: FrameGridClock) {
    self.clock = clock
    pacer = TonePacer(segmentation: segmentation)
    tone = TestTone(sampleRate: settings.sampleRate, channels: settings.channels)
    SystemClock.sharpenSleep()
  }

  /// Waits until a chunk is due, for at most 50 ms.
  mutating func read(into placer: inout AudioPlacer) throws(FFmpegError) -> [EncodedAudioFrame] {
    let now = SystemClock.monotonicTime
    let mediaTime = clock.mediaTime(at: now)
    let next = placer.next
    let wait = pacer.nextChunk(after: next) - mediaTime
    guard wait <= .zero else {
      SystemClock.sleep(until: now + min(wait, .milliseconds(50)))
      return []
    }
    let end = pacer.end(at: mediaTime)
    // At most one second, since the grid may have skipped segments.
    let audio = tone.audio(
      from: next, count: Int(min(end - next, Int64(tone.sampleRate))),
      announced: clock.current.announcedOffset)
    return try placer.encode(audio, at: next)
  }
}

/// When the test tone is encoded, and how much of it: pure arithmetic.
///
/// The tone is known in advance. It is encoded ahead by the look-ahead of the encoder, which so
/// returns each AAC frame at its end.
struct TonePacer: Sendable {
  let segmentation: AudioSegmentation

  /// The sample up to which the tone is encoded at `mediaTime`: the encoder has then returned all
  /// AAC frames that have ended.
  func end(at mediaTime: MediaTime) -> Int64 {
    let sample = segmentation.sample(atOrBefore: mediaTime)
    let ended = sample / AudioSegmentation.samplesPerAACFrame
    return segmentation.ticks(ended + Int64(AudioEncoder.delayFrames))
  }

  /// The media time at which the next chunk is complete, if the tone is encoded up to the
  /// sample `next`: with the last frame of a part, and with each second frame before it.
  func nextChunk(after next: Int64) -> MediaTime {
    var frame = next / AudioSegmentation.samplesPerAACFrame - Int64(AudioEncoder.delayFrames)
    while !endsChunk(frame) { frame += 1 }
    return segmentation.frameTime(of: frame + 1) + .nanoseconds(1)
  }

  private func endsChunk(_ frame: Int64) -> Bool {
    let track = TrackSegmentation.audio(segmentation)
    // bounded: a part has at least one frame
    let inPart = track.position(of: frame) % segmentation.framesPerPart
    return track.ends(frame).part || (inPart + 1) % AudioSegmentation.maximumFramesPerChunk == 0
  }
}
