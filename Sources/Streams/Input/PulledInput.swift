// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Scheduling
import Sharing
import Time

/// The state of a pulled input that its threads share: settings, presence, facts, target, end.
final class PulledInput: StandbyOwner {
  let address: InputAddress
  let options: InputOptions
  /// Whether a file starts over when it ends.
  let loops: Bool
  /// Whether its audio is used.
  let takesAudio: Bool
  /// Raised if its texts are used.
  let texts = OnceFlag()
  let passThrough: PassThroughOptions?
  /// When it is opened if its facts are known already; nil if it is opened to find them out.
  let notBefore: MonotonicTime?
  /// The media of publishers, if the address is theirs.
  let published: PublishedMedia?
  /// The connection that it shares with other streams; nil if it has its own.
  let shared: SharedInput?
  /// Its position among the inputs of the stream; nil if it is the only one.
  let position: InputPosition?
  let cancellation: InputCancellation
  /// The metadata of its connections.
  let metadata: InputMetadata
  let outages: SourceOutages
  /// Gets the units of work of its threads.
  let watch: CallWatchdog
  /// The name of the stream.
  let name: String
  let log: Log
  let hasReported = OnceFlag()
  let presence: Locked<SourcePresence>
  /// The arrivals of its frames, also before there is a session.
  let pictures = Locked(SilenceLimit())
  /// The facts, or why they will never be known.
  private let outcome = Monitor<Result<SourceFacts, InputError>?>(nil)
  private let attached = Monitor<InputTarget?>(nil)
  /// Set when it has ended.
  let end = Outcome<Void>()

  init(
    _ address: InputAddress, options: InputOptions, loops: Bool, takesAudio: Bool,
    takesTexts: Bool = false, passThrough: PassThroughOptions?, notBefore: MonotonicTime? = nil,
    published: PublishedMedia? = nil, shared: SharedInput? = nil, position: InputPosition? = nil,
    name: String, outages: SourceOutages = SourceOutages(), watch: CallWatchdog = CallWatchdog(),
    log: Log
  ) {
    self.outages = outages
    self.position = position
    self.shared = shared
    self.watch = watch
    cancellation = InputCancellation(watch: watch)
    self.address = address
    self.options = options
    self.loops = loops
    self.takesAudio = takesAudio
    if takesTexts {
      _ = texts.raise()
      _ = shared?.texts.raise()
    }
    self.passThrough = passThrough
    self.notBefore = notBefore
    self.published = published
    self.name = name
    self.log = log
    metadata = InputMetadata(stream: name, log)
    presence = Locked(SourcePresence(isListener: address.isListener))
  }

  /// Whether the input is a file or standard input, which is available at once or never.
  var isAtHand: Bool { address.kind == .file || address.kind == .standardInput }

  /// Whether the error means that a pipe has no writer yet.
  func waitsForWriter(_ error: InputError) -> Bool {
    if case .silent = error { address.kind == .standardInput } else { false }
  }

  /// The error of a file or of standard input without a frame.
  var noVideo: InputError {
    .noVideo(
      "it ends without a decodable frame"
        + (address.kind == .standardInput ? "; expected MPEG-TS" : ""))
  }

  // MARK: Stopping

  /// Asks the threads to end, and ends the waits for facts and target at once.
  func cancel() {
    cancellation.cancel()
    attached.update { _ in }
    shared?.wake()
    position?.inputs.wake()
    fail(.cancelled)
  }

  /// Sleeps until `deadline`, or until the input is stopped.
  func sleep(until deadline: MonotonicTime) {
    _ = attached.wait(until: deadline) { [cancellation] _ in
      cancellation.isCancelled ? true : nil
    }
  }

  // MARK: Facts

  /// The facts; nil before they are known.
  var facts: SourceFacts? { outcome.update { try? $0?.get() } }

  /// Blocks until there is an outcome.
  func waitForFacts() throws(InputError) -> SourceFacts { try outcome.wait { $0 }.get() }

  func publish(_ facts: SourceFacts) {
    settle(.success(facts))
    if let position { position.inputs.know(facts, of: position.index) }
  }

  func fail(_ error: InputError) { settle(.failure(error)) }

  /// Sets the outcome; the first one stays.
  private func settle(_ new: Result<SourceFacts, InputError>) {
    outcome.update { if $0 == nil { $0 = new } }
  }

  // MARK: Target

  func attach(_ target: InputTarget) { attached.update { $0 = target } }

  /// The session's target; nil before there is one.
  var target: InputTarget? { attached.update { $0 } }

  /// Blocks until there is a target; false if the input was stopped.
  func waitForTarget() -> Bool {
    attached.wait { [cancellation] target in
      cancellation.isCancelled ? false : target == nil ? nil : true
    }
  }

  // MARK: Presence

  var hasBeenOnline: Bool { presence.withLock { $0.hasBeenOnline } }

