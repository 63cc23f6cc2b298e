// SPDX-License-Identifier: Apache-2.0

package import Time

/// A text that players show over the video from one capture time to another.
package struct Cue: Sendable, Equatable {
  /// The durations that a cue may have.
  package static let durations = Interval.milliseconds(1)...Interval.seconds(60)
  /// The most cues of a language that programs send; those of the source have another limit.
  package static let maximumPerLanguage = 500

  /// Rises with each cue of a stream, also over restarts of the program.
  package let id: UInt32
  /// The capture time of the first frame with the text, in whole milliseconds.
  package let start: WallTime
  /// The duration, in whole milliseconds.
  package let duration: Interval
  package let text: CueText
  /// The first segment that has the cue: those before were complete when it came.
  package let firstSegment: Int64
  /// The place of the text.
  package var position = CuePosition.standard

  /// The capture time at which the text disappears.
  package var end: WallTime { start + duration }

  /// Whether a segment has the cue: one of those during which it is shown, or the first segment
  /// after its arrival if it is over by then.
  func isIn(_ segment: Int64, _ span: Range<WallTime>) -> Bool {
    guard segment >= firstSegment, start < span.upperBound else { return false }
    return end > span.lowerBound || segment == firstSegment
  }
}

/// Why no cue was added.
package enum CueRefusal: Error, Equatable {
  /// The stream has no captions in the language.
  case unknownLanguage
  /// The language has its most cues.
  case tooMany
  /// The stream has had too many cues in the last seconds.
  case tooOften
}

/// What is lost of the cues of a source.
package enum CueLoss: Hashable {
  /// A cue in a language without captions.
  case undeclared
  /// A cue beyond the rate of a source.
  case tooOften
  /// The oldest cues of a language, which newer ones replace.
  case oldest
}
