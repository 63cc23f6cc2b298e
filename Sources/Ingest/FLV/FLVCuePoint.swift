// SPDX-License-Identifier: Apache-2.0

import Checked
import Metadata
package import Time

/// A cue point of a publisher by RTMP that marks a splice: a message of SCTE-35 and its time.
///
/// `onAdCue` has the message in Base64, or names the splice; `onCuePoint` names the splice in
/// `parameters`, or is a cue point of YouTube. Other cue points are no splices.
/// - Source: "Signaling Timed Metadata in Live Streaming" (Microsoft, 2019) §2.1.2 to §2.1.4;
///   OvenMediaEngine Enterprise, "onCuePoint Message Insertion"
package struct FLVCuePoint: Sendable, Equatable {
  /// The largest distance of the splice from the message.
  private static let reach = Interval.seconds(3600)
  /// The longest break that is stated: a day.
  private static let maximumBreak = 86_400.0

  /// The splice_info_section, unchecked; its times belong to the clock of no input.
  package let section: [UInt8]
  /// The timestamp of the message in milliseconds, modulo 2^32.
  package let timestamp: UInt32
  /// The time of the splice after `timestamp`; negative if it has passed.
  package let delay: Interval

  /// Reads a data message; nil if it is no cue point of a splice.
  ///
  /// - Parameters:
  ///   - message: its content.
  ///   - isAMF3: whether the message has the type of AMF 3.
  ///   - timestamp: its timestamp.
  package init?(message: [UInt8], isAMF3: Bool, timestamp: UInt32) {
    var reader = AMF0Reader(message, from: isAMF3 && message.first == 0 ? 1 : 0)
    guard let values = try? reader.rest(), let content = values.last,
      let name = values.prefix(2).lazy.compactMap(\.text).first(where: { $0 != "@setDataFrame" }),
      let found = Self.section(of: name, content)
    else { return nil }
    (section, self.timestamp) = (found, timestamp)
    delay = Self.delay(of: content, timestamp)
  }

  private static func section(of name: String, _ content: AMF0Value) -> [UInt8]? {
    let type = content["type"]?.text?.lowercased() ?? ""
    switch name {
    case "onAdCue" where type == "scte35" || type == "urn:scte:scte35:2013:bin":
      return content["cue"]?.text.map { SpliceInfoSection.bytes(ofText: $0) ?? [] }
    case "onAdCue": return splice(content, content["cue"]?.text)
    case "onCuePoint" where type == "com.youtube.cuepoint":
      guard case .boolean(let isOut)? = content["cue_point_start"] else { return nil }
      return SpliceInsert.section(
        eventID: eventID(content["splice_event_id"]), isOut: isOut,
        duration: isOut ? duration(content["break_duration_sec"]) : nil)
    case "onCuePoint" where content["name"]?.text?.lowercased() == "scte35":
      guard let parameters = content["parameters"] else { return nil }
      if let text = parameters["cue"]?.text, let bytes = SpliceInfoSection.bytes(ofText: text) {
        return bytes
      }
      let action = (parameters["type"] ?? parameters["cue"])?.text
      return splice(parameters, action ?? "SpliceOut")
    default: return nil
    }
  }

  /// The section of a splice that is named; nil for other names.
  private static func splice(_ content: AMF0Value, _ action: String?) -> [UInt8]? {
    let isOut: Bool
    switch action?.lowercased() {
    case "spliceout": isOut = true
    case "splicein": isOut = false
    default: return nil
    }
    return SpliceInsert.section(
      eventID: eventID(content["id"]), isOut: isOut,
      duration: isOut ? duration(content["duration"]) : nil)
  }

  /// The number of an event; texts that are no numbers have their checksum.
  private static func eventID(_ value: AMF0Value?) -> UInt32 {
    if let number = value?.number { return UInt32(exactly: number) ?? 0 }
    guard let text = value?.text else { return 0 }
    return UInt32(text) ?? SectionChecksum.remainder(text.utf8)
  }

  /// The length of a break in seconds, as a number or as a text; nil if it is unknown.
  private static func duration(_ value: AMF0Value?) -> Interval? {
    guard let seconds = value?.number ?? value?.text.flatMap({ Double($0) }), seconds > 0,
      seconds <= maximumBreak
    else { return nil }
    // bounded: at most a day
    return .milliseconds(Int64((seconds * 1000).rounded()))
  }

  /// The time of the splice after the message; zero if the times are far apart.
  private static func delay(of content: AMF0Value, _ timestamp: UInt32) -> Interval {
    if let seconds = content["pre_roll_time_sec"]?.number {
      // bounded: floating
      return interval(seconds * 1000)
    }
    guard let seconds = content["time"]?.number else { return .zero }
    // bounded: floating
    return interval(seconds * 1000 - Double(timestamp))
  }

  private static func interval(_ milliseconds: Double) -> Interval {
    guard milliseconds.magnitude <= Double(reach.milliseconds) else { return .zero }
    // bounded: the guard has compared it with the reach
    return .milliseconds(Int64(milliseconds.rounded()))
  }

  // MARK: Tags

  /// The cue point as a tag of the stream from publishers to their source.
  package var tag: MediaTag {
    let bits = UInt32(bitPattern: Int32(clamping: delay.milliseconds))
    return MediaTag(
      kind: .cuePoint, timestamp: timestamp, payload: bits.bigEndianBytes() + section)
  }

  /// Reads a tag; nil if it is another one, or malformed.
  package init?(_ tag: MediaTag) {
    var cursor = ByteCursor(tag.payload)
    guard tag.kind == .cuePoint, let bits = cursor.integer(4) else { return nil }
    delay = .milliseconds(Int64(Int32(truncatingIfNeeded: bits)))
    timestamp = tag.timestamp
    // bounded: the cursor is within the bytes
    section = Array(tag.payload[cursor.rest])
  }
}
