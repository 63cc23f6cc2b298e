// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The parts of the URL of an input, as libavformat reads it.
struct InputURL: Sendable, Equatable {
  /// The URL, with its scheme in lower case.
  let text: String
  /// In lower case.
  let scheme: String
  /// User and password before the last `@`; nil without one.
  ///
  /// A password may contain any character, also a slash or a question mark.
  let credentials: Substring?
  /// Host, port and path, with a fragment.
  let place: Substring
  /// The parameters of the query; nil without a query.
  let query: [Substring]?

  /// Divides a text; nil if it has no scheme.
  init?(_ given: String) {
    guard let mark = given.firstRange(of: "://"), mark.lowerBound > given.startIndex,
      given[..<mark.lowerBound].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
    else { return nil }
    scheme = given[..<mark.lowerBound].lowercased()
    text = scheme + given[mark.lowerBound...]
    let rest = given[mark.upperBound...]
    let at = rest.lastIndex(of: "@")
    credentials = at.map { rest[..<$0] }
    let behind = at.map { rest[rest.index(after: $0)...] } ?? rest
    place = behind.prefix { $0 != "?" }
    query =
      place.endIndex == behind.endIndex
      ? nil : behind[place.endIndex...].dropFirst().split(separator: "&")
  }

  /// The parameters of the query.
  var parameters: [Substring] { query ?? [] }

  /// Host and port; nil if they are malformed.
  var server: HostAndPort? { HostAndPort(place.prefix { $0 != "/" && $0 != "#" }) }
}
