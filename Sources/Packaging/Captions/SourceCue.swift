// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// A cue of the source of a stream, in the language that the source declares.
package struct SourceCue: Sendable, Equatable {
  package let text: CueText
  package let language: Language
  /// One of ``Cue/durations``.
  package let duration: Interval
  package let position: CuePosition

  /// A cue; its duration is limited to ``Cue/durations``.
  package init(
    _ text: CueText, _ language: Language, duration: Interval, position: CuePosition = .standard
  ) {
    self.text = text
    self.language = language
    self.position = position
    self.duration = min(max(duration, Cue.durations.lowerBound), Cue.durations.upperBound)
  }

  /// The track of captions that takes the cue.
  ///
  /// It has the language of the cue; a cue in an undetermined language is for the only track.
  package func track(of tracks: [CaptionTrack]) -> CaptionTrack? {
    tracks.first { $0.language.language == language }
      ?? (language == .undetermined && tracks.count == 1 ? tracks.first : nil)
  }
}
