// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Scheme and authority of absolute URLs in what is answered to a request.
enum RequestOrigin {
  /// What the operator says, else what the request's `Host` says; empty for a request of HTTP/1.0 without one, whose
  /// URLs are then relative.
  static func text(_ request: Request, _ options: ServingOptions) -> String {
    if let url = options.publicURL { return url }
    guard let host = request.header("host"), !host.isEmpty else { return "" }
    return (request.isSecure ? "https://" : "http://") + host
  }
}
