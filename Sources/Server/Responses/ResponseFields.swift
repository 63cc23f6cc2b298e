// SPDX-License-Identifier: Apache-2.0

import HTTP

/// The fields that responses share.
enum ResponseFields {
  /// What scripts of other origins may read; the same list everywhere.
  static let crossOrigin = [
    HeaderField("Access-Control-Allow-Origin", "*"),
    HeaderField(
      "Access-Control-Expose-Headers",
      "Age, Date, Content-Length, Content-Range, ETag, Server-Timing, CMSD-Static, CMSD-Dynamic, "
        + "X-Playlist-Version, X-Held-Ms"),
  ]

  /// Fields of a response with this type and lifetime.
  static func fields(
    _ type: String, _ caching: Caching, priority: Priority = .media
  ) -> [HeaderField] {
    [
      HeaderField("Content-Type", type), HeaderField("Cache-Control", caching.value),
      priority.field,
    ] + crossOrigin
  }

  /// How urgent a response is beside others: playlists before media, everything else with it.
  ///
  /// - Source: RFC 9218 §4, §5; RFC 8216bis Appendix B.1
  enum Priority: String {
    case playlist = "u=1"
    case media = "u=3"
    /// A segment that is being made: of use in pieces.
    case openMedia = "u=3, i"

    var field: HeaderField { HeaderField("Priority", rawValue) }
  }

  /// How long others may keep a response.
  ///
  /// Names of media are never reused, so they may be kept; a playlist at the live edge may be kept
  /// as long as its URL means the same. - Source: RFC 8216bis Appendix B.1
  enum Caching: Hashable {
    case noStore
    /// Errors, and what a simple poller waited for: wrong within a second.
    case second
    /// A playlist without directives, and pages.
    case playlist(targetDuration: Int64)
    /// An MPD.
    case manifest(segmentSeconds: Int64)
    /// A playlist for `_HLS_msn`, which says the same for good.
    case blockingPlaylist(targetDuration: Int64)
    case part(targetDuration: Int64)
    case segment
    case header
    /// Media whose names recur in the next run.
    case numberedRun(targetDuration: Int64)

    var value: String {
      switch self {
      case .noStore: "no-store"
      case .second: "public, max-age=1"
      case .playlist(let target): "public, max-age=\(max(1, target / 2))"
      case .manifest(let segment): "public, max-age=\(max(1, segment / 2))"
      case .blockingPlaylist(let target): "public, max-age=\(6 * target)"
      case .part(let target): "public, max-age=\(max(60, 6 * target)), immutable"
      case .segment: "public, max-age=3600, immutable"
      case .header: "public, max-age=86400, immutable"
      case .numberedRun(let target): "public, max-age=\(6 * target)"
      }
    }
  }

  /// One line that says what was wrong.
  static func error(
    _ status: Int, _ line: String, _ caching: Caching = .second, _ more: [HeaderField] = []
  ) -> PreparedResponse {
    PreparedResponse.text(
      status, line,
      fields: [HeaderField("Cache-Control", caching.value), Priority.media.field] + crossOrigin
        + more)
  }

  /// The answer to OPTIONS: reading is allowed from anywhere, writing from nowhere.
  ///
  /// Players that send CMCD in fields (CTA-5004 §2) could not read anything if these were not allowed.
  static let preflight = PreparedResponse(
    status: 204,
    fields: crossOrigin + [
      Priority.playlist.field,
      HeaderField("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
      HeaderField(
        "Access-Control-Allow-Headers",
        "Range, Authorization, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session"),
      HeaderField("Access-Control-Max-Age", "86400"),
      HeaderField("Allow", "GET, HEAD, OPTIONS"),
    ])
}
