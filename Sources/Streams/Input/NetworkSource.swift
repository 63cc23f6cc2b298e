// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Logging
package import Media
import Sharing

/// A pulled input's thread: opens it, decodes its pictures, and opens it again when it was gone.
///
/// It runs before its stream exists, since size, rate and input delay of the stream come from it; when the stream is
/// there its pictures go to it, over the same connection. Each runs once: who wants it again makes a new one.
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
    package let audioDelay: Int64
    /// By how much the mapping of stamps may precede the arrival; nanoseconds.
    let lead: Int64
    /// Whether it can be packaged as it is; undecided where that was not asked for.
    package var passThrough = PassThroughAnalysis.Verdict.undecided
    /// The most bits that its pictures took in a second; 0 where it was not looked at.
    package var peakBitrate: Int64 = 0
  }

  /// What is asked of a source that shall be packaged as it is.
  package struct PassThroughOptions: Sendable {
    /// The wished segment duration.
    package let segmentMicroseconds: Int64
    /// The longest distance of two IDR pictures that is allowed; nanoseconds.
    package let longestGroup: Int64

    /// A wish.
    package init(segmentMicroseconds: Int64, longestGroup: Int64) {
      self.segmentMicroseconds = segmentMicroseconds
      self.longestGroup = longestGroup
    }
  }

  /// What is known of the source, and who wants to be told.
  private struct State {
    var outcome: Result<Facts, InputError>?
    var asked: [@Sendable (Result<Facts, InputError>) -> Void] = []
  }

  /// Where pictures go once there is a stream.
  struct Target: Sendable {
    let size: VideoSize
    let segmentation: Segmentation
    let feed: SlotFeed
    let statistics: Locked<StreamStatistics>
    /// Takes pictures as they came; nil where they are decoded.
    var passThrough: PassThroughTrack?
    /// Takes sound with the monotonic time of its capture, on the source's thread; that of a file comes early.
    var audio: (@Sendable (AudioPacket, InputDescription.Audio, _ captured: Int64) -> Void)?
  }

  /// Where it comes from.
  package let address: InputAddress
  let options: InputOptions
  let loops: Bool
  /// Whether its sound is wanted.
  package let takesAudio: Bool
  let passThrough: PassThroughOptions?
  let name: String
  let log: Log
  let cancellation = InputCancellation()
  private let state = Locked(State())
  private let target = Monitor<Target?>(nil)
  private let threads = Locked<[OSThread]>([])
  private let ending = Locked<(isOver: Bool, body: (@Sendable () -> Void)?)>((false, nil))

  /// A source that does not run yet.
  ///
  /// - Parameters:
  ///   - address: what is pulled.
  ///   - options: how.
  ///   - loops: whether a file begins anew when it ends.
  ///   - takesAudio: whether its sound is wanted; it then shares the mapping of stamps.
  ///   - passThrough: whether it shall be found out if it can be packaged as it is, which takes two groups of pictures.
  ///   - name: of the stream, for the log.
  ///   - log: where its coming and going is told.
  package init(
    _ address: InputAddress, options: InputOptions, loops: Bool, takesAudio: Bool = false,
    passThrough: PassThroughOptions? = nil, name: String, log: Log
  ) {
    self.address = address
    self.options = options
    self.loops = loops
    self.takesAudio = takesAudio
    self.passThrough = passThrough
    self.name = name
    self.log = log
  }

  package static func == (a: NetworkSource, b: NetworkSource) -> Bool { a === b }

  /// Starts the thread; false where the system refuses one.
  package func start() -> Bool {
    // Files do not fall silent.
    let standby = isAtHand ? nil : StandbyConnection(self)
    if let standby, !thread("standby", { standby.run() }) { return false }
    return thread("input") { [self] in
      var session = PulledInputLoop(self, standby: standby)
      session.run()
    }
  }

  private func thread(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    guard let thread = OSThread(name: name, body) else { return false }
    threads.withLock { $0.append(thread) }
    return true
  }

  /// Calls `body` once when it is known what the source carries, or when that will never be known: a file that cannot
  /// be read (``InputError/refused(_:)``), or ``stop()`` (``InputError/cancelled``).
  ///
  /// On the source's thread, or at once if it is known already; `body` must not block.
  package func whenKnown(_ body: @escaping @Sendable (Result<Facts, InputError>) -> Void) {
    let known = state.withLock { state in
      if state.outcome == nil { state.asked.append(body) }
      return state.outcome
    }
    if let known { body(known) }
  }

  /// Starts the thread and blocks until it is known what the source carries.
  ///
  /// - Throws: that it will never be known; ``InputError/cancelled`` once `cancellation` is cancelled.
  package func begin(_ cancellation: StartCancellation) throws(InputError) -> Facts {
    cancellation.whenCancelled { [weak self] in self?.giveUp() }
    guard start() else { throw .failed("the system refuses another thread") }
    let outcome = Monitor<Result<Facts, InputError>?>(nil)
    whenKnown { known in outcome.update { $0 = known } }
    return try outcome.wait { $0 }.get()
  }

  /// Lets who waits for the source go; its thread ends soon.
  private func giveUp() {
    cancellation.cancel()
    target.update { _ in }
    fail(.cancelled)
  }

  /// Calls `body` once when a file or standard input has ended for good, on the source's thread.
  package func whenEnded(_ body: @escaping @Sendable () -> Void) {
    let isOver = ending.withLock { ending in
      ending.body = body
      return ending.isOver
    }
    if isOver { body() }
  }

  /// Ends the thread and what it waits for; a stopped source does not start again.
  package func stop() {
    giveUp()
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  /// What is known; nil before ``whenKnown(_:)`` calls.
  package var facts: Facts? { state.withLock { try? $0.outcome?.get() } }

  // MARK: For the stream

  /// From now on pictures go there.
  func attach(_ target: Target) { self.target.update { $0 = target } }

  // MARK: For the thread

  /// Whether it is there at once or never: a file, or standard input.
  var isAtHand: Bool { address.kind == .file || address.kind == .standardInput }
  /// Whether nobody has written anything into a pipe yet, which may still happen.
  func waitsForWriter(_ error: InputError) -> Bool {
    if case .silent = error { address.kind == .standardInput } else { false }
  }
  /// What is said of a file or of standard input without a picture.
  var nothing: String {
    "it ends without a decodable frame"
      + (address.kind == .standardInput ? "; allowed is MPEG-TS" : "")
  }
  var isStopped: Bool { cancellation.isCancelled }
  var currentTarget: Target? { target.update { $0 } }

  /// Blocks until there is a stream; nil when it was stopped meanwhile.
  func waitForTarget() -> Target? {
    target.wait { [cancellation] target in
      if cancellation.isCancelled { return .some(nil) }
      return target.map { .some($0) }
    }
  }

  func publish(_ facts: Facts) { settle(.success(facts)) }

  func fail(_ error: InputError) { settle(.failure(error)) }

  func end() {
    let body = ending.withLock { ending in
      ending.isOver = true
      return ending.body
    }
    body?()
  }

  /// The first outcome stays.
  private func settle(_ outcome: Result<Facts, InputError>) {
    let asked = state.withLock { state in
      guard state.outcome == nil else {
        return [] as [@Sendable (Result<Facts, InputError>) -> Void]
      }
      state.outcome = outcome
      defer { state.asked = [] }
      return state.asked
    }
    for body in asked { body(outcome) }
  }
}
