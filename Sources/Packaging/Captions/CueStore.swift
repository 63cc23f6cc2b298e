// SPDX-License-Identifier: Apache-2.0

package import Media
import Sharing
package import Time

/// The cues of a stream, by language: pure.
///
/// A cue stays while a segment of the window has it. The text of a segment is final when it is
/// read: a later cue begins in the segment after it.
package struct CueStore: Sendable {
  /// The cues that a stream may get at once, and per second in the long run.
  package static let burst: Int64 = 50
  package static let rate: Int64 = 20

  private struct Track {
    var cues: [Cue] = []
    /// The newest segment whose text was read.
    var newestRead = Int64.min
  }

  private var tracks: [LanguageTag: Track]
  private var allowance: RateAllowance
  /// The number of the newest cue of any language; 0 before the first.
  package private(set) var revision: UInt32 = 0

  /// A store for these languages, without cues.
  package init(_ languages: [LanguageTag], now: MonotonicTime) {
    tracks = Dictionary(languages.map { ($0, Track()) }) { first, _ in first }
    allowance = RateAllowance(burst: Self.burst, rate: Self.rate, now: now)
  }

  /// A cue without a number.
  package struct NewCue: Sendable {
    package let text: CueText
    /// The capture time of its first frame.
    package let start: WallTime
    /// One of ``Cue/durations``.
    package let duration: Interval
    package let position: CuePosition

    /// A cue with these properties.
    package init(
      _ text: CueText, start: WallTime, duration: Interval, position: CuePosition = .standard
    ) {
      self.text = text
      self.start = start
      self.duration = duration
      self.position = position
    }
  }

  /// Adds a cue.
  ///
  /// - Parameters:
  ///   - new: the cue.
  ///   - language: its language.
  ///   - open: the first segment that is not complete.
  ///   - wall: the wall clock; numbers begin with its seconds, so that they rise over restarts.
  ///   - now: the present time.
  /// - Returns: the cue.
  /// - Throws: the reason why it was not added.
  package mutating func add(
    _ new: NewCue, in language: LanguageTag, open: Int64, wall: WallTime, now: MonotonicTime
  ) throws(CueRefusal) -> Cue {
    guard let track = tracks[language] else { throw .unknownLanguage }
    guard allowance.take(now: now) else { throw .tooOften }
    guard track.cues.count < Cue.maximumPerLanguage else { throw .tooMany }
    // bounded: a number of 32 bits wraps around after 2^32 cues
    revision = max(revision &+ 1, UInt32(clamping: (wall - .origin).wholeSeconds))
    let cue = Cue(
      id: revision, start: new.start, duration: new.duration, text: new.text,
      firstSegment: max(open, track.newestRead.addingSaturated(1)), position: new.position)
    tracks[language]?.cues.append(cue)
    return cue
  }

  /// The cues of a segment in the order of their starts; no cue is added to it from now on.
  ///
  /// - Parameters:
  ///   - language: the language.
  ///   - segment: the number of a complete segment.
  ///   - span: its capture times.
  /// - Returns: the cues.
  package mutating func read(
    _ language: LanguageTag, segment: Int64, _ span: Range<WallTime>
  ) -> [Cue] {
    guard let track = tracks[language] else { return [] }
    tracks[language]?.newestRead = max(track.newestRead, segment)
    return track.cues.filter { $0.isIn(segment, span) }
      .sorted { ($0.start, $0.id) < ($1.start, $1.id) }
  }

  /// The cues of a language that are newer than number `revision`, in the order of their numbers;
  /// all of them for a number that no cue has had yet.
  package func cues(of language: LanguageTag, after revision: UInt32) -> [Cue] {
    let cues = tracks[language]?.cues ?? []
    return revision > self.revision ? cues : cues.filter { $0.id > revision }
  }

  /// Forgets the cues that no segment of the window has.
  ///
  /// - Parameters:
  ///   - time: the capture time at which the window begins.
  ///   - segment: its first segment.
  package mutating func forget(before time: WallTime, _ segment: Int64) {
    for language in tracks.keys {
      tracks[language]?.cues.removeAll { $0.end <= time && $0.firstSegment < segment }
    }
  }
}
