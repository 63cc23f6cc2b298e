// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Media
package import Time

/// The facts about a pulled input that its stream depends on, fixed for a session.
package struct SourceFacts: Sendable, Equatable, Codable {
  /// Its tracks.
  package var description: InputDescription
  /// Frames per second.
  package let rate: FrameRate
  /// How long after its frame time a slot stays open.
  package let inputDelay: Interval
  /// The delay from the capture of audio to its arrival.
  package private(set) var audioDelay: Interval
  /// Whether it can be passed through; undecided if that was not requested.
  package let passThrough: PassThroughAnalysis.Verdict
  /// The largest bitrate of its access units over one second; 0 if it was not measured.
  package let peakBitrate: Int64
  /// The same of the other renditions, in the order of ``InputDescription/otherVideos``.
  package var otherBitrates: [Int64] = []
  /// When the first kept access unit was captured; nil if the stream does not begin with kept
  /// units.
  package let firstCapture: MonotonicTime?

  /// The delay of audio that began after the facts were found.
  private static let unmeasuredAudioDelay = Interval.milliseconds(250)

  /// The facts with the video of the next publisher.
  func withVideo(_ newest: InputDescription.Video) -> SourceFacts {
    var facts = self
    facts.description.video = newest
    return facts
  }

  /// The facts with the audio of `newest`, which began after they were found.
  func withAudio(of newest: InputDescription) -> SourceFacts {
    var facts = self
    (facts.description.audio, facts.description.otherAudio) = (newest.audio, newest.otherAudio)
    facts.audioDelay = max(audioDelay, Self.unmeasuredAudioDelay)
    return facts
  }
}

/// The limits within which a pulled input is passed through.
package struct PassThroughOptions: Sendable, Codable {
  /// The requested segment duration.
  package let segmentMicroseconds: Int64
  /// The longest allowed distance of two IDRs.
  package let maximumGroupTime: Interval
  /// The frame rate that the settings state; nil if the source decides.
  package let rate: FrameRate?
  /// The frame rate of the session before, which stays if nothing states one.
  package var formerRate: FrameRate?

  /// Options.
  package init(
    segmentMicroseconds: Int64, maximumGroupTime: Interval, rate: FrameRate? = nil
  ) {
    self.rate = rate
    self.segmentMicroseconds = segmentMicroseconds
    self.maximumGroupTime = maximumGroupTime
  }
}
