// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
package import Time

/// The delays of the audio of a session.
extension StreamConfiguration {
  /// How late the audio of a track may be before silence replaces it; nil if it is never late.
  func gracePeriod(of track: AudioTrackSettings) -> Interval? {
    switch track.source {
    case .tone: return nil
    case .device: return AudioGracePeriod.device
    case .input:
      guard case .network(let facts) = source else { return AudioGracePeriod.device }
      // The largest delay within one second, and two AAC frames; at most two seconds.
      return min(facts.audioDelay + .milliseconds(50), .seconds(2))
    }
  }

  /// How long after its end an AAC frame of any track may be published.
  ///
  /// The sum of the grace period and of the look-ahead of the encoder. The test tone is known in
  /// advance.
  package var audioDelay: Interval {
    if case .upstream(let facts) = source { return facts.audioDelay }
    return audioTracks.map(delay).max() ?? .zero
  }

  private func delay(of track: AudioTrackSettings) -> Interval {
    guard let gracePeriod = gracePeriod(of: track) else { return .zero }
    // Audio beside pass-through video also waits for the video.
    let video = passesThrough ? inputDelay + segmentation.grid.rate.frameDuration : .zero
    let delay = max(gracePeriod, video)
    if case .input(.some) = track.source { return delay }
    // bounded: two constants
    let ahead = Int64(AudioEncoder.delayFrames) * AudioSegmentation.samplesPerAACFrame
    return delay + Interval(ticks: ahead, timescale: Int64(track.encoder.sampleRate))
  }
}
