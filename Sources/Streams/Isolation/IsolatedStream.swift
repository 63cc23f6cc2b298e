// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Glibc
import Isolation
import Logging
import Packaging
import Scheduling
import Sharing
import Time

/// A stream in a process of inputs: reads, decodes and encodes its source, and sends its chunks to
/// the server.
///
/// Its thread takes the messages of the server. If the source turns irregular, the session ends,
/// and another one continues the source.
final class IsolatedStream: Sendable {
  private struct ChildSession: Sendable {
    let context: SessionContext
    let pipeline: any Pipeline
    /// Whether the server knows the result of its opening.
    let isOpen = Monitor(false)
  }

  /// The interval of the counters; several fit in the time after which the process counts as
  /// hanging.
  private static let statusInterval = Interval.milliseconds(250)
  /// How long the threads may take to end.
  private static let stopLimit = Interval.seconds(2)

  private let order: StartOrder
  private let pipe: MessagePipe
  private let log: Log
  private let faults: ProcessFaults
  private let source: PulledSource
  private let facts: Locked<SourceFacts?>
  private let session = Locked<ChildSession?>(nil)
  /// Set when the stream has left the process.
  private let isOver = StopFlag()

  /// Runs a stream until the server stops it; `inputs` are those of the process.
  ///
  /// - Parameters:
  ///   - pipe: the connection of the stream to the server.
  ///   - protections: those of the process.
  ///   - inputs: the shared inputs of the process.
  ///   - faults: ends the process.
  static func run(
    _ pipe: MessagePipe, _ protections: UInt8, _ inputs: SharedInputs, _ faults: ProcessFaults
  ) {
    defer { pipe.shutDown() }
    guard case .success(.start(_, let fields))? = try? pipe.receive(ParentMessage.self).message,
      let order = try? StartOrder(fields: fields)
    else { return }
    pipe.send(ChildMessage.hello(version: ChildMessage.version, protections: protections))
    IsolatedStream(order, pipe, inputs, faults).run()
  }

  private init(
    _ order: StartOrder, _ pipe: MessagePipe, _ inputs: SharedInputs, _ faults: ProcessFaults
  ) {
    self.order = order
    self.faults = faults
    self.pipe = pipe
    log = Log(least: order.logLevel) { level, event, text in
      let levels = Log.Level.allCases
      let number = UInt8(clamping: levels.firstIndex(of: level) ?? 0)
      pipe.send(ChildMessage.log(level: number, event: event, text: text))
    }
    let outages = SourceOutages()
    outages.observe { outage in
      pipe.send(ChildMessage.outage(outage.map(OutageFields.init)))
    }
    outages.observePublisher { pipe.send(ChildMessage.publisher($0)) }
    let isPublished = order.addresses.contains { $0.kind == .publisher }
    source = PulledSource(
      order, published: isPublished ? PublishedMedia(descriptor: ChildProcess.media) : nil,
      inputs: inputs, outages: outages, watch: faults.watch, log: log)
    facts = Locked(order.known?.facts)
  }

  private func run() {
    faults.add(order.name, log)
    defer { faults.remove(order.name) }
    let threads = [
      OSThread(name: "status") { [self] in report() },
      OSThread(name: "start") { [self] in begin() },
    ]
    guard threads.allSatisfy({ $0 != nil }) else { _exit(3) }
    while let result = try? pipe.receive(ParentMessage.self).message {
      switch result {
      case .success(.session(let fields)): open(fields)
      case .success(.stop(let isEnding)): return stop(isEnding)
      case .success(.key(let rendition)):
        session.withLock { $0 }?.pipeline.requestKey(Int(rendition))
      case .success(.reserve(let number)):
        session.withLock { $0 }?.pipeline.reserve(number)
      case .success(.splice(let frame)): session.withLock { $0 }?.pipeline.planSplice(frame)
      case .success(.start), .success(.process), .failure: _exit(2)
      }
    }
    // The server does not wait for the stream.
    stop(false)
  }

  /// Finds out the facts.
  private func begin() {
    do throws(InputError) {
      let found = try source.begin(StartCancellation())
      guard order.known == nil else { return }
      facts.withLock { $0 = found }
      pipe.send(ChildMessage.facts(found.limited.fields))
    } catch {
      let (kind, reason) = error.fields
      pipe.send(ChildMessage.refused(kind: kind, reason: reason))
    }
  }

