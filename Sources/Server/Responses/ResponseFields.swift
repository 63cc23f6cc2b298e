// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Time

/// The header fields that responses share, and the responses for errors.
enum ResponseFields {
  /// The fields that scripts of other origins may read; the same list in all responses.
  static let crossOrigin = [
    HeaderField("Access-Control-Allow-Origin", "*"),
    HeaderField(
      "Access-Control-Expose-Headers",
      "Age, Date, Content-Length, Content-Range, ETag, Retry-After, Server-Timing, CMSD-Static, "
        + "CMSD-Dynamic, X-Playlist-Version, X-Held-Ms, X-Media-Digest"),
  ]

  /// The fields of all responses: those for other origins, and that no content has another type
  /// than the declared one.
  ///
  /// Pages that isolate themselves (COEP) embed pictures and media only if the response permits it.
  /// - Source: Fetch §3.7, §3.8
  static let common =
    crossOrigin + [nosniff, HeaderField("Cross-Origin-Resource-Policy", "cross-origin")]

  /// No client guesses the type of the content.
  static let nosniff = HeaderField("X-Content-Type-Options", "nosniff")

  /// The fields of responses that scripts of other origins cannot read, and no cache keeps.
  static let sameOrigin = [HeaderField("Cache-Control", "no-store"), nosniff]

  /// The fields of a response with this type and lifetime.
  static func fields(
    _ type: String, _ caching: Caching, priority: Priority = .media
  ) -> [HeaderField] {
    [
      HeaderField("Content-Type", type), HeaderField("Cache-Control", caching.value),
      priority.field,
    ] + common
  }

  /// The urgency of a response: playlists before media, all other responses with media.
  ///
  /// - Source: RFC 9218 §4, §5; RFC 8216bis Appendix B.1
  enum Priority: String {
    case playlist = "u=1"
    case media = "u=3"
    /// The open segment: incremental, since each chunk is usable on arrival.
    case openMedia = "u=3, i"

    var field: HeaderField { HeaderField("Priority", rawValue) }
  }

  /// How long caches may keep a response.
  ///
  /// Names of media are never reused, so media may be kept. A playlist at the live edge may be kept
  /// while its URL has the same meaning.
  /// - Source: RFC 8216bis Appendix B.1
  enum Caching: Hashable {
    case noStore
    /// One address has different bytes for different clients.
    case oneViewer
    /// Errors, and playlists for `wait`: outdated within one second.
    case second
    /// A playlist without directives, and pages.
    case playlist(targetDuration: Int64)
    /// An MPD.
    case manifest(segmentSeconds: Int64)
    /// A playlist for `_HLS_msn`: its URL keeps its meaning.
    case blockingPlaylist(targetDuration: Int64)
    case part(targetDuration: Int64)
    case segment
    case header
    /// Media whose names recur in the next stream session.
    case numberedRun(targetDuration: Int64)
    /// Media of an uploaded stream: its publisher may use the names again.
    case uploaded(seconds: Int64)

    var value: String {
      switch self {
      case .noStore: "no-store"
      case .oneViewer: "private, no-store"
      case .second: "public, max-age=1"
      case .playlist(let target): "public, max-age=\(max(1, target / 2))"
      case .manifest(let segment): "public, max-age=\(max(1, segment / 2))"
      case .blockingPlaylist(let target): "public, max-age=\(6 * target)"
      case .part(let target): "public, max-age=\(max(60, 6 * target)), immutable"
      case .segment: "public, max-age=3600, immutable"
      case .header: "public, max-age=86400, immutable"
      case .numberedRun(let target): "public, max-age=\(6 * target)"
      case .uploaded(let seconds): "public, max-age=\(seconds)"
      }
    }
  }

  /// The methods of every path.
  static let readMethods = ["GET", "HEAD", "OPTIONS"]

  /// The response to OPTIONS for a path that is only read.
  static let preflight = preflightResponse(allow: readMethods)

  /// The response to OPTIONS for the keys of a stream, which players request by POST.
  ///
  /// Their requests have a Content-Type that is not CORS-safelisted, such as `application/json`.
  /// - Source: Fetch §2.2.2, "CORS-unsafe request-header names"
  static let licencePreflight = preflightResponse(
    allow: licenceMethods, pages: licenceMethods, fields: "Content-Type, ")

