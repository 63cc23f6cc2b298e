// SPDX-License-Identifier: Apache-2.0

/// The fields of a box `emsg`, of either version and of any scheme.
///
/// - Source: ISO/IEC 23009-1 §5.10.3.3
package struct EventMessageFields: Sendable, Equatable {
  /// The time of an event, in ticks of its timescale.
  package enum Time: Sendable, Equatable {
    /// On the timeline of the track (version 1); not negative.
    case media(Int64)
    /// After the earliest presentation time of the segment that follows (version 0).
    case afterStart(Int64)
  }

  /// The longest text, in bytes.
  private static let longest = 512

  /// scheme_id_uri, and the value.
  package let uri, value: String
  /// Not 0.
  package let timescale: UInt32
  package let time: Time
  /// event_duration, in ticks.
  package let duration: UInt32
  /// Equal for repetitions of one event.
  package let id: UInt32
  package let data: [UInt8]

  /// Reads a box.
  ///
  /// - Throws: ``BoxError`` if the box is truncated, of an unknown version, or has an impossible
  ///   time.
  package init(_ box: BoxFields) throws(BoxError) {
    var box = box
    let version = try box.versionAndFlags().version
    var texts: [String] = []
    var media: Int64?
    if version == 0 { texts = [try box.text(Self.longest), try box.text(Self.longest)] }
    timescale = UInt32(clamping: try box.integer(4))
    switch version {
    case 0: time = .afterStart(Int64(try box.integer(4)))
    case 1:
      media = try box.wide()
      time = .media(media ?? 0)
    default: throw .mismatch("emsg.version", found: "\(version)", expected: "0 or 1")
    }
    duration = UInt32(clamping: try box.integer(4))
    id = UInt32(clamping: try box.integer(4))
    if version == 1 { texts = [try box.text(Self.longest), try box.text(Self.longest)] }
    guard timescale > 0, media ?? 0 >= 0 else { throw .time }
    // bounded: both versions have two texts
    (uri, value) = (texts[0], texts[1])
    data = box.rest
  }
}

extension BoxFields {
  /// A text in UTF-8 of at most `limit` bytes, which ends with a zero byte.
  fileprivate mutating func text(_ limit: Int) throws(BoxError) -> String {
    var bytes: [UInt8] = []
    while true {
      let byte = try integer(1)
      guard byte > 0 else { return String(decoding: bytes, as: UTF8.self) }
      guard bytes.count < limit else {
        throw .tooLarge("a text of \(type)", limit + 1, most: limit)
      }
      bytes.append(UInt8(clamping: byte))
    }
  }
}
