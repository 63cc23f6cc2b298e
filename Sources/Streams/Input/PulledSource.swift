// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Logging
import Scheduling
package import Sharing
import Time

/// The running inputs of a stream: their threads, the facts, and the session that takes the units.
///
/// The source runs before its session exists, since the stream's size, rate and input delay depend
/// on the facts. The session then takes the units of the same connection. A stream with backup
/// inputs reads all of them, and shows one. The source runs once.
package final class PulledSource: Sendable {
  /// The inputs, by preference; at least one.
  private let inputs: [PulledInput]
  /// Nil if there is one input.
  private let choice: InputSwitch?
  /// Ends the wait for the facts.
  private let cancellation = InputCancellation()
  private let known: SourceFacts?
  private let threads: ThreadGroup

  /// A source that does not run yet.
  ///
  /// - Parameters:
  ///   - order: the inputs, how they are read, and which properties are needed.
  ///   - published: the media of publishers, if one of the addresses is theirs.
  ///   - shared: the inputs that it shares with other streams; nil if it shares none.
  ///   - outages: of the stream, which outlast this source.
  ///   - watch: gets its units of work.
  ///   - log: for its presence.
  package init(
    _ order: StartOrder, published: PublishedMedia?, inputs shared: SharedInputs? = nil,
    outages: SourceOutages = SourceOutages(), watch: CallWatchdog = CallWatchdog(), log: Log
  ) {
    let addresses = order.addresses
    outages.change { $0.inputs = addresses.count }
    let choice =
      addresses.count > 1
      ? InputSwitch(addresses, failback: order.failback, name: order.name, log: log) : nil
    self.choice = choice
    known = order.known?.facts
    inputs = addresses.enumerated().map { index, address in
      PulledInput(
        address, options: order.options, loops: order.loops, takesAudio: order.takesAudio,
        takesTexts: order.takesTexts, passThrough: order.passThrough,
        notBefore: order.known?.notBefore,
        published: address.kind == .publisher ? published : nil,
        shared: shared?.input(address, order.options),
        position: choice.map { InputPosition(inputs: $0, index: index) }, name: order.name,
        outages: outages, watch: watch, log: log)
    }
    threads = ThreadGroup(stream: order.name, log: log)
    if let known, choice == nil { inputs[0].publish(known) }
  }

  private func start(_ input: PulledInput) -> Bool {
    // Files are never silent.
    let standby = input.isAtHand ? nil : StandbyConnection(input)
    if let standby, !threads.start("standby", { standby.run() }) { return false }
    return threads.start("input") {
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
    guard inputs.allSatisfy({ start($0) }) else {
      throw .failed("the system refuses another thread")
    }
    guard let choice else { return try inputs[0].waitForFacts() }
    if let known {
      choice.begin()
      return known
    }
    return try choice.waitForFacts(self.cancellation)
  }

  /// The longest distance of two IDRs with which it is passed through; nil if it is not.
  var maximumGroupTime: Interval? { inputs.first?.passThrough?.maximumGroupTime }

  /// The arrivals of the frames of the first input up to now.
  var pictures: SilenceLimit { inputs.first?.pictures.withLock { $0 } ?? SilenceLimit() }

  /// The other streams at its connections, by name.
  var sharedWith: [String] {
    let names = inputs.flatMap { input in
      (input.shared?.names ?? []).filter { $0 != input.name }
    }
    return Set(names).sorted()
  }

  /// Ends all waits when `cancellation` is cancelled.
  func follow(_ cancellation: StartCancellation) {
    cancellation.whenCancelled { [weak self] in self?.cancel() }
  }

  private func cancel() {
    cancellation.cancel()
    for input in inputs { input.cancel() }
  }

  /// Calls `body` once when files or standard input have ended, on the thread of the last one.
  package func whenEnded(_ body: @escaping @Sendable () -> Void) {
    (choice?.end ?? inputs[0].end).whenSet { _ in body() }
  }

  /// Gives all further units to a session.
  func attach(_ target: InputTarget) {
    choice?.attach(target.statistics)
    for input in inputs { input.attach(target) }
  }

  /// Ends the threads, or leaves them after 3 s; a stopped source cannot be started again.
  package func stop() { stop(until: SystemClock.monotonicTime + ThreadGroup.limit) }

  /// Ends the threads, or leaves them at `deadline`.
  func stop(until deadline: MonotonicTime) {
    cancel()
    threads.join(until: deadline)
  }
}
