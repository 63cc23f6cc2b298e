// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked
import Media
import Packaging
import Time

/// EXT-X-DATERANGE of an event of a stream.
///
/// - Source: RFC 8216bis §4.4.5.1
struct DateRange {
  let event: TimedEvent

  /// The attribute ID.
  var id: String { "event-\(event.id)" }

  /// The tag.
  ///
  /// X-DATA is the event's JSON text as a quoted string: quotation marks, percent signs and control
  /// characters are percent-encoded. X-EVENT-ID is the event's number: pages in Safari get the
  /// client attributes, but not ID.
  var tag: String {
    "#EXT-X-DATERANGE:ID=\"\(id)\",CLASS=\"\(EventMessage.scheme)\""
      + ",START-DATE=\"\(UTCTime(event.time).text)\",X-EVENT-ID=\"\(event.id)\""
      + ",X-DATA=\"\(quotable)\""
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