  /// Sends counters until the stream leaves.
  private func report() {
    while !isOver.isSet {
      let current = session.withLock { $0 }
      var status = SessionStatus(
        current?.context.statistics.withLock { $0 } ?? StreamStatistics(renditions: 0),
        clockError: current?.pipeline.clockError ?? .zero)
      status.statistics.sharedWith = source.sharedWith
      pipe.send(ChildMessage.status(status.fields))
      SystemClock.sleep(until: SystemClock.monotonicTime + Self.statusInterval)
    }
  }

  /// Starts the session; the encoders open on a thread of their own.
  private func open(_ fields: [UInt8]) {
    guard let facts = facts.withLock({ $0 }), session.withLock({ $0 == nil }),
      let order = try? SessionOrder(fields: fields, facts: facts)
    else { _exit(2) }
    let configuration = order.configuration
    let sinks = configuration.tracks.indices.map {
      ChunkSender(track: UInt8(clamping: $0), pipe: pipe)
    }
    let context = SessionContext(
      configuration, anchor: order.anchor, sinks: sinks, watch: faults.watch,
      metadata: MetadataSender(pipe: pipe), log: log)
    let pipeline = context.pipeline(of: source)
    let opening = ChildSession(context: context, pipeline: pipeline)
    session.withLock { $0 = opening }
    // The context keeps this body: a strong reference would keep the stream after it has left.
    context.outcome.whenSet { [weak self] outcome in self?.finished(outcome) }
    let thread = OSThread(name: "open") { [self] in
      do throws(SessionFailure) {
        try pipeline.open()
        pipe.send(ChildMessage.opened)
        source.whenEnded { [weak context] in context?.outcome.set(.sourceEnded) }
      } catch { pipe.send(ChildMessage(.failed(error))) }
      opening.isOpen.update { $0 = true }
    }
    if thread == nil { pipe.send(ChildMessage(.failed(.thread))) }
  }

  /// Tells the server the outcome of a session, after all its media.
  private func finished(_ outcome: SessionOutcome) {
    let found: SourceFacts?
    switch outcome {
    case .irregularKeyFrames: found = nil
    case .audioAppeared(let facts), .otherRate(_, let facts): found = facts.limited
    default:
      pipe.send(ChildMessage(outcome))
      return
    }
    guard let ended = session.withLock({ $0 }) else { return }
    let message = ChildMessage(outcome)
    // The calling thread reads the source.
    let thread = OSThread(name: "renew") { [self] in
      // Later messages are those of the next session.
      _ = ended.isOpen.wait { $0 ? true : nil }
      ended.context.stop.set()
      ended.pipeline.close()
      ended.context.joinThreads(until: SystemClock.monotonicTime + Self.stopLimit)
      session.withLock { $0 = nil }
      if let found { facts.withLock { $0 = found } }
      pipe.send(message)
    }
    if thread == nil { _exit(3) }
  }

  /// Leaves the process, after the rest of the media if the stream ends for its players.
  private func stop(_ isEnding: Bool) {
    let deadline = SystemClock.monotonicTime + Self.stopLimit
    let last = session.withLock { $0 }
    if isEnding { last?.context.ending.set() }
    last?.context.stop.set()
    last?.pipeline.close()
    source.stop(until: deadline)
    last?.context.joinThreads(until: deadline)
    isOver.set()
  }
}

extension ChildMessage {
  fileprivate init(_ outcome: SessionOutcome) {
    switch outcome {
    case .sourceEnded: self = .sourceEnded
    case .tracksChanged: self = .tracksChanged
    case .unfit(let reason): self = .unfit(reason: reason)
    case .unpaced(let reason): self = .unpaced(reason: reason)
    case .audioAppeared(let facts): self = .audioAppeared(facts.limited.fields)
    case .otherRate(let reason, let facts):
      self = .otherRate(reason: reason, facts.limited.fields)
    case .irregularKeyFrames, .encoderChanged, .upstreamChanged: self = .irregular
    case .failed(let failure):
      let (kind, reason) = failure.fields
      self = .failed(kind: kind, reason: reason)
    }
  }
}
