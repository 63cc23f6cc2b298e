// SPDX-License-Identifier: Apache-2.0

internal import Time

/// Why an RTSP server gives no media: its own words, and the remedy.
///
/// Contains no secret.
package struct RTSPFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// Whether the server refuses the credentials or the client.
  package let isDenied: Bool
  package let description: String

  init(_ description: String, isDenied: Bool = false) {
    (self.description, self.isDenied) = (description, isDenied)
  }

  /// The most characters of a server's own words.
  private static let longestReason = 80

  /// An answer with an error.
  init(status: Int, reason: String, to method: String) {
    let words = Self.words(status, reason)
    let advice = Self.advice(status, method)
    self.init("the camera answers \(words) to \(method)\(advice)", isDenied: status == 403)
  }

  /// The credentials are missing or wrong, or cannot be sent.
  init(_ verdict: RTSPAuthenticator.Verdict, status: Int, reason: String) {
    let words = Self.words(status, reason)
    switch verdict {
    case .lacksCredentials(let offered):
      self.init(
        "the camera requires a user name and a password (\(words), \(offered)): "
          + "rtsp://USER:PASSWORD@HOST/…", isDenied: true)
    case .refused(let scheme):
      self.init(
        "the camera refuses the user name or the password (\(words), \(scheme))", isDenied: true)
    case .unsupported(let offered):
      self.init(
        "the camera requires \(offered), which is not supported (\(words); expected Digest with "
          + "MD5, SHA-256 or SHA-512-256, or Basic): set its authentication to Digest")
    case .answered: self.init("the camera answers \(words)")
    }
  }

  /// A redirect that is not followed.
  static func notFollowed(_ target: RTSPAddress?, status: Int, reason: String) -> RTSPFault {
    let words = words(status, reason)
    guard let target else {
      return RTSPFault("the camera redirects without a usable address (\(words))")
    }
    return RTSPFault(
      "the camera redirects to another host, \(target.place) (\(words)): give this address, or "
        + "permit it with --other-hosts")
  }

  /// More redirects than are followed.
  static let circle = RTSPFault("the camera redirects again and again")

  /// A request that a server sent to move its client.
  static func moved(to target: RTSPAddress) -> RTSPFault {
    RTSPFault("the camera has redirected to \(target.place) (REDIRECT): connecting there")
  }

  /// A connection that ended before an answer.
  static func closed(before method: String) -> RTSPFault {
    RTSPFault("the camera closed the connection before it answered \(method)")
  }

  /// A request that got no answer in time.
  static func noAnswer(to method: String, within limit: Interval) -> RTSPFault {
    RTSPFault(
      "the camera has not answered \(method) within \(limit.wholeSeconds) s"
        + (method == "OPTIONS" ? "" : " (--rtsp-timeout)"))
  }

  /// Status and reason, printable.
  static func words(_ status: Int, _ reason: String) -> String {
    let text = reason.unicodeScalars.filter { (0x20..<0x7F).contains($0.value) }
    let words = String(String.UnicodeScalarView(text)).prefix(longestReason)
    return words.isEmpty ? "\(status)" : "\(status) \(words)"
  }

  private static func advice(_ status: Int, _ method: String) -> String {
    switch status {
    case 400, 404, 410, 451: ": check the path of the address"
    case 403: ": this user may not watch it, or the camera blocks this machine"
    case 453, 503:
      ": it has too many clients; close one of them, or use a substream"
    case 454: ": it has ended the session; connecting again"
    case 461: ": it sends by no transport that is supported (expected RTP over TCP or UDP)"
    case 500...599: ": restart the camera if it continues"
    default: ""
    }
  }
}
