// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net

// The values of a request about which the target `Access` decides.
extension Authorization {
  /// The secret of a request; nil without the field, and for any other scheme.
  init?(_ request: Request) { self.init(field: request.header("authorization")) }
}

extension AdminAccess.Client {
  /// The client of a request.
  init(_ request: Request) {
    self.init(
      request.peer, host: request.header("host"), origin: request.header("origin"),
      authorization: Authorization(request))
  }
}

extension SocketOrigins {
  /// Whether a request may open a WebSocket.
  func decide(on request: Request) -> AccessDecision {
    decide(origin: request.header("origin"), host: request.header("host"))
  }
}

/// A playback token precedes the path of the stream: `/t/TOKEN/STREAM/…`. A JSON Web Token is the
/// parameter `token` or a bearer token.
extension PlaybackAccess {
  /// Takes the token out of the path of an exchange: routes, caches and logs do not see it.
  ///
  /// - Parameters:
  ///   - exchange: the exchange.
  ///   - request: its request.
  ///   - then: called with the request without the token, and the token as it was sent; nil if the
  ///     path has none.
  static func takeToken(
    _ exchange: any Exchange, _ request: Request,
    then: (any Exchange, Request, String?) -> Void
  ) {
    guard request.isBelow("t") else { return then(exchange, request, nil) }
    let token = exchange.takePathPrefix()
    then(exchange, exchange.request, token)
  }

  /// The JSON Web Token of a request; nil for none.
  static func webToken(_ request: Request) -> String? {
    parameter(request) ?? Authorization(request)?.bearer
  }

  /// The parameter `token`; nil for none.
  static func parameter(_ request: Request) -> String? {
    guard request.queryContains("token=") else { return nil }
    return request.queryItems.first { $0.name == "token" }?.value
  }

  /// The response that sends the owner of a valid JSON Web Token to the same path below a playback
  /// token, which URIs in the response inherit; nil if the parameter is not such a token.
  ///
  /// The location is relative, so that a prefix that a proxy has removed is kept.
  func redirection(
    _ request: Request, on stream: String, _ keys: [TokenKey]
  ) -> PreparedResponse? {
    guard let text = Self.parameter(request), let token = token(for: text, on: stream, keys)
    else { return nil }
    let path = request.rawPath
    let folders = max(0, path.utf8.count { $0 == UInt8(ascii: "/") } - 1)
    let query = (request.query ?? "").split(separator: "&").filter { !$0.hasPrefix("token=") }
    let location =
      "./" + String(repeating: "../", count: folders) + "t/\(token.text)" + path
      + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    return .error(
      307, "continue below the playback token", .noStore,
      [HeaderField("Location", location), PageFiles.referrerPolicy])
  }
}
