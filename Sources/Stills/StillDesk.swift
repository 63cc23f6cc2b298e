// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Logging
import Sharing
import Time

/// The server's end of the process of stills: starts it, gives orders, and waits for the answers.
///
/// Confined to one thread.
struct StillDesk {
  /// The most bytes of data of the process: a few decoders of 1080p, or one of 8K.
  private static let memory: Int64 = 1 << 30
  /// How long a process may take to start, and a still to be made.
  private static let startLimit = Interval.seconds(5), stillLimit = Interval.seconds(3)
  /// How long a killed process may take to end.
  private static let endLimit = Interval.seconds(1)
  /// The number of crashes within ``crashWindow`` after which stills pause as long.
  private static let maximumCrashes = 5
  private static let crashWindow = Interval.seconds(30)

  private enum Fault: Error {
    /// The process had ended before the order.
    case gone
    /// The process has ended or misbehaved, for this reason.
    case crashed(String)
    /// It has not answered in time: the media may need longer.
    case late
  }

  private let log: Log
  private var process: ChildProcess?
  private var table = DecoderTable(limit: StillOrder.decoders)
  /// The header of each decoder, whose identity the table has.
  private var headers: [UInt8: SharedBytes] = [:]
  private var ticket: UInt32 = 0
  /// Whether the process has got an order since the start of a still.
  private var isBusy = false
  private var crashes: [MonotonicTime] = []
  private var counts = StillCounts()

  init(log: Log) { self.log = log }

  /// The counts since the last call.
  mutating func takeCounts() -> StillCounts {
    defer { counts = StillCounts() }
    counts.isRunning = process != nil
    return counts
  }

  /// Makes a still; blocks until the answer of the process.
  mutating func make(_ request: StillRequest) -> Result<SharedBytes, StillFailure> {
    do throws(Fault) {
      return try order(request)
    } catch .gone {
      // It has ended between two requests.
      end(.crashed("the process has ended"))
      do throws(Fault) { return try order(request) } catch { end(error) }
    } catch { end(error) }
    return .failure(.process)
  }

  /// Decodes the frames up to that of a request that its decoder lacks.
  mutating func decode(_ request: StillRequest) {
    guard process != nil else { return }
    isBusy = false
    do throws(Fault) { _ = try feed(request) } catch { end(error) }
  }

  /// Ends the process, for lack of use.
  mutating func close() {
    guard let process else { return }
    forget()
    process.kill()
    _ = process.reap(within: Self.endLimit)
  }

  private mutating func order(
    _ request: StillRequest
  ) throws(Fault) -> Result<SharedBytes, StillFailure> {
    isBusy = false
    guard try start() else { return .failure(.process) }
    guard let decoder = try feed(request) else { return .failure(.undecodable("no such frame")) }
    // bounded: a number wraps
    ticket &+= 1
    try send(.still(decoder: decoder, ticket: ticket, width: request.name.width ?? 0))
    switch try answer() {
    case .still(ticket, let endsGroup, let picture):
      if endsGroup { table.endGroup(decoder) }
      counts.made += 1
      return .success(picture)
    case .refused(ticket, let reason):
      table.forget(decoder)
      counts.refused += 1
      log.write(
        .debug, "still-refused",
        "frame \(request.name.frame) of segment \(request.name.segment): \(reason)")
      return .failure(.undecodable(reason))
    default: throw .crashed("an answer to another order")
    }
  }

  /// Sends the frames that the decoder of a frame lacks.
  ///
  /// - Returns: the decoder; nil if the request lacks the frame.
  private mutating func feed(_ request: StillRequest) throws(Fault) -> UInt8? {
    let (name, chunks) = (request.name, request.chunks)
    let isWhole = chunks.count == 1
    guard name.frame >= 0, isWhole || name.frame < chunks.count else { return nil }
    let step = table.step(
      name, isNewest: request.isNewest, header: ObjectIdentifier(request.header))
    let last = UInt32(clamping: name.frame)
    if step.opens {
      headers[step.decoder] = request.header
      try send(.open(decoder: step.decoder, header: request.header.array))
    }
    if step.begins { try send(.begin(decoder: step.decoder)) }
    if isWhole, !step.frames.isEmpty {
      let media = step.begins ? chunks[0] : SharedBytes([])
      try send(.media(decoder: step.decoder, through: last, media))
    } else {
      for frame in step.frames {
        try send(.media(decoder: step.decoder, through: last, chunks[frame]))
      }
    }
    counts.frames += UInt64(step.frames.count)
    return step.decoder
  }

  // MARK: The process

  /// Starts the process unless it runs.
  ///
  /// - Returns: false after too many crashes.
  private mutating func start() throws(Fault) -> Bool {
    if process != nil { return true }
    let now = SystemClock.monotonicTime
    crashes.removeAll { now - $0 > Self.crashWindow }
    guard crashes.count < Self.maximumCrashes else { return false }
    do throws(ChildProcess.Refusal) {
      process = try ChildProcess.start(StillProcess.argument)
    } catch { throw .crashed("\(error)") }
    try send(.process(version: ChildMessage.version, memory: Self.memory))
    guard case .hello(_, let protections) = try answer(within: Self.startLimit) else {
      throw .crashed("another first answer than hello")
    }
    if let lack = Sandbox.Protections(rawValue: protections).takeLack() {
      log.write(.warning, "isolation", lack)
    }
    return true
  }

  private mutating func send(_ order: StillOrder) throws(Fault) {
    guard let process else { throw .gone }
    guard process.pipe.send(order) else {
      throw isBusy ? .crashed("it does not take an order") : .gone
    }
    isBusy = true
  }

  private func answer(within limit: Interval = stillLimit) throws(Fault) -> StillAnswer {
    guard let process else { throw .gone }
    let result: Result<StillAnswer, MessageError>
    do throws(MessagePipe.Failure) {
      result = try process.pipe.receive(until: SystemClock.monotonicTime + limit).message
    } catch { throw error == .silent ? .late : .crashed("it has ended") }
    do throws(MessageError) { return try result.get() } catch {
      throw .crashed("protocol error: \(error)")
    }
  }

  /// Ends a process that has crashed, or is late: that alone is no reason for a pause.
  private mutating func end(_ fault: Fault) {
    let reason =
      switch fault {
      case .gone: "it has ended"
      case .crashed(let reason): reason
      case .late: "it did not answer in time"
      }
    guard let process else {
      log.write(.warning, "stills", "stills are unavailable: \(reason)")
      return
    }
    forget()
    process.kill()
    let end = process.reap(within: Self.endLimit)
    if case .late = fault {
      counts.late += 1
    } else {
      crashes.append(SystemClock.monotonicTime)
      counts.crashes += 1
    }
    log.write(
      .warning, "stills-crashed",
      "the process of stills: \(reason), \(end?.description ?? ChildProcess.endless); "
        + "starting another one with the next request")
  }

  private mutating func forget() {
    process = nil
    table = DecoderTable(limit: StillOrder.decoders)
    headers = [:]
  }
}
