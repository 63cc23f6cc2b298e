// SPDX-License-Identifier: Apache-2.0

import HTTP

/// `/` of a server with several streams.
extension RequestRouter {
  /// The parameters of the player page; those whose value is a URL are true.
  private static let playerParameters = [
    "at": false, "autoplay": false, "clock": false, "controls": false, "embed": false,
    "hlsjs": true, "muted": false, "panel": false, "player": false, "src": true, "sync": false,
    "target": false,
    "timebar": false, "transport": false,
  ]

  /// Answers with the list; parameters of the player lead to the player page of the default stream.
  ///
  /// Caches may leave out the query of `/`, so they may keep the list only.
  func root(_ exchange: any Exchange) {
    let request = exchange.request
    let isForPlayer = request.queryItems.contains { Self.playerParameters[$0.name] != nil }
    guard isForPlayer, let stream = serverState.streamTable.stream(nil) else {
      let page = listPage.page(StreamListing(serverState.streamTable))
      return exchange.respond(page.response(to: request))
    }
    // The name of a stream with links only is not told; its page needs none.
    guard !stream.options.hidesName else {
      return exchange.respond(serverState.page.unkeptPage)
    }
    // Relative, so that a prefix that a proxy has removed is kept.
    exchange.respond(
      .redirect(
        to: "./\(stream.name)/?\(Self.query(of: request))",
        ResponseFields.Caching.noStore.value))
  }

  /// The query as seen from one folder below: a relative URL begins with `../`.
  private static func query(of request: Request) -> String {
    (request.query ?? "").split(separator: "&", omittingEmptySubsequences: false).map { item in
      guard let equals = item.firstIndex(of: "="), playerParameters[String(item[..<equals])] == true
      else { return String(item) }
      let start = item.index(after: equals)
      return item[...equals] + (isRelative(item[start...]) ? "../" : "") + item[start...]
    }.joined(separator: "&")
  }

  /// Whether an escaped URL has neither a scheme nor a path from the root.
  ///
  /// - Source: RFC 3986 §4.2
  private static func isRelative(_ value: Substring) -> Bool {
    let text = value.lowercased().replacing("%2f", with: "/").replacing("%3a", with: ":")
    guard let first = text.first, first != "/" else { return false }
    let scheme = text.prefix { $0.isLetter || $0.isNumber || "+-.".contains($0) }
    return !text.dropFirst(scheme.count).hasPrefix(":")
  }
}
