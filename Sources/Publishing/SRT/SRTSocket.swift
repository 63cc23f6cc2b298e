// SPDX-License-Identifier: Apache-2.0

import Access
import CSRT
import Glibc
import Net
import Time

/// A socket of libsrt.
@safe
struct SRTSocket: Sendable, Hashable {
  /// The largest payload.
  static let payloadSize = Int(SRT_LIVE_MAX_PLSIZE)

  let number: Int32

  init(_ number: Int32) { self.number = number }

  /// Binds a socket for callers; the library is started by the first one.
  ///
  /// - Throws: an error whose description names the address, the port and the reason.
  init(_ options: SRTOptions) throws(NetError) {
    let (host, port) = (options.host, options.port)
    var lookup: Int32 = 0
    let isStarted = csrt_start() == 0
    let latency = Int32(clamping: options.latency)
    number = isStarted ? unsafe csrt_bind(host, port, latency, &lookup) : -1
    if lookup != 0 {
      throw .unknownHost(host: host, reason: unsafe String(cString: gai_strerror(lookup)))
    }
    guard number >= 0 else {
      throw .cannotListen(host: host, port: port, reason: unsafe String(cString: csrt_error()))
    }
  }

  /// The address and port to which the socket is bound.
  var localAddress: PeerAddress {
    var own = sockaddr_storage()
    guard unsafe csrt_local_address(number, &own) == 0 else { return .none }
    return unsafe withUnsafeBytes(of: &own) { bytes in
      unsafe bytes.baseAddress.map { unsafe PeerAddress(systemAddress: $0) } ?? .none
    }
  }

  /// Lets at most `backlog` callers wait for ``accept()``; `handshakes`, which must outlive the
  /// socket, decides about each, on a thread of the library.
  ///
  /// - Returns: whether the library listens.
  func listen(backlog: Int32, _ handshakes: SRTHandshakes) -> Bool {
    handshakes.listens(at: localAddress)
    let code = unsafe srt_listen_callback(
      number,
      { raw, number, _, peer, streamID in
        guard let raw = unsafe raw, let peer = unsafe peer else { return -1 }
        let handshakes = unsafe Unmanaged<SRTHandshakes>.fromOpaque(raw).takeUnretainedValue()
        let bytes = unsafe streamID.map { text in
          unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
        }
        let caller = SRTSocket(number)
        let address = unsafe PeerAddress(systemAddress: UnsafeRawPointer(peer))
        // The kernel looks for a socket that gets datagrams from here, also a connected one.
        let own = PeerAddress(
          high: 0, low: address.low, port: handshakes.port, isVersion6: address.isVersion6)
        return handshakes.decide(
          caller, bytes ?? [], address.connected(to: own, isUDP: true))
      }, unsafe Unmanaged.passUnretained(handshakes).toOpaque())
    return code == 0 && srt_listen(number, backlog) == 0
  }

  /// A caller that has connected; nil if there is none.
  func accept() -> SRTSocket? {
    let caller = csrt_accept(number)
    return caller >= 0 ? SRTSocket(caller) : nil
  }

  /// Demands encryption of a caller, during its handshake.
  ///
  /// - Returns: whether the library has taken the passphrase.
  func setPassphrase(_ passphrase: Passphrase) -> Bool {
    let text = passphrase.text
    return unsafe csrt_set_passphrase(number, text, Int32(clamping: text.utf8.count)) == 0
  }

  /// Gives a caller the reason of its refusal, during its handshake.
  func setRefusal(_ code: Int32) { _ = srt_setrejectreason(number, code) }

  /// Reads the next payload into `buffer`.
  ///
  /// - Returns: its size; 0 if there is none yet, nil if there are no more.
  func receive(_ buffer: inout [UInt8]) -> Int? {
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe csrt_receive(number, bytes.baseAddress, Int32(clamping: bytes.count))
    }
    return count < 0 ? nil : Int(count)
  }

  /// The negotiated latency in milliseconds, and whether payloads are encrypted.
  var properties: (latency: Int32, isEncrypted: Bool) {
    (csrt_get(number, SRTO_RCVLATENCY), csrt_is_encrypted(number) != 0)
  }

  /// What the socket has counted since the last call; nil if it has ended.
  func statistics() -> LinkStatistics? {
    var found = csrt_statistics()
    guard unsafe csrt_read_statistics(number, &found) == 0 else { return nil }
    var link = LinkStatistics()
    link.received = UInt64(clamping: found.received)
    link.lost = UInt64(clamping: found.lost)
    link.retransmitted = UInt64(clamping: found.retransmitted)
    link.late = UInt64(clamping: found.dropped)
    link.roundTrip = .microseconds(found.round_trip)
    return link
  }

  /// Closes the connection.
  func close() { _ = srt_close(number) }
}
