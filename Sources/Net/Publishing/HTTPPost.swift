// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Sharing
package import Time

/// One POST by HTTP/1.1 without TLS, of which only the status of the response matters.
///
/// Blocks up to a deadline. The look-up of a name is not bounded by it, but by the system's
/// resolver.
package enum HTTPPost {
  /// Why there is no response.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// The name of the host cannot be resolved.
    case unknownHost(String)
    /// No connection.
    case noConnection(String)
    /// No status line before the deadline.
    case noResponse
    /// The response is not of HTTP.
    case malformed

    package var description: String {
      switch self {
      case .unknownHost(let reason): "unknown host: \(reason)"
      case .noConnection(let reason): "no connection: \(reason)"
      case .noResponse: "no response in time"
      case .malformed: "the response is not HTTP"
      }
    }
  }

  /// The longest status line.
  private static let longestLine = 1024

  /// Sends a body, and returns the status of the response.
  ///
  /// - Parameters:
  ///   - body: the content.
  ///   - type: its Content-Type.
  ///   - address: the URL.
  ///   - deadline: when to give up.
  /// - Returns: the status, 100–599.
  /// - Throws: if there is no response.
  package static func send(
    _ body: [UInt8], type: String, to address: HookAddress, deadline: MonotonicTime
  ) throws(Failure) -> Int {
    var lookup: Int32 = 0
    let descriptor = unsafe clinux_connect(
      address.host, address.port, deadline.nanoseconds, &lookup)
    if lookup != 0 { throw .unknownHost(unsafe String(cString: gai_strerror(lookup))) }
    guard descriptor >= 0 else {
      throw descriptor == -ETIMEDOUT ? .noResponse : .noConnection(NetError.reason(-descriptor))
    }
    defer { close(descriptor) }
    let head = """
      POST \(address.target) HTTP/1.1\r
      Host: \(address.authority)\r
      Content-Type: \(type)\r
      Content-Length: \(body.count)\r
      Connection: close\r
      User-Agent: streamer\r
      \r

      """
    try write(Array(head.utf8) + body, to: descriptor, deadline)
    return try status(from: descriptor, deadline)
  }

  private static func write(
    _ bytes: [UInt8], to descriptor: Int32, _ deadline: MonotonicTime
  ) throws(Failure) {
    var offset = 0
    while offset < bytes.count {
      let sent = unsafe bytes.withUnsafeBytes { bytes in
        unsafe clinux_send_bytes(
          descriptor, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
      }
      if sent > 0 {
        offset += sent
      } else {
        try wait(descriptor, Int16(POLLOUT), sent, deadline)
      }
    }
  }

  private static func status(
    from descriptor: Int32, _ deadline: MonotonicTime
  ) throws(Failure) -> Int {
    var line: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: longestLine)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { buffer in
        unsafe clinux_receive(descriptor, buffer.baseAddress, buffer.count)
      }
      if count == 0 { throw .malformed }
      guard count > 0 else {
        try wait(descriptor, Int16(POLLIN), count, deadline)
        continue
      }
      line += buffer.prefix(count)
      guard line.contains(UInt8(ascii: "\n")) else {
        guard line.count < longestLine else { throw .malformed }
        continue
      }
      guard let status = Self.status(of: line) else { throw .malformed }
      return status
    }
  }

  /// The status of a response; nil if it is not HTTP/1.0 or HTTP/1.1.
  static func status(of response: [UInt8]) -> Int? {
    let words = response.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
      .split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8), words[1].count == 3,
      let status = Int(String(decoding: words[1], as: UTF8.self)), (100...599).contains(status)
    else { return nil }
    return status
  }

  /// Waits until a call that was refused with `result` can succeed.
  private static func wait(
    _ descriptor: Int32, _ events: Int16, _ result: Int, _ deadline: MonotonicTime
  ) throws(Failure) {
    guard result == 0 || result == -Int(EAGAIN) || result == -Int(EINTR) else {
      throw .noConnection(NetError.reason(Int32(clamping: -result)))
    }
    let left = (deadline - SystemClock.monotonicTime).milliseconds
    guard left > 0 else { throw .noResponse }
    var poll = pollfd(fd: descriptor, events: events, revents: 0)
    _ = unsafe Glibc.poll(&poll, 1, Int32(clamping: left))
  }
}
