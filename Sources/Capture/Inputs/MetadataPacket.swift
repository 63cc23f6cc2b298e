// SPDX-License-Identifier: Apache-2.0

internal import Ingest
package import Media
package import Time

/// Metadata of an input as received, unchecked.
package struct MetadataPacket: Sendable, Equatable {
  /// The format of the bytes.
  package enum Format: Sendable, Equatable {
    /// A splice_info_section of SCTE-35.
    case splice
    /// An ID3 tag.
    case id3
    /// KLV sets, with timestamps or without.
    case klv(isSynchronous: Bool)
    /// Lines in UTF-8 that are shown from the time of the packet on; those with a place have marks
    /// of ``TextColour``.
    case text(Language, duration: Interval, place: TextPlace? = nil)
    /// No bytes: metadata is left out.
    case leftOut(Loss)
  }

  /// Metadata that is left out before it is read.
  package enum Loss: Sendable, Hashable {
    /// Texts in these languages: no stream of the connection wants texts.
    case unwantedTexts([Language])
    /// Texts for which no decoder can be opened: their codec, page and language.
    case undecodableTexts(String, reason: String)
    /// A malformed event of a publisher.
    case malformedEvent
  }

  /// The place of a text in the picture.
  package struct TextPlace: Sendable, Equatable {
    /// The side at which lines begin or end.
    package enum Side: Sendable {
      case left, middle, right
    }

    /// The upper edge, in percent of the height of the picture.
    package let line: Int
    package let side: Side
  }

  /// The format of the bytes.
  package let format: Format
  /// The section, the tag, the sets, or the text.
  package let bytes: [UInt8]
  /// Its time on the clock of the source; of SCTE-35 in transport streams, that of the newest
  /// access unit.
  package var pts: SourceTime
  /// The timestamp of the newest access unit in ticks of the container: 90 kHz in transport
  /// streams, to which the times of SCTE-35 refer; nil if a splice is at `pts`.
  package let ticks: Int64?
  /// The time at which it was read.
  package var arrival: MonotonicTime
  /// Whether a splice at `pts` is meant for the moment at which its message arrives.
  package var isImmediate = false
}

extension MetadataPacket {
  /// A cue of a CMAF track, whose timestamps never wrap.
  init(_ text: TrackText, _ arrival: MonotonicTime) {
    let scale = Int64(text.timescale)
    var unwrapper = TimestampUnwrapper()
    self.init(
      format: .text(text.language, duration: Interval(ticks: text.duration, timescale: scale)),
      bytes: Array(text.text.utf8),
      pts: unwrapper.time(of: text.pts, bits: 64, numerator: 1, denominator: scale), ticks: nil,
      arrival: arrival)
  }

  /// An event of a CMAF track, whose timestamps never wrap; nil is a malformed one.
  init(_ event: TrackEvent?, _ arrival: MonotonicTime) {
    let format: Format =
      switch event?.content {
      case nil: .leftOut(.malformedEvent)
      case .splice: .splice
      case .id3: .id3
      case .synchronousKLV: .klv(isSynchronous: true)
      case .asynchronousKLV: .klv(isSynchronous: false)
      }
    var unwrapper = TimestampUnwrapper()
    self.init(
      format: format, bytes: event?.bytes ?? [],
      pts: unwrapper.time(
        of: event?.time.nanoseconds ?? 0, bits: 64, numerator: 1, denominator: 1_000_000_000),
      ticks: nil, arrival: arrival)
  }
}
