// SPDX-License-Identifier: Apache-2.0

import HTTP

/// The scheme and authority of absolute URLs in a response.
enum RequestOrigin {
  /// The configured URL, or scheme and `Host` of the request.
  ///
  /// Empty for an HTTP/1.0 request without `Host`; its URLs are then relative.
  static func text(_ request: Request, _ options: ServingOptions) -> String {
    if let url = options.publicURL { return url }
    guard let host = request.header("host"), !host.isEmpty else { return "" }
    return (request.isSecure ? "https://" : "http://") + host
  }
}
