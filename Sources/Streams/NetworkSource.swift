package import Capture
package import Logging
package import Media
import Sharing

/// A pulled input's thread: opens it, decodes its pictures, and opens it again when it was gone.
///
/// It runs before its stream exists, since size, rate and input delay of the stream come from it; when the stream is
/// there its pictures go to it, over the same connection.
package final class NetworkSource: Sendable, Equatable {
  /// What a stream must know of its source, fixed for its life.
  package struct Facts: Sendable {
    /// What it carries.
    package let description: InputDescription
    /// Pictures a second.
    package let rate: FrameRate
    /// How long after its tick a slot stays open; nanoseconds.
    package let inputDelay: Int64
    /// How much later than its capture sound comes; nanoseconds.
    package let soundDelay: Int64
    /// By how much the mapping of stamps may precede the arrival; nanoseconds.
    let lead: Int64
  }

  /// How it is with the source.
  private enum State {
    case unknown
    case known(Facts)
    case failed(InputError)
  }

  /// Where pictures go once there is a stream.
  struct Target: Sendable {
    let size: VideoSize
    let cadence: Cadence
    let feed: SlotFeed
    let statistics: Locked<StreamStatistics>
    /// Takes sound with the monotonic time of its capture, on the source's thread; that of a file comes early.
    var sound: (@Sendable (AudioPacket, _ captured: Int64) -> Void)?
  }

  /// Where it comes from.
  package let address: InputAddress
  let options: InputOptions
  let loops: Bool
  let takesSound: Bool
  let name: String
  let log: Log
  let cancellation = InputCancellation()
  private let state = Mailbox<State>(.unknown)
  private let target = Mailbox<Target?>(nil)
  private let thread = Locked<OSThread?>(nil)
  private let ending = Locked<(isOver: Bool, body: (@Sendable () -> Void)?)>((false, nil))

  /// A source that does not run yet.
  ///
  /// - Parameters:
  ///   - address: what is pulled.
  ///   - options: how.
  ///   - loops: whether a file begins anew when it ends.
  ///   - takesSound: whether its sound is wanted; it then shares the mapping of stamps.
  ///   - name: of the stream, for the log.
  ///   - log: where its coming and going is told.
  package init(
    _ address: InputAddress, options: InputOptions, loops: Bool, takesSound: Bool = false,
    name: String, log: Log
  ) {
    self.address = address
    self.options = options
    self.loops = loops
    self.takesSound = takesSound
    self.name = name
    self.log = log
  }

  package static func == (a: NetworkSource, b: NetworkSource) -> Bool { a === b }

  /// Starts the thread; false where the system refuses one.
  package func start() -> Bool {
    let started = OSThread(name: "input") { [self] in
      var session = NetworkSession(self)
      session.run()
    }
    thread.withLock { $0 = started }
    return started != nil
  }

  /// Blocks until it is known what the source carries, or a file cannot be read.
  ///
  /// - Parameter deadline: monotonic nanoseconds; nil waits for as long as it takes.
  /// - Returns: nil at the deadline.
  /// - Throws: what is wrong with a file or standard input, or that it was stopped.
  package func waitForFacts(until deadline: Int64?) throws(InputError) -> Facts? {
    while true {
      let limit = deadline.map { min($0, SystemClock.monotonic + 20_000_000) }
      guard let limit else {
        return try Self.facts(of: state.wait { if case .unknown = $0 { nil } else { $0 } })
      }
      if let facts = try Self.facts(of: state.update { $0 }) { return facts }
      guard SystemClock.monotonic < deadline ?? .max else { return nil }
      SystemClock.sleep(until: limit)
    }
  }

  /// Calls `body` once when a file or standard input has ended for good, on the source's thread.
  package func whenEnded(_ body: @escaping @Sendable () -> Void) {
    let isOver = ending.withLock { ending in
      ending.body = body
      return ending.isOver
    }
    if isOver { body() }
  }

  /// Lets who waits for what it carries go, since the program ends; a source that is known already goes on.
  package func giveUpWaiting() {
    state.update { if case .unknown = $0 { $0 = .failed(.cancelled) } }
  }

  /// Ends the thread and what it waits for.
  package func stop() {
    cancellation.cancel()
    target.update { _ in }
    giveUpWaiting()
    let thread = thread.withLock { $0 }
    thread?.join()
  }

  /// What is known; nil before ``waitForFacts(until:)`` has given it.
  package var facts: Facts? { try? Self.facts(of: state.update { $0 }) }

  // MARK: For the stream

  /// From now on pictures go there.
  func attach(_ target: Target) { self.target.update { $0 = target } }

  // MARK: For the thread

  var isStopped: Bool { cancellation.isCancelled }
  var currentTarget: Target? { target.update { $0 } }

  /// Blocks until there is a stream; nil when it was stopped meanwhile.
  func waitForTarget() -> Target? {
    target.wait { [cancellation] target in
      if cancellation.isCancelled { return .some(nil) }
      return target.map { .some($0) }
    }
  }

  func publish(_ facts: Facts) { state.update { $0 = .known(facts) } }

  func fail(_ error: InputError) {
    state.update { if case .unknown = $0 { $0 = .failed(error) } }
  }

  func end() {
    let body = ending.withLock { ending in
      ending.isOver = true
      return ending.body
    }
    body?()
  }

  private static func facts(of state: State) throws(InputError) -> Facts? {
    switch state {
    case .unknown: nil
    case .known(let facts): facts
    case .failed(let error): throw error
    }
  }
}
