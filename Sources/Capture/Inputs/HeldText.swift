// SPDX-License-Identifier: Apache-2.0

import Time

/// A text, or several, shown until others replace it, as cues of known durations: a pure state
/// machine.
///
/// The end of a text of teletext is not known when it begins. It is a cue of one second, then cues
/// of half a second while it stays. So it is shown at once, and at most half a second too long.
struct HeldText<Text: Sendable & Equatable>: Sendable {
  /// A cue.
  struct Piece: Sendable, Equatable {
    let text: Text
    let start: SourceTime
    let duration: Interval
  }

  private static var first: Interval { .seconds(1) }
  private static var further: Interval { .milliseconds(500) }
  /// How long before its start a further cue is given.
  private static var ahead: Interval { .milliseconds(500) }
  /// A text is removed after this time, as the standard of the decoder's pages permits a loss of
  /// the page that clears it.
  private static var longest: Interval { .seconds(20) }

  private var shown: (text: Text, start: SourceTime, end: SourceTime)?

  /// Shows a text from `time` on, or removes the one that is shown if `text` is nil.
  ///
  /// A repetition of the text that is shown changes nothing.
  mutating func show(_ text: Text?, at time: SourceTime) -> Piece? {
    guard let text else {
      shown = nil
      return nil
    }
    if let shown, shown.text == text, time - shown.end < Self.further { return nil }
    shown = (text, time, time + Self.first)
    return Piece(text: text, start: time, duration: Self.first)
  }

  /// The next cue of the text that is still shown at `time`; nil if it is not due.
  mutating func advance(to time: SourceTime) -> Piece? {
    guard let shown, time - shown.end + Self.ahead >= .zero else { return nil }
    guard shown.end - shown.start < Self.longest, time - shown.end < Self.first else {
      self.shown = nil
      return nil
    }
    self.shown = (shown.text, shown.start, shown.end + Self.further)
    return Piece(text: shown.text, start: shown.end, duration: Self.further)
  }
}