  // Datagrams have no connection: the same socket receives from another sender. A publisher that
  // replaces a silent one arrives on the same socket too. A shared connection has its own standby.
  var reconnects: Bool { address.kind != .udp && address.kind != .publisher && shared == nil }

  var silentFrom: MonotonicTime? { presence.withLock { $0.silentFrom } }

  var standbyFrom: MonotonicTime? { presence.withLock { $0.standbyFrom } }

  func heard(at now: MonotonicTime) { presence.withLock { $0.heard(at: now) } }

  func checkSilence(at now: MonotonicTime) {
    perform(presence.withLock { $0.check(at: now) })
    position?.inputs.check()
  }

  /// Notes an access unit that will be decoded.
  ///
  /// - Returns: whether to skip its frames.
  func skips(isDelayed: Bool) -> Bool {
    let (isSkipped, action) = presence.withLock { $0.videoArrived(isDelayed: isDelayed) }
    perform(action)
    return isSkipped
  }

  /// Notes a unit that is passed through.
  ///
  /// - Returns: whether it is the first one after a silence.
  func resumes() -> Bool {
    let action = presence.withLock { $0.videoArrived(isDelayed: false).action }
    perform(action)
    return action == .resumed
  }

  func frameArrived(_ description: InputDescription, _ width: Int, _ height: Int) {
    let action = presence.withLock { $0.frameArrived() }
    guard action != nil else { return }
    let size = width > 0 ? ", \(width)x\(height)" : ""
    perform(action, "\(description.video.codec) in \(description.format)\(size)")
  }

  /// Notes that a publisher has begun, whose first picture is awaited.
  func publisherBegan() {
    guard presence.withLock({ $0.state == .away }) else { return }
    let kind = SourceOutage.Kind.firstPicture
    outages.note(kind, kind.words, input: position?.index ?? 0)
  }

  /// Notes that a listener waits for its first sender.
  func waits() {
    guard address.isListener else { return }
    let kind = address.kind == .publisher ? SourceOutage.Kind.noPublisher : .noSender
    outages.note(kind, kind.words, input: position?.index ?? 0)
  }

  /// Notes a lost or refused connection.
  ///
  /// - Returns: when to connect again.
  func lost(_ error: InputError) -> MonotonicTime {
    let now = SystemClock.monotonicTime
    let isDenied = if case .denied = error { true } else { false }
    let (action, retryAt) = presence.withLock { $0.lost(at: now, isDenied: isDenied) }
    perform(action, "\(error)")
    var kind = SourceOutage.Kind(error)
    // The publisher is connected.
    if address.kind == .publisher, kind == .noVideo { kind = .noPicture }
    // A listener waits for the next sender, unless the last one cannot be used.
    if address.isListener, [.silent, .closed].contains(kind) {
      waits()
    } else {
      outages.note(
        kind, "\(error)", input: position?.index ?? 0, retryAt: address.isListener ? nil : retryAt)
    }
    if let position { position.inputs.lost(position.index) }
    return retryAt
  }

  func replaced() { perform(presence.withLock { $0.replaced() }) }

  func ended() {
    perform(presence.withLock { $0.ended() })
    if let position { position.inputs.ended(position.index) }
    end.set(())
  }

  private func perform(_ action: SourcePresence.Action?, _ detail: String = "") {
    switch action {
    case .opened(let isReturn):
      write(.info, "source-open", detail)
      outages.clear(position?.index ?? 0)
      setOnline(true, isReturn: isReturn)
    case .fellSilent:
      setOnline(false)
      let silence = presence.withLock { $0.silenceLimit.milliseconds }
      let limit = "no data for \(Decimal.shortString(silence, digits: 3)) s"
      write(.warning, "source-silent", "\(limit); the stream continues")
      outages.note(.silent, limit, input: position?.index ?? 0)
    case .resumed:
      write(.info, "source-resumed", "sends again")
      outages.clear(position?.index ?? 0)
      setOnline(true)
    case .lost(let isRepeated, let hasBeenOnline):
      breakOff()
      // Warn once per outage; later failures are logged at debug level.
      write(
        isRepeated ? .debug : .warning, "source-gone",
        "\(detail); " + (hasBeenOnline ? "the stream continues, retrying" : "retrying"))
    case .replaced:
      breakOff()
    case .ended:
      write(.info, "source-ended", "ended")
      breakOff()
    case nil: break
    }
  }

  func write(_ level: Log.Level, _ event: StaticString, _ text: String) {
    log.write(level, event, stream: name, "\(address), \(text)")
  }

  private func setOnline(_ isOnline: Bool, isReturn: Bool = false) {
    target?.statistics.withLock { statistics in
      // Among several inputs the shown one counts.
      if position == nil { statistics.isSourceOnline = isOnline }
      if isReturn { statistics.reconnects += 1 }
    }
  }

  private func breakOff() {
    if case .accessUnits(let track)? = target?.video { whileNewest { track.breakOff() } }
    setOnline(false)
  }
}
