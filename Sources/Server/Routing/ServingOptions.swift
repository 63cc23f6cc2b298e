// SPDX-License-Identifier: Apache-2.0

/// How all streams are served; ``StreamServingOptions`` are those of one stream.
package struct ServingOptions: Sendable {
  /// Scheme, authority and path prefix under which clients reach the server, without a slash at the end.
  ///
  /// Nil: what the request's `Host` says.
  package var publicURL: String?
  /// Microseconds that are taken off `/time?iso`, `/time?xsdate` and `/isotime`, so that clients ask later.
  package var timeDisplacementMicroseconds: Int64 = 0
  /// Whether media answers carry CMSD fields.
  package var sendsCMSD = false
  /// What a request to `/api` must know; nil: nobody may ask.
  package var adminToken: String?

  /// The defaults.
  package init() {}
}
