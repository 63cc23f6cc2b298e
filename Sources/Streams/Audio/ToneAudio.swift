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
