// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing

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

  /// Waits until a part is due, for at most 50 ms.
  mutating func read(into placer: inout AudioPlacer) throws(FFmpegError) -> [EncodedAudioFrame] {
    let clock = clock.current
    let next = placer.next
    let video = pacer.segmentation.video
    let due = clock.monotonic(at: pacer.nextPart(after: next), on: video)
    let now = SystemClock.monotonic
    guard due <= now else {
      SystemClock.sleep(until: min(due, now + 50_000_000))
      return []
    }
    let end = pacer.end(at: clock.mediaTime(at: now, on: video))
    // At most one second, since the grid may have skipped segments.
    let audio = tone.audio(
      from: next, count: Int(min(end - next, Int64(tone.sampleRate))),
      announced: clock.announcedOffset)
    return try placer.encode(audio, at: next)
  }
}
