// SPDX-License-Identifier: Apache-2.0

/// The place of the text of a cue in the picture.
package struct CuePosition: Sendable, Equatable {
  /// The lines that a cue may name.
  package static let lines = 0...90
  /// Above the lower edge, centred: the place that players choose by themselves.
  package static let standard = CuePosition(line: nil, align: .center)
  /// The part of the width that is free at the side of an aligned text, in percent.
  private static let margin = 6

  /// The side that lines begin or end at, in the direction of their script.
  package enum Align: String, Sendable, CaseIterable {
    case start, center, end
  }

  /// The upper edge of the text, in percent of the height of the picture; nil: above the lower
  /// edge.
  package let line: Int?
  package let align: Align

  /// A place; `line` is one of ``lines``.
  package init(line: Int?, align: Align) {
    self.line = line
    self.align = align
  }

  /// The cue settings list of WebVTT; empty for ``standard``.
  ///
  /// - Source: W3C WebVTT, Candidate Recommendation of 4 April 2019, §4.4
  package var settings: String {
    let side: String? =
      switch align {
      case .start: "position:\(Self.margin)% align:start"
      case .center: nil
      case .end: "position:\(100 - Self.margin)% align:end"
      }
    return [line.map { "line:\($0)%" }, side].compactMap(\.self).joined(separator: " ")
  }
}
