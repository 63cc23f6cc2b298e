// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked
import Media
import Metadata
import Packaging
import Time

/// EXT-X-DATERANGE of an event of a stream.
///
/// - Source: RFC 8216bis §4.4.5.1
struct DateRange {
  let event: TimedEvent

  /// The attribute ID.
  ///
  /// A return has the ID of its break. An event number of SCTE-35 may return, and several messages
  /// may have one.
  var id: String {
    guard case .splice(let cue) = event.content, let number = cue.eventID else {
      return "event-\(event.id)"
    }
    return "splice-\(number)-\(event.ended?.id ?? event.id)"
  }

  /// The tag.
  var tag: String {
    let start = ",START-DATE=\"\(UTCTime(event.start).text)\""
    let head = "#EXT-X-DATERANGE:ID=\"\(id)\""
    switch event.content {
    case .interstitial(let interstitial):
      return head + ",CLASS=\"\(Interstitial.dateRangeClass)\"" + start
        + interstitial.attributes.map { ",\($0.name)=\($0.value)" }.joined()
    case .splice(let cue): return head + start + attributes(of: cue)
    case .data, .id3, .klv:
      return head + ",CLASS=\"\(EventMessage.Scheme.data.uri)\"" + start + dataAttributes
    }
  }

  /// The tags: a second one states the length of a break that has ended by itself before `time`,
  /// the end of the newest media.
  func tags(until time: WallTime?, _ events: [TimedEvent]) -> [String] {
    let length = time.flatMap { event.lengthOfReturned(by: $0, events) }
    return [tag] + (length.map { [end(after: $0)] } ?? [])
  }

  /// The tag that states the length of a break which has ended by itself.
  ///
  /// A message may end the break early: until its end is reached, the break has no DURATION. A tag
  /// with the same ID then states the length.
  /// - Parameter duration: the length.
  /// - Returns: the tag.
  /// - Source: RFC 8216bis §4.4.5.1.1
  private func end(after duration: Interval) -> String {
    "#EXT-X-DATERANGE:ID=\"\(id)\",START-DATE=\"\(UTCTime(event.start).text)\""
      + ",DURATION=\(duration.decimalSeconds)"
  }

  /// The attributes of data.
  ///
  /// X-DATA is the event's JSON text as a quoted string: quotation marks, percent signs and control
  /// characters are percent-encoded. X-EVENT-ID is the event's number: pages in Safari get the
  /// client attributes, but not ID.
  private var dataAttributes: String { ",X-EVENT-ID=\"\(event.id)\",X-DATA=\"\(quotable)\"" }

  /// The length of a break, and the message.
  ///
  /// - Source: RFC 8216bis §4.4.5.1.1
  private func attributes(of cue: SpliceCue) -> String {
    let message = "0x\(hexadecimal(cue.section.bytes).uppercased())"
    let planned = cue.plannedDuration.map { ",PLANNED-DURATION=\($0.decimalSeconds)" } ?? ""
    switch cue.role {
    case .out: return planned + ",SCTE35-OUT=\(message)"
    case .in:
      let duration = event.ended.map { ",DURATION=\($0.duration.decimalSeconds)" } ?? ""
      return duration + ",SCTE35-IN=\(message)"
    // A splice_schedule "SHOULD be represented by an EXT-X-DATERANGE tag with an SCTE35-CMD
    // attribute": each of its events has one, with the whole message.
    case .command: return (cue.scheduled == nil ? "" : planned) + ",SCTE35-CMD=\(message)"
    }
  }

  private var quotable: String {
    var bytes: [UInt8] = []
    for byte in event.data {
      if byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "%") {
        bytes += Array("%\(hexadecimal(byte).uppercased())".utf8)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
