// SPDX-License-Identifier: Apache-2.0

package import Access
package import HTTP
import Net
package import Packaging
package import Publishing
package import System
package import Time

/// How all streams are served; ``StreamServingOptions`` are the options of one stream.
package struct ServingOptions: Sendable {
  /// Scheme, authority and path prefix of the server as clients see it, without a slash at the end.
  ///
  /// If nil, the `Host` field of each request gives the authority.
  package var publicURL: String?
  /// Whether URLs in live playlists begin with ``publicURL``.
  package var hasAbsoluteURLs = false
  /// The interval subtracted from the times of `/time?iso`, `/time?xsdate` and `/isotime`.
  ///
  /// Clients with an earlier clock request segments later.
  package var timeDisplacement = Interval.zero
  /// Whether media responses carry CMSD fields.
  package var sendsCMSD = false
  /// The bearer token that requests to `/api` need; if nil, all are refused.
  package var adminToken: String?
  /// Which clients may read `/stats`.
  package var statistics = ReadAccess.token

  /// The end of the server's certificate, in seconds since 1970; nil for no certificate.
  package var certificateExpiry: @Sendable () -> Int64? = { nil }

  /// Which clients may read `/metrics`.
  package var metrics = ReadAccess.open
  /// Which clients may read `/timestamps.json`.
  package var timestamps = ReadAccess.open
  /// The proxies whose statements about clients are believed.
  package var proxies = TrustedProxies()

  /// The maximum number of streams on demand that run at the same time.
  package var runningStreams = 32
  /// The maximum number of streams on demand that one address starts per minute.
  package var streamStarts = 60

  /// Decides which clients on this machine have the rights of its address.
  package var localClients = LocalClients()
  /// Which clients may publish streams without a key.
  package var publishAccess = KeylessAccess(.loopback)
  /// The key of streams that publishers create; nil for none.
  package var publishKey: SecretDigest?
  /// The access to uploaded streams that publishers create.
  package var createdViewers = ViewerAccess.everybody
  /// Signs for viewers with a password of streams without keys.
  package var viewerKey = ViewerSigningKey(folder: nil)
  /// The key that verifies JSON Web Tokens by ES256; nil for none.
  package var tokenPublicKey: SignatureKey?
  /// The names of this server in requests to `/api`, beside addresses and `localhost`.
  package var hostNames: Set<String> = []
  /// The web pages that may open WebSockets.
  package var socketOrigins = SocketOrigins()
  /// The maximum number of streams that publishers have created.
  package var publishedStreams = 32
  /// The web servers that get the events of publishers.
  package var publishHooks = PublishHooks.Addresses()
  /// The limits of uploaded streams that publishers create.
  package var uploadLimits = UploadLimits.standard

  /// The defaults.
  package init() {}

  /// The beginning of the URLs in the live playlists of a stream, without a slash at the end; nil
  /// if they are relative.
  ///
  /// All viewers get the same playlist, and only relative URLs inherit the token of its path.
  package func playlistRoot(_ stream: StreamServingOptions) -> String? {
    hasAbsoluteURLs && stream.viewers == .everybody ? publicURL : nil
  }

  /// The path of ``publicURL``: a proxy removes it from requests; empty for none.
  var publicPath: String {
    guard let publicURL, let scheme = publicURL.firstRange(of: "://") else { return "" }
    return String(publicURL[scheme.upperBound...].drop { $0 != "/" })
  }

  /// Scheme and authority of absolute URLs in the response to a request: the configured URL, or
  /// scheme and `Host` of the request.
  ///
  /// Empty for an HTTP/1.0 request without `Host`; its URLs are then relative.
  func origin(of request: Request) -> String {
    if let publicURL { return publicURL }
    guard let host = request.header("host"), !host.isEmpty else { return "" }
    return (request.isSecure ? "https://" : "http://") + host
  }
}
