// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Logging
import Net
import Packaging
import Sharing
import Time

/// A connection by RTMP or SRT, which a process of its own makes.
///
/// Confined to the thread of the lane. Another thread takes the answers of the process.
final class ProcessConnection: PushConnection {
  /// The most bytes of data of the process.
  private static let memory: Int64 = 512 << 20
  /// The most bytes and chunks that the process has not written: more would be a queue behind the
  /// window.
  private static let waitingBytes = 2 << 20, waitingChunks: UInt32 = 8
  /// How long a connection may take to be made, with the look-up of a name.
  private static let opening = Interval.seconds(12)

  /// The answers so far.
  private struct Answers: Sendable {
    var isConnected = false
    /// The number of the newest chunk that was written, and when.
    var written: UInt32 = 0
    var progress: MonotonicTime
    var failure: PushFailure?
    var hasEnded = false
  }

  private let address: PushAddress
  private let trust: ServerTrust
  private let tracks: [TrackDescription]
  private let log: Log
  private let process: ChildProcess
  private let answers = Monitor(Answers(progress: SystemClock.monotonicTime))
  /// The number of the newest chunk that was sent.
  private var sent: UInt32 = 0
  /// The sizes of the chunks that the process has not written, oldest first.
  private var waiting: [(number: UInt32, size: Int)] = []

  /// Starts the process.
  init(
    to address: PushAddress, _ trust: ServerTrust, _ tracks: [TrackDescription], _ log: Log
  ) throws(PushFailure) {
    self.log = log
    self.address = address
    self.trust = trust
    self.tracks = tracks
    do throws(ChildProcess.Refusal) {
      process = try ChildProcess.start(
        PushProcess.argument, variables: ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    } catch { throw .lost("\(error)") }
  }

  deinit {
    process.kill()
    process.pipe.shutDown()
    _ = process.reap(within: PushLimits.ending)
  }

  var cancel: @Sendable () -> Void {
    { [answers, process] in
      answers.update { $0.failure = $0.failure ?? .lost("stopped") }
      process.kill()
    }
  }

  func open() throws(PushFailure) {
    var file = ""
    if case .file(let path) = trust { file = path }
    let rights = PushOrder.Rights(memory: Self.memory, port: address.port ?? 0, file: file)
    let pipe = process.pipe
    pipe.send(PushOrder.process(version: ChildMessage.version, rights))
    pipe.send(PushOrder.open(url: address.raw, verifies: trust != .unverified))
    for (index, track) in tracks.enumerated() {
      pipe.send(
        PushOrder.track(header: track.header.array, isLast: index == tracks.count - 1))
    }
    let started = OSThread(name: "push-answers") { [answers, log] in
      Self.receive(pipe, answers, log)
    }
    guard started != nil else { throw .lost("no thread") }
    let limit = SystemClock.monotonicTime + Self.opening
    let isConnected = answers.wait(until: limit) { answers in
      answers.isConnected || answers.failure != nil || answers.hasEnded
        ? answers.isConnected && answers.failure == nil : nil
    }
    guard isConnected != true else { return }
    try check()
    throw .lost("no connection in time")
  }

  func send(_ chunk: Chunk, of track: Int) throws(PushFailure) {
    // bounded: numbers wrap
    sent &+= 1
    let (number, progress) = (sent, SystemClock.monotonicTime)
    if waiting.isEmpty { answers.update { $0.progress = progress } }
    waiting.append((number, chunk.size))
    let order = PushOrder.chunk(track: UInt8(clamping: track), number: number, chunk.bytes)
    guard process.pipe.send(order) else {
      try check()
      throw .lost("the process takes nothing")
    }
    // The window is the queue: media that waits in the process cannot be left out.
    while true {
      try check()
      guard isFull else { return }
      let written = waiting.first?.number ?? number
      _ = answers.wait(until: SystemClock.monotonicTime + .milliseconds(200)) { answers in
        // bounded: numbers wrap
        Int32(bitPattern: answers.written &- written) >= 0 || answers.failure != nil
          || answers.hasEnded ? true : nil
      }
    }
  }

  func check() throws(PushFailure) {
    let (failure, hasEnded, written, progress) = answers.read { answers in
      (answers.failure, answers.hasEnded, answers.written, answers.progress)
    }
    if let failure { throw failure }
    if hasEnded {
      let end = process.reap(within: PushLimits.ending)
      throw .lost("the process has ended: \(end?.description ?? ChildProcess.endless)")
    }
    // bounded: numbers wrap
    waiting.removeAll { Int32(bitPattern: written &- $0.number) >= 0 }
    if !waiting.isEmpty, SystemClock.monotonicTime - progress > PushLimits.silence {
      throw .lost("the receiver takes nothing for 5 s")
    }
  }

  func end(isFinal: Bool) {
    if isFinal {
      process.pipe.send(PushOrder.end)
      _ = process.reap(within: PushLimits.ending)
    }
    process.kill()
  }

  private var isFull: Bool {
    waiting.count > Self.waitingChunks
      || waiting.reduce(0, { $0 + $1.size }) > Self.waitingBytes
  }

  private static func receive(_ pipe: MessagePipe, _ answers: Monitor<Answers>, _ log: Log) {
    while case .success(let answer)? = try? pipe.receive(PushAnswer.self).message {
      if case .hello(_, let protections) = answer,
        let lack = Sandbox.Protections(rawValue: protections).takeLack()
      {
        log.write(.warning, "isolation", lack)
      }
      answers.update { answers in
        switch answer {
        case .hello: break
        case .connected: answers.isConnected = true
        case .written(let number):
          answers.written = number
          answers.progress = SystemClock.monotonicTime
        case .failed(let reason, let isRefusal):
          answers.failure = answers.failure ?? (isRefusal ? .refused(reason) : .lost(reason))
        }
      }
    }
    answers.update { $0.hasEnded = true }
  }
}
