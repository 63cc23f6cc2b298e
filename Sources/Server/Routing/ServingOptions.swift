// SPDX-License-Identifier: Apache-2.0

/// How a site is served; what a stream may have of its own is of those that have none.
package struct ServingOptions: Sendable {
  /// Scheme, authority and path prefix under which clients reach the server, without a slash at the end.
  ///
  /// Nil: what the request's `Host` says.
  package var publicURL: String?
  /// Microseconds that are taken off `/time?iso`, `/time?xsdate` and `/isotime`, so that clients ask later.
  package var timeDisplacementMicroseconds: Int64 = 0
  /// Whether a request for a segment that has not begun is held; else it is answered with 404.
  package var waitsForAbsentSegment = true
  /// Whether media answers carry CMSD fields.
  package var sendsCMSD = false
  /// How long a request is held at most, where it is less than the protocol allows; nanoseconds.
  package var holdLimit = Int64.max
  /// What a request to `/api` must know; nil: nobody may ask.
  package var adminToken: String?

  /// The defaults.
  package init() {}
}
