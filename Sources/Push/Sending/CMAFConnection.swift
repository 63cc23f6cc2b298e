// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Sharing
import Time

/// One POST with the chunks of a track, as the window has them.
///
/// Confined to the thread of the lane.
final class CMAFConnection: PushConnection {
  private static let pieceSize = 4096
  /// The most pieces of a response that are read at a time.
  private static let maximumPieces = 16

  private let address: WebAddress
  private let tls: PushTLS
  private let agent: String
  private let isAudio: Bool
  private let header: [UInt8]
  private let cancellation: ClientCancellation
  private var connection: ClientConnection?
  private var response = PushResponse()

  /// A connection that is not open.
  ///
  /// - Parameters:
  ///   - address: the URL of the track.
  ///   - tls: the certificates.
  ///   - agent: the value of `User-Agent`.
  ///   - isAudio: whether the track is audio.
  ///   - header: the CMAF header.
  ///   - cancellation: ends all calls.
  init(
    to address: WebAddress, _ tls: PushTLS, agent: String, isAudio: Bool, header: [UInt8],
    _ cancellation: ClientCancellation
  ) {
    self.address = address
    self.tls = tls
    self.agent = agent
    self.isAudio = isAudio
    self.header = header
    self.cancellation = cancellation
  }

  var cancel: @Sendable () -> Void { { [cancellation] in cancellation.cancel() } }

  func open() throws(PushFailure) {
    var context: ClientContext?
    if address.origin.isSecure {
      do throws(TLSError) { context = try tls.context() } catch { throw .refused("\(error)") }
    }
    do throws(ClientError) {
      let connection = try ClientConnection(
        to: address.origin, context, deadline: SystemClock.monotonicTime + PushLimits.opening,
        cancellation)
      connection.limit(unsent: PushLimits.unsentBytes, silence: PushLimits.silence)
      self.connection = connection
    } catch {
      // Another attempt will find the same certificate.
      if case .untrusted = error { throw .refused("\(error)") }
      throw .lost("\(error)")
    }
    try write(
      CMAFContent.head(address, isAudio: isAudio, agent: agent) + CMAFContent.piece(header))
  }

  func send(_ chunk: Chunk, of track: Int) throws(PushFailure) {
    try check()
    try write(CMAFContent.piece(chunk.bytes))
  }

  func check() throws(PushFailure) {
    guard let connection else { throw .lost("not connected") }
    for _ in 0..<Self.maximumPieces {
      let bytes: [UInt8]?
      do throws(ClientError) { bytes = try connection.readArrived(Self.pieceSize) } catch {
        throw .lost("\(error)")
      }
      guard let bytes else { break }
      if bytes.isEmpty {
        throw .lost("the receiver has closed the connection")
      }
      try response.take(bytes, SystemClock.monotonicTime)
    }
    try response.check(SystemClock.monotonicTime)
  }

  func end(isFinal: Bool) {
    guard let connection else { return }
    connection.deadline = SystemClock.monotonicTime + PushLimits.ending
    guard isFinal else { return self.connection = nil }
    let last = CMAFContent.piece(CMAFContent.endOfTrack) + CMAFContent.end
    if (try? connection.write(last)) != nil {
      // The receiver has taken everything when it answers.
      while SystemClock.monotonicTime < connection.deadline,
        let bytes = try? connection.read(Self.pieceSize), !bytes.isEmpty
      {
        guard (try? response.take(bytes, SystemClock.monotonicTime)) != nil else { break }
      }
    }
    self.connection = nil
  }

  private func write(_ bytes: [UInt8]) throws(PushFailure) {
    guard let connection else { throw .lost("not connected") }
    connection.deadline = SystemClock.monotonicTime + PushLimits.silence
    do throws(ClientError) { try connection.write(bytes) } catch {
      // The response explains why the receiver does not read.
      if error != .cancelled, let bytes = try? connection.readArrived(Self.pieceSize),
        !bytes.isEmpty
      {
        try response.take(bytes, SystemClock.monotonicTime)
      }
      throw .lost(
        error == .noResponse ? "the receiver takes nothing for 5 s" : "\(error)")
    }
  }
}
