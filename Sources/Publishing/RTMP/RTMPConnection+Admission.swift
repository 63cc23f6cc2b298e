// SPDX-License-Identifier: Apache-2.0

import Access
import Ingest
import Net

/// The way of a publisher to its stream: the key, the hook, the creation, the former publisher.
extension RTMPConnection {
  /// Asks for the permission to publish.
  func ask(_ target: PublisherPath) {
    do throws(AccessRefusal) {
      let (registry, loop) = (server.registry, server.loop)
      let admission = try registry.admit(target, from: peer, at: loop.now)
      if case .stream(let stream) = admission, stream.isTaken(at: loop.now) { throw .taken }
      let event = PublishEvent(admission.name, stream.isSecure ? .rtmps : .rtmp, peer)
      registry.enter(admission, event, on: { loop.post($0) }, answer: { self.entered($0) })
    } catch { refuse("\(error)") }
  }

  /// The hook has answered, and the stream exists; or the client is refused.
  private func entered(_ result: Result<PublisherRegistry.Entrance, AccessRefusal>) {
    guard case .starting = state else { return }
    do throws(AccessRefusal) {
      let entrance = try result.get()
      permit = entrance.permit
      try attach(to: entrance.stream)
    } catch { refuse("\(error)") }
  }

  private func attach(to stream: PublishedStream) throws(AccessRefusal) {
    let loop = server.loop
    // The reference ends when the state does.
    let publisher = Publisher(self.stream.isSecure ? .rtmps : .rtmp) { [self] then in
      loop.post {
        self.replaced()
        then()
      }
    }
    switch stream.attach(publisher, at: loop.now) {
    case .taken: throw .taken
    case .attached(former: nil): begin(stream, publisher)
    case .attached(let former?):
      // The former connection is closed before this one is told to begin.
      state = .publishing(stream, publisher)
      former.close { [self] in loop.post { self.begin(stream, publisher) } }
    }
  }
}
