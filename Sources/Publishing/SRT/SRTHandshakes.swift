// SPDX-License-Identifier: Apache-2.0

import Logging
import Net
import Sharing
import Time

/// The handshakes of callers: decides about each on a thread of libsrt, and knows it until the
/// listener accepts it.
///
/// libsrt does not limit the number of handshakes, so this type limits callers, and the handshakes
/// that are not finished. A lock; only the search for a caller on this machine takes time, on the
/// thread of libsrt.
final class SRTHandshakes: Sendable {
  /// A caller whose handshake was permitted.
  struct Caller: Sendable {
    let grant: SRTAccess.Grant
    let peer: PeerAddress
    let since: MonotonicTime
  }

  private struct State: Sendable {
    /// Callers that the library has not handed over yet.
    var unfinished: [SRTSocket: Caller] = [:]
    var connectedCount = 0
    /// The port of the listener; a caller's own socket has no address during its handshake.
    var port: UInt16 = 0
  }

  /// Callers, connected or not; each has a thread of libsrt and a buffer of up to 12 MB.
  static let maximumCallers = 64
  /// Callers whose handshake is not finished.
  static let maximumUnfinished = 16
  /// The time from the permission to the end of the handshake, which follows at once.
  private static let finishTime = Interval.seconds(1)

  private let access: SRTAccess
  private let log: Log
  private let state = Locked(State())

  init(_ access: SRTAccess, log: Log) {
    self.access = access
    self.log = log
  }

  /// The port of the listener.
  var port: UInt16 { state.withLock { $0.port } }

  /// States the port of the listener, before it listens.
  func listens(at address: PeerAddress) { state.withLock { $0.port = address.port } }

  /// Decides about a caller during its handshake, as the library asks for.
  ///
  /// - Returns: 0 to continue the handshake, -1 to refuse the caller.
  func decide(_ socket: SRTSocket, _ streamID: [UInt8], _ peer: PeerAddress) -> Int32 {
    do throws(SRTRejection) {
      try permit(socket, streamID, peer, SystemClock.monotonicTime)
      return 0
    } catch {
      socket.setRefusal(error.code)
      refuse(peer, "\(error)", " to \(access.words(for: streamID))")
      return -1
    }
  }

  private func permit(
    _ socket: SRTSocket, _ streamID: [UInt8], _ peer: PeerAddress, _ now: MonotonicTime
  ) throws(SRTRejection) {
    // This thread alone adds callers.
    let hasRoom = state.withLock { state in
      state.unfinished.count < Self.maximumUnfinished
        && state.unfinished.count + state.connectedCount < Self.maximumCallers
    }
    guard hasRoom, access.registry.connections.add(peer) else { throw .overload }
    do throws(SRTRejection) {
      let grant = try access.admit(streamID, from: peer, at: now)
      if let passphrase = grant.passphrase, !socket.setPassphrase(passphrase) {
        throw .passphrase
      }
      state.withLock { $0.unfinished[socket] = Caller(grant: grant, peer: peer, since: now) }
    } catch {
      access.registry.connections.remove(peer)
      throw error
    }
  }

  private func refuse(_ peer: PeerAddress, _ reason: String, _ target: String = "") {
    log.write(.warning, "publish-refused", "SRT from \(peer.masked)\(target): \(reason)")
  }

  /// The caller of a socket that the library hands over; nil if it is unknown.
  func finish(_ socket: SRTSocket) -> Caller? {
    state.withLock { state in
      guard let caller = state.unfinished.removeValue(forKey: socket) else { return nil }
      state.connectedCount += 1
      return caller
    }
  }

  /// Notes the end of a caller.
  func release(_ peer: PeerAddress) {
    state.withLock { $0.connectedCount -= 1 }
    access.registry.connections.remove(peer)
  }

  /// Forgets callers that the library has refused, because they encrypt otherwise.
  func expire(_ now: MonotonicTime) {
    let failed = state.withLock { state in
      let failed = state.unfinished.filter { now - $0.value.since >= Self.finishTime }
      for socket in failed.keys { state.unfinished[socket] = nil }
      return failed.values
    }
    for caller in failed {
      access.registry.connections.remove(caller.peer)
      if caller.grant.passphrase != nil {
        access.registry.failPassphrase(caller.peer, caller.grant.admission, at: now)
        refuse(caller.peer, "wrong passphrase, or none")
      } else {
        refuse(caller.peer, "a passphrase, which the stream does not have; or an invalid handshake")
      }
    }
  }
}
