// SPDX-License-Identifier: Apache-2.0

/// The challenges of a camera that has refused a request over RTSP.
///
/// libavformat answers Basic, and Digest with MD5. Of several challenges with Digest it answers the
/// last one.
/// - Source: RFC 7616 §3.3, §3.7; RFC 7826 §19.1
package struct RTSPChallenges: Equatable {
  /// The algorithms of Digest in the order of the challenges, in capital letters.
  private(set) var algorithms: [String] = []
  /// Whether Basic is offered.
  package private(set) var hasBasic = false

  /// The challenges in the lines of a response.
  package init(_ lines: [String]) {
    for line in lines {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "www-authenticate" else { continue }
      let value = parts[1].drop { $0 == " " }
      let scheme = value.prefix { $0 != " " }.lowercased()
      if scheme == "basic" { hasBasic = true }
      // An authentication is tried twice.
      let algorithm = Self.algorithm(value)
      if scheme == "digest", !algorithms.contains(algorithm) { algorithms.append(algorithm) }
    }
  }

  /// The algorithm of a challenge with Digest, by default MD5.
  private static func algorithm(_ challenge: Substring) -> String {
    let name = "algorithm"
    guard let found = challenge.lowercased().firstRange(of: name) else { return "MD5" }
    let rest = challenge.lowercased()[found.upperBound...].drop { " =\"".contains($0) }
    return rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }.uppercased()
  }

  /// Why no credentials can be right, and what to change; nil if the credentials are the reason.
  package var obstacle: String? {
    guard let last = algorithms.last, last != "MD5" else { return nil }
    let offered = algorithms.map { "Digest \($0)" } + (hasBasic ? ["Basic"] : [])
    let names = offered.joined(separator: ", ")
    return algorithms.contains("MD5")
      ? "the camera offers \(names), of which only the last algorithm is answered, and \(last) is "
        + "not supported: set the algorithm of the camera to MD5"
      : "the camera requires \(names), which is not supported (expected MD5 or Basic): "
        + "set the authentication of the camera to Digest with MD5"
  }
}
