// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Sockets
package import Streams
import Time

/// The WebSockets of the stream.
extension StreamHandler {
  /// Upgrades a request, or refuses it; `tokenOwner` is the viewer that its token names.
  func openSocket(_ exchange: any Exchange, tokenOwner: String?) {
    if let refusal = options.socketOrigins.decide(on: exchange.request).refusal {
      return exchange.respond(refusal.response(to: .socket))
    }
    switch WebSocketHandshake.check(exchange.request, protocols: StreamSockets.protocols) {
    case .refused(let status, let reason, let fields):
      exchange.respond(.error(status, reason, .noStore, fields))
    case .accepted(let fields):
      guard !sockets.open(exchange, fields, tokenOwner: tokenOwner) else { return }
      exchange.respond(.noWebSocket)
    }
  }
}

extension SocketStream {
  /// The stream of an entry.
  init(_ entry: StreamEntry) {
    let hasFailed = if case .failed = entry.state { true } else { false }
    self.init(
      name: entry.name, label: entry.options.label, hasFailed: hasFailed,
      // Frames of other codecs than AAC are for HLS and DASH.
      renditions: (entry.served?.renditions ?? []).filter { !$0.isAudio || $0.isAAC }.map {
        SocketRendition(name: $0.name, window: $0.window)
      }, media: entry.served, supervisor: entry.supervisor)
  }
}

extension ServedStream: SocketMedia {
  package var savesStatistics: Bool { options.savesStatistics }
  package var statistics: StreamStatistics { measures.statistics() }
  package var defaultAudioName: String? { defaultAudio?.name }
}
