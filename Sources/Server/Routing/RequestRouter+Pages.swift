// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing

/// Pages of streams, and errors at the addresses of pages.
extension RequestRouter {
  /// Answers with the player page of a stream; without a name at the root of the server.
  func page(_ exchange: any Exchange, _ name: String?) {
    let request = exchange.request
    let stream = serverState.streamTable.entry(name)
    guard name == nil || stream != nil else {
      return refusePage(exchange, .notFound, noStream: name)
    }
    let listing = StreamListing(serverState.streamTable)
    if name == nil, listing.isPage { return root(exchange) }
    // At the root no name of a stream with links only is told.
    let shown = name == nil && stream?.options.hidesName == true ? nil : stream
    exchange.respond(playerPage(of: shown).response(to: request))
    func playerPage(of stream: StreamEntry?) -> NegotiatedFile {
      guard let stream else { return serverState.page.page.built }
      return serverState.page.page.filled(
        PlayerPageTexts(stream, folders: request.folderCount).all)
    }
  }

  /// Answers a request for a page, or for an unknown path, with an error.
  ///
  /// - Parameters:
  ///   - exchange: the exchange.
  ///   - error: the response to a program.
  ///   - name: the stream that does not exist; nil for another error.
  func refusePage(
    _ exchange: any Exchange, _ error: PreparedResponse, noStream name: String? = nil
  ) {
    let request = exchange.request
    exchange.respond(serverState.page.errors.response(error, to: request, words()))
    func words() -> ErrorPages.Words {
      let folders = request.folderCount
      let root = folders == 0 ? "./" : String(repeating: "../", count: folders)
      guard let name else { return ErrorPages.Words(error.status, root: root) }
      return ErrorPages.Words(
        noStream: name, among: StreamListing(serverState.streamTable).streams, root: root)
    }
  }
}

/// The page of the list of streams on one loop: it is rendered when a stream has changed.
///
/// Confined to the loop's thread.
final class ListPage {
  private let template: PageTemplate
  private var last: (texts: ListPageTexts, page: NegotiatedFile)?

  /// A page that no client has requested yet.
  init(_ template: PageTemplate) { self.template = template }

  /// The page with these streams.
  func page(_ listing: StreamListing) -> NegotiatedFile {
    let texts = listing.texts
    if let last, last.texts == texts { return last.page }
    let page = template.filled(texts.all)
    last = (texts, page)
    return page
  }
}
