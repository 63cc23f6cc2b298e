// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// An interstitial of HLS: media that players show instead of the stream, or in it.
///
/// - Source: RFC 8216bis Appendix D
package struct Interstitial: Sendable, Equatable {
  /// The class of its EXT-X-DATERANGE.
  package static let dateRangeClass = "com.apple.hls.interstitial"
  /// The most bytes of a URI.
  private static let maximumURI = 512
  /// The longest of its durations, and the farthest offset.
  private static let longest = Interval.seconds(86_400)

  /// The attributes of its EXT-X-DATERANGE beside ID, CLASS and START-DATE, in the order of the
  /// tag: texts are in quotation marks.
  package let attributes: [(name: String, value: String)]
  /// How long the media lasts; zero if that is not stated.
  package let duration: Interval

  package static func == (left: Interstitial, right: Interstitial) -> Bool {
    left.duration == right.duration
      && left.attributes.elementsEqual(right.attributes) { $0 == $1 }
  }

  /// The form of the value of an attribute.
  private enum Form {
    /// An absolute URI of http or https.
    case uri
    /// Seconds in a range.
    case seconds(ClosedRange<Interval>)
    /// A list of words, each at most once.
    case words([String])
    /// One of the words, in quotation marks or without them.
    case word([String], isQuoted: Bool)
  }

  private static let positive = Interval.milliseconds(1)...longest
  /// The members of the JSON object, and the attributes that they become.
  private static let forms: [(key: String, form: Form)] = [
    ("duration", .seconds(positive)),
    ("planned-duration", .seconds(positive)),
    ("cue", .words(["PRE", "POST", "ONCE"])),
    ("x-asset-uri", .uri),
    ("x-asset-list", .uri),
    ("x-resume-offset", .seconds(-longest...longest)),
    ("x-playout-limit", .seconds(positive)),
    ("x-snap", .words(["OUT", "IN"])),
    ("x-restrict", .words(["SKIP", "JUMP"])),
    ("x-content-may-vary", .word(["YES", "NO"], isQuoted: true)),
    ("x-timeline-occupies", .word(["POINT", "RANGE"], isQuoted: true)),
    ("x-timeline-style", .word(["HIGHLIGHT", "PRIMARY"], isQuoted: true)),
  ]

  /// Reads the members of a JSON object.
  ///
  /// - Throws: the first member that is invalid, or unknown.
  init(_ members: [String: JSONMember]) throws(EventContentError) {
    if let unknown = members.keys.sorted().first(where: { key in
      !Self.forms.contains { $0.key == key }
    }) {
      throw EventContentError(unknown, "unknown member of an interstitial")
    }
    guard members["x-asset-uri"] == nil || members["x-asset-list"] == nil else {
      throw EventContentError("x-asset-list", "expected either x-asset-uri or x-asset-list")
    }
    var attributes: [(name: String, value: String)] = []
    var durations: [String: Interval] = [:]
    for (key, form) in Self.forms {
      guard let member = members[key] else { continue }
      let name = key.uppercased()
      switch form {
      case .uri: attributes.append((name, "\"\(try Self.uri(member, key))\""))
      case .seconds(let range):
        guard let seconds = member.interval, range.contains(seconds) else {
          throw EventContentError(
            key,
            "expected \(range.lowerBound.seconds)–\(range.upperBound.wholeSeconds) seconds as a "
              + "number")
        }
        durations[key] = seconds
        attributes.append((name, seconds.decimalSeconds))
      case .words(let known):
        let words = member.text?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        guard !words.isEmpty, Set(words).count == words.count,
          words.allSatisfy({ known.contains(String($0)) })
        else {
          throw EventContentError(
            key, "expected a text of \(known.joined(separator: ", ")), separated by commas")
        }
        attributes.append((name, "\"\(words.joined(separator: ","))\""))
      case .word(let known, let isQuoted):
        guard let word = member.text, known.contains(word) else {
          throw EventContentError(key, "expected \(known.joined(separator: " or "))")
        }
        attributes.append((name, isQuoted ? "\"\(word)\"" : word))
      }
    }
    self.attributes = attributes
    duration =
      durations["duration"] ?? durations["planned-duration"] ?? durations["x-playout-limit"]
      ?? .zero
  }

  /// An absolute URI of http or https, without user information, of printable ASCII that needs no
  /// quoting.
  private static func uri(_ member: JSONMember, _ key: String) throws(EventContentError) -> String {
    let forbidden = Set("\"\\<>^`{|} ".utf8)
    guard let text = member.text, text.utf8.count <= maximumURI,
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !forbidden.contains($0) })
    else {
      throw EventContentError(
        key, "expected a URI of at most \(maximumURI) characters of ASCII, the others escaped")
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, ["http", "https"].contains(parts[0].lowercased()),
      parts[1].hasPrefix("//")
    else { throw EventContentError(key, "expected a URI that begins with http:// or https://") }
    let authority = parts[1].dropFirst(2).prefix { !"/?#".contains($0) }
    guard !authority.isEmpty, !authority.hasPrefix(":"), !authority.contains("@"),
      HostAndPort(authority)?.isAmbiguous == false
    else { throw EventContentError(key, "expected a host without a user name") }
    return text
  }
}
