// SPDX-License-Identifier: Apache-2.0

import Ingest
import Net

/// The way of a publisher to its stream: the key, the hook, the creation, the former publisher.
extension RTMPConnection {
  /// Asks for the permission to publish.
  func ask(_ target: RTMPTarget) {
    do throws(PublishRefusal) {
      let (registry, loop) = (server.registry, server.loop)
      let admission = try registry.admit(target, from: peer, at: loop.now)
      if case .stream(let stream) = admission, stream.isTaken(at: loop.now) { throw .taken }
      let event = PublishEvent(admission.name, stream.isSecure ? .rtmps : .rtmp, peer)
      if let permit = registry.hooks.permit(event) { return try enter(admission, permit) }
      registry.hooks.ask(event) { [self] permit in
        loop.post { self.answered(admission, permit) }
      }
    } catch { refuse("\(error)") }
  }

  /// The hook has answered.
  private func answered(_ admission: PublisherRegistry.Admission, _ permit: PublishPermit?) {
    guard case .starting = state else { return }
    do throws(PublishRefusal) {
      guard let permit else { throw .notPermitted }
      try enter(admission, permit)
    } catch { refuse("\(error)") }
  }

  private func enter(
    _ admission: PublisherRegistry.Admission, _ permit: PublishPermit
  ) throws(PublishRefusal) {
    self.permit = permit
    switch admission {
    case .stream(let stream): try attach(to: stream)
    case .new(let target):
      let loop = server.loop
      server.registry.create(target) { [self] stream in loop.post { self.created(stream) } }
    }
  }

  /// The stream was created, or refused.
  private func created(_ stream: PublishedStream?) {
    guard case .starting = state else { return }
    do throws(PublishRefusal) {
      guard let stream else { throw .unknown }
      try attach(to: stream)
    } catch { refuse("\(error)") }
  }

  private func attach(to stream: PublishedStream) throws(PublishRefusal) {
    let loop = server.loop
    // The reference ends when the state does.
    let publisher = Publisher { [self] then in
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
