// SPDX-License-Identifier: Apache-2.0

/// The permission of a request to be routed.
struct PlaybackGrant {
  /// The viewer that a valid token names; nil for none.
  var tokenOwner: String?
  /// Whether the response is for one viewer: without a token in the path the request has the
  /// address that it has for viewers without permission.
  ///
  /// A proxy that checks access removes the token; its cache keeps one copy for all viewers.
  /// - Source: RFC 9111 §3.5, §5.2.2.7
  var isForOneViewer = false
}
