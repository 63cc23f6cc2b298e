// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// A connection whose version of HTTP is not yet known: ALPN or the first bytes determine it.
///
/// - Source: RFC 9113 §3.2, §3.3, §3.4
final class NegotiatingConnection: ByteStreamOwner, ServedConnection {
  /// The first bytes of an HTTP/2 connection.
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  let server: HTTPServer
  var index = -1
  private let stream: any ByteStream
  /// The stream if it is TLS.
  private let secure: TLSStream?
  private let refusal: Refusal?
  /// Received bytes that may be the start of the preface.
  private var first: [UInt8] = []
  private let since: MonotonicTime
  private var isClosed = false
  private var isCounted = false

  init(_ stream: any ByteStream, secure: TLSStream?, _ server: HTTPServer, refusal: Refusal?) {
    self.stream = stream
    self.secure = secure
    self.server = server
    self.refusal = refusal
    since = server.loop.now
    stream.owner = self
  }

  var peer: PeerAddress { stream.peer }

  func received(_ bytes: borrowing Span<UInt8>) {
    if let secure { return become(isHTTP2: secure.isHTTP2, bytes) }
    let start = first.count
    for index in 0..<bytes.count where start + index < Self.preface.count {
      guard bytes[index] == Self.preface[start + index] else {
        return become(isHTTP2: false, bytes)
      }
    }
    guard start + bytes.count < Self.preface.count else { return become(isHTTP2: true, bytes) }
    unsafe bytes.withUnsafeBufferPointer { unsafe first.append(contentsOf: $0) }
  }

  /// Hands the stream and all received bytes to a connection of the known version.
  private func become(isHTTP2: Bool, _ bytes: borrowing Span<UInt8>) {
    let held = first
    first = []
    isClosed = true
    if isHTTP2 {
      guard let connection = HTTP2Connection(stream, server, refusal: refusal) else {
        isClosed = false
        return close()
      }
      server.replace(self, by: connection)
      if !held.isEmpty { connection.received(held.span) }
      connection.received(bytes)
    } else {
      let connection = HTTP1Connection(stream, server)
      server.replace(self, by: connection)
      if let refusal { return connection.refuse(refusal) }
      if !held.isEmpty { connection.received(held.span) }
      connection.received(bytes)
    }
  }

  func inputEnded() { close() }

  func drained() {}

  func failed() {
    countFailure()
    remove()
  }

  func check(_ now: MonotonicTime) {
    let limits = server.limits
    countFailure()
    if case .pending? = secure?.security, now - since >= limits.handshakeTime {
      server.observer?.faulted(.handshakeTime)
      return close()
    }
    if case .failed? = secure?.security {
      // The client got an alert; its bytes are read and dropped for `lingerTime`.
      if now - since >= limits.lingerTime { close() }
      return
    }
    if !first.isEmpty, now - since >= limits.headTime {
      // An incomplete preface, or an incomplete method with the same letters.
      let held = first
      first = []
      become(isHTTP2: false, held.span)
    } else if now - since >= limits.idleTime {
      close()
    }
  }

  private func countFailure() {
    guard !isCounted, case .failed? = secure?.security else { return }
    isCounted = true
    server.observer?.faulted(.handshake)
  }

  func drain() { close() }

  private func close() {
    guard !isClosed else { return }
    stream.close()
    remove()
  }

  private func remove() {
    guard !isClosed else { return }
    isClosed = true
    server.remove(self)
  }
}
