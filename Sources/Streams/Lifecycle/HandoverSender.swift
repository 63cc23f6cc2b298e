// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
package import Logging
import Media
import Packaging
import Sharing
import System
import Time

/// Hands the streams of this process over to the process that replaces it.
///
/// Each stream has a connection. The request has the terms of the stream; the answer has the number
/// of the first segment that this process leaves to the other one. Then the windows follow, and all
/// that they get before that segment, as the messages of a feed. So each segment is made by one
/// process, and both have its bytes. Of other streams the other process asks for the counts; see
/// ``HandoverCounts``.
package final class HandoverSender: Sendable {
  /// How long before its start a segment can be left to the other process, which opens encoders
  /// meanwhile.
  static let margin = Interval.milliseconds(700)
  /// How long the other process may take for an answer or a request.
  private static let limit = Interval.seconds(15)
  /// How long the windows of a session may take until all are live.
  private static let startLimit = Interval.seconds(5)
  /// The polling interval of the windows.
  private static let interval = Interval.milliseconds(2)

  private let socket: HandoverSocket
  private let log: Log
  private let session: @Sendable (String) -> StreamSession?

  /// Nil if the system refuses a socket.
  ///
  /// - Parameters:
  ///   - log: gets the handovers.
  ///   - session: the session of the stream with a name, which is live.
  package init?(log: Log, session: @escaping @Sendable (String) -> StreamSession?) {
    guard let socket = HandoverSocket() else { return nil }
    (self.socket, self.log, self.session) = (socket, log, session)
  }

  /// Waits for the process that replaces this one, on a thread.
  package func start() {
    _ = OSThread(name: "handover") { [self] in
      while let pipe = socket.next(sendLimit: Self.limit.milliseconds) {
        _ = OSThread(name: "handover-stream") { self.serve(pipe) }
      }
    }
  }

  private func serve(_ pipe: MessagePipe) {
    guard case .stream(_, let fields)? = receive(pipe),
      let text = String(validating: fields, as: UTF8.self),
      let session = session(HandoverTerms.name(in: text))
    else { return }
    let name = session.configuration.name
    if text == HandoverCounts.request(for: name) {
      _ = session.handoverCounts.map { pipe.send($0.message) }
      return
    }
    guard HandoverTerms(session.configuration)?.text == text,
      let first = leave(session)
    else { return }
    log.write(
      .info, "handover", stream: name, "another process continues with segment \(first)")
    if send(session, before: first, pipe), case .current? = receive(pipe) {
      // The windows of the other process are live; this process ends before the connection does.
      _ = try? pipe.receive(FeedMessage.self)
    }
    for rendition in session.renditions { rendition.window.stay() }
    log.write(
      .warning, "handover", stream: name,
      "the other process has failed; this one continues with the next segment")
  }

  private func receive(_ pipe: MessagePipe) -> FeedMessage? {
    try? pipe.receive(until: SystemClock.monotonicTime + Self.limit).message.get()
  }

  /// Leaves a session when all of its windows are live; see ``StreamSession/leave(after:)``.
  private func leave(_ session: StreamSession) -> Int64? {
    let deadline = SystemClock.monotonicTime + Self.startLimit
    while session.isStarting, SystemClock.monotonicTime < deadline {
      SystemClock.sleep(until: SystemClock.monotonicTime + Self.interval)
    }
    return session.leave(after: Self.margin)
  }

  /// Sends the windows up to the segment `first`; false if the other process is gone.
  private func send(_ session: StreamSession, before first: Int64, _ pipe: MessagePipe) -> Bool {
    var number = FieldWriter()
    number.add(first)
    let answer = FeedMessage.stream(version: FeedMessage.version, number.bytes)
    guard pipe.send(answer) else { return false }
    var tracks = session.renditions.enumerated().map { index, rendition in
      HandoverTrack(rendition.window, UInt8(clamping: index), before: first)
    }
    while true {
      for index in tracks.indices {
        guard tracks[index].send(pipe) else { return false }
      }
      if tracks.allSatisfy(\.isOver) { return pipe.send(FeedMessage.current) }
      SystemClock.sleep(until: SystemClock.monotonicTime + Self.interval)
    }
  }
}
