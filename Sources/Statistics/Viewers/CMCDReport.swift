// SPDX-License-Identifier: Apache-2.0

package import HTTP

/// A player's report in a request, in the query or in header fields.
///
/// It influences the response only if the server chooses the rendition.
/// - Source: CTA-5004 (CMCD)
package struct CMCDReport: Equatable {
  /// `bl`: milliseconds in the buffer.
  package var bufferMilliseconds: Double?
  /// `mtp`: measured throughput in kbit/s.
  package var throughputKilobits: Double?
  /// `br`: the bitrate of the requested object in kbit/s.
  package var bitrateKilobits: Double?
  /// `dl`: milliseconds until the buffer is empty.
  var deadlineMilliseconds: Double?
  /// `ltc`: milliseconds behind live.
  package var latencyMilliseconds: Double?
  /// `pr`: playback rate.
  package var playbackRate: Double?
  /// `bs`: the buffer was empty since the last request.
  package var starved = false
  /// `su`: needed to start or to recover.
  package var startup = false
  /// `sid`: the playback session, without quotation marks; the same on all connections of a player.
  package var session: String?

  private static let fields = ["cmcd-request", "cmcd-object", "cmcd-status", "cmcd-session"]
  private static let fieldLengths = Request.lengths(fields)

  /// A report without values.
  package init() {}

  /// The report in `request`; nil if it has none.
  package init?(_ request: Request) {
    // Most requests have neither a query nor fields with names of these lengths.
    guard request.hasQuery || request.hasNames(ofLengths: Self.fieldLengths) else { return nil }
    var found = false
    // Queries without CMCD are not parsed.
    if request.queryContains("CMCD=") {
      for item in request.queryItems where item.name == "CMCD" {
        found = true
        read(item.value)
      }
    }
    for name in Self.fields where request.hasNames(ofLengths: Self.fieldLengths) {
      guard let value = request.header(name) else { continue }
      found = true
      read(value)
    }
    guard found else { return nil }
  }

  /// Reads `bl=21300,bs,sid="6e2f"`: pairs in any order; a string may contain commas.
  private mutating func read(_ text: String) {
    var isQuoted = false
    let items = text.split { character in
      if character == "\"" { isQuoted.toggle() }
      return character == "," && !isQuoted
    }
    for item in items {
      let name = item.prefix { $0 != "=" }.drop { $0 == " " }
      // A name alone means true.
      let text = item.firstIndex(of: "=").map { item[$0...].dropFirst() } ?? "true"
      let value = Self.number(text)
      switch name {
      case "bl": bufferMilliseconds = value
      case "mtp": throughputKilobits = value
      case "br": bitrateKilobits = value
      case "dl": deadlineMilliseconds = value
      case "ltc": latencyMilliseconds = value
      case "pr": playbackRate = value
      case "bs": starved = text == "true"
      case "su": startup = text == "true"
      // CTA-5004 §2: at most 64 characters, in quotation marks.
      case "sid":
        session = (3...66).contains(text.utf8.count) ? String(text.filter { $0 != "\"" }) : nil
      default: break
      }
    }
  }

  private static func number(_ text: Substring) -> Double? {
    guard text.utf8.count <= 20, let value = Double(text), (0...10_000_000).contains(value) else {
      return nil
    }
    return value
  }
}
