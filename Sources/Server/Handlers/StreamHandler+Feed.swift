// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Streams

/// `/S/feed`: the stream for another server.
extension StreamHandler {
  /// Answers a request for the feed, from another server.
  func feed(_ exchange: any Exchange) {
    if servedStream?.names.keys != nil {
      return exchange.respond(
        .error(
          406, "the stream is encrypted, and cannot be relayed: encrypt at the last server instead",
          .noStore))
    }
    let (request, link) = (FeedRequest(exchange.request), stream.supervisor?.plan.upstream)
    let started = startedStream
    if let refusal = request.refusal(link, hasStarted: started != nil) {
      return exchange.respond(refusal)
    }
    if let refusal = use(by: exchange.request.peer) {
      return exchange.respond(refusal.response(to: .start))
    }
    // Not held: a server that asks again states the servers that wait for it.
    guard let (served, session) = started else {
      return exchange.respond(.unavailable(withWords("the stream has not started yet")))
    }
    let reader = FeedReader(
      exchange, from: request.segment, of: served, session, path: FeedRequest.path(link),
      loop: loop)
    guard let reader else { return }
    exchange.onGone = { [weak reader] in reader?.leave() }
    feeds.add(reader, now: now)
  }

  /// The served stream and its session, if its windows are open and have a segment.
  private var startedStream: (ServedStream, StreamSession)? {
    guard let served = servedStream, let session = served.source,
      let top = renditions.first, !top.isWithoutSegment, !renditions.contains(where: \.isStarting)
    else { return nil }
    return (served, session)
  }
}
