// SPDX-License-Identifier: Apache-2.0

import HTTP
import Time

/// `/S/dvr.json`.
extension StreamHandler {
  /// Answers a request for how far viewers may go back.
  func pastExtent(_ exchange: any Exchange, since: MonotonicTime) {
    guard let served = openAll(exchange, since: since) else { return }
    guard served.hasPast else { return exchange.respond(served.windowExtent) }
    requests.answer(exchange) { answer in served.pastExtent(answer: answer) }
  }
}