  /// The methods of the keys of a stream.
  static let licenceMethods = readMethods + ["POST"]

  /// The response to OPTIONS: pages of all origins may read, none may write.
  ///
  /// Players that send CMCD in header fields (CTA-5004 §2) need permission for those fields.
  ///
  /// - Parameters:
  ///   - methods: those of the path.
  ///   - pages: those for pages of other origins.
  ///   - fields: field names beside those of all paths, each with a comma after it.
  /// - Returns: 204.
  static func preflightResponse(
    allow methods: [String], pages: [String] = readMethods, fields: String = ""
  ) -> PreparedResponse {
    PreparedResponse(
      status: 204,
      fields: crossOrigin + [
        Priority.playlist.field,
        HeaderField("Access-Control-Allow-Methods", pages.joined(separator: ", ")),
        HeaderField(
          "Access-Control-Allow-Headers",
          fields + "Range, Authorization, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session"),
        HeaderField("Access-Control-Max-Age", "86400"),
        HeaderField("Allow", methods.joined(separator: ", ")),
      ])
  }
}

extension PreparedResponse {
  /// A response with one line about an error.
  static func error(
    _ status: Int, _ line: String, _ caching: ResponseFields.Caching = .second,
    _ more: [HeaderField] = []
  ) -> PreparedResponse {
    PreparedResponse.text(
      status, line,
      fields: [HeaderField("Cache-Control", caching.value), ResponseFields.Priority.media.field]
        + ResponseFields.common + more)
  }

  /// A response with one line about an error, which scripts of other origins cannot read.
  static func apiError(
    _ status: Int, _ line: String, _ more: [HeaderField] = []
  ) -> PreparedResponse { .text(status, line, fields: ResponseFields.sameOrigin + more) }

  /// A response that leads to another address for the present; caches keep it as `caching` says.
  static func redirect(to address: String, _ caching: String) -> PreparedResponse {
    PreparedResponse(
      status: 307,
      fields: [HeaderField("Location", address), HeaderField("Cache-Control", caching)]
        + ResponseFields.common)
  }

  /// The response to an upgrade for which the connection cannot be used.
  static let noWebSocket = error(
    400, "this connection cannot become a WebSocket (other requests are open)", .noStore)

  /// The response for a path without content.
  static let notFound = error(404, "nothing is served under this path")

  /// A refusal for the present: status 503, which no cache stores.
  static func unavailable(_ reason: String, retryAfter: Int = 1) -> PreparedResponse {
    error(503, reason, .noStore, [HeaderField("Retry-After", "\(retryAfter)")])
  }

  /// The response for a playlist or MPD of a stream that ended without a complete segment.
  static let noSegment = error(503, "the stream has no complete segment yet")
}

/// Entity tags for objects that never change while the process runs.
///
/// The tags are strong: different bytes have different tags. After a restart prefill reuses names
/// with other bytes, so the tag contains the start time of the process.
/// - Source: RFC 9110 §8.8.1, §8.8.3
enum RestartETag {
  /// The start of the process in milliseconds.
  private static let start = String(SystemClock.wallTime.milliseconds, radix: 36)

  /// The field for the object with this name.
  static func of(_ name: String) -> HeaderField { HeaderField("ETag", "\"\(start)-\(name)\"") }
}

/// Why a request is refused: the status of the response, and its line for the client.
package struct RequestRefusal: Error, Equatable {
  package let status: Int
  package let reason: String

  init(_ reason: String, status: Int = 400) {
    self.status = status
    self.reason = reason
  }

  /// The response.
  var response: PreparedResponse { .error(status, reason) }
}

extension PreparedResponse {
  /// The response with a text that is rendered for one request, as the clock or the client decide
  /// what it contains: the text is past media from the beginning.
  static func document(
    _ text: String, status: Int = 200, fields: [HeaderField]
  ) -> PreparedResponse {
    let body = SharedBytes(text)
    PastMedia.add(texts: [body], at: SystemClock.monotonicTime)
    return PreparedResponse(status: status, fields: fields, body: [body])
  }

  /// The response with a playlist that is rendered for one request.
  static func playlist(_ text: String, _ caching: ResponseFields.Caching) -> PreparedResponse {
    .document(
      text,
      fields: ResponseFields.fields(
        "application/vnd.apple.mpegurl", caching, priority: .playlist))
  }
}
