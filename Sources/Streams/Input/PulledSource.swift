// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Logging
import Sharing
import Time

/// A running pulled input: its threads, its facts, and the session that takes its units.
///
/// The source runs before its session exists, since the stream's size, rate and input delay depend
/// on the facts. The session then takes the units of the same connection. The source runs once.
package final class PulledSource: Sendable {
  private let input: PulledInput
  private let threads: ThreadGroup

  /// A source that does not run yet.
  ///
  /// - Parameters:
  ///   - address: the URL, file or standard input.
  ///   - options: how it is read.
  ///   - loops: whether a file starts over when it ends.
  ///   - takesAudio: whether its audio is used; it then shares the mapping of timestamps.
  ///   - passThrough: the limits of pass-through; nil if the input is encoded in any case. The
  ///     analysis takes as long as the first segment.
  ///   - published: the media of publishers, if the address is theirs.
  ///   - name: of the stream, for the log.
  ///   - log: for its presence.
  package convenience init(
    _ address: InputAddress, options: InputOptions, loops: Bool, takesAudio: Bool = false,
    passThrough: PassThroughOptions? = nil, published: PublishedMedia? = nil, name: String,
    log: Log
  ) {
    self.init(
      PulledInput(
        address, options: options, loops: loops, takesAudio: takesAudio, passThrough: passThrough,
        published: published, name: name, log: log), name: name, log: log)
  }

  /// The source of a process of its own, which may know the facts; `watch` gets its units of work.
  convenience init(
    _ order: StartOrder, published: PublishedMedia?, watch: WorkWatch, log: Log
  ) {
    let input = PulledInput(
      order.address, options: order.options, loops: order.loops, takesAudio: order.takesAudio,
      passThrough: order.passThrough, notBefore: order.known?.notBefore, published: published,
      name: order.name, watch: watch, log: log)
    if let known = order.known { input.publish(known.facts) }
    self.init(input, name: order.name, log: log)
  }

  private init(_ input: PulledInput, name: String, log: Log) {
    self.input = input
    threads = ThreadGroup(stream: name, log: log)
  }

  private func start() -> Bool {
    // Files are never silent.
    let standby = input.isAtHand ? nil : StandbyConnection(input)
    if let standby, !threads.start("standby", { standby.run() }) { return false }
    return threads.start("input") { [input] in
      var loop = PulledInputLoop(input, standby: standby)
      loop.run()
    }
  }

  /// Starts the threads and blocks until the facts are known.
  ///
  /// - Throws: the reason why the facts will never be known: a file is unreadable
  ///   (``InputError/refused(_:)``), or `cancellation` is cancelled (``InputError/cancelled``).
  package func begin(_ cancellation: StartCancellation) throws(InputError) -> SourceFacts {
    follow(cancellation)
    guard start() else { throw .failed("the system refuses another thread") }
    return try input.waitForFacts()
  }

  /// Ends all waits when `cancellation` is cancelled.
  func follow(_ cancellation: StartCancellation) {
    cancellation.whenCancelled { [weak input] in input?.cancel() }
  }

  /// Calls `body` once when a file or standard input has ended, on the input's thread.
  package func whenEnded(_ body: @escaping @Sendable () -> Void) { input.whenEnded(body) }

  /// Gives all further units to a session.
  func attach(_ target: InputTarget) { input.attach(target) }

  /// Ends the threads, or leaves them after 3 s; a stopped source cannot be started again.
  package func stop() { stop(until: SystemClock.monotonicTime + ThreadGroup.limit) }

  /// Ends the threads, or leaves them at `deadline`.
  func stop(until deadline: MonotonicTime) {
    input.cancel()
    threads.join(until: deadline)
  }
}
