// SPDX-License-Identifier: Apache-2.0

import HTTP
import Time

/// `/S/dvr.json`.
extension StreamHandler {
  /// Answers a request for `/dvr.json`, beside the playlist of the default stream at the root.
  ///
  /// Other addresses of the past are relative to that of the stream.
  func leadToExtent(_ exchange: any Exchange) {
    let query = exchange.request.query.map { "?\($0)" } ?? ""
    exchange.respond(
      .redirect(to: "\(stream.name)/dvr.json\(query)", ResponseFields.Caching.second.value))
  }

  /// Answers a request for how far viewers may go back.
  ///
  /// It is not held before the stream has started: pages ask beside other requests that are held,
  /// over the same few connections. It does not start a stream on demand.
  func pastExtent(_ exchange: any Exchange) {
    if answersPast(.archive, exchange, since: now, { $0.pastExtent(exchange) }) { return }
    guard let served = servedStream, !renditions.isEmpty else {
      let options = stream.options
      return exchange.respond(
        PastExtentDocument.ofNothing(isArchived: options.archive != nil && options.dvr > .zero))
    }
    guard served.hasPast else { return exchange.respond(served.windowExtent) }
    past.answer(exchange) { answer in served.pastExtent(answer: answer) }
  }
}
