// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing

/// A blocking client for tests; every wait ends after `patience`.
final class TestClient {
  struct Response {
    var status: Int
    var head: String
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    func has(_ field: String) -> Bool { head.lowercased().contains(field.lowercased()) }
  }

  struct Failed: Error { let what: String }

  let descriptor: Int32
  private var buffer: [UInt8] = []

  init(port: UInt16, receiveBuffer: Int32 = 0, patience: Int32 = 5) throws {
    descriptor = clinux_connect_loopback(port, receiveBuffer, patience)
    guard descriptor >= 0 else { throw Failed(what: "connect: \(descriptor)") }
  }

  deinit { close(descriptor) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var bytes = bytes
    unsafe bytes.withUnsafeMutableBytes { bytes in
      var piece = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      _ = unsafe clinux_send(descriptor, &piece, 1)
    }
  }

  /// Sends what the server may not want to read; ends when all is sent or the connection is lost.
  func sendInBackground(_ bytes: [UInt8]) -> OSThread {
    let descriptor = descriptor
    let thread = OSThread(name: "sender") {
      var bytes = bytes
      unsafe bytes.withUnsafeMutableBytes { bytes in
        var piece = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
        _ = unsafe clinux_send(descriptor, &piece, 1)
      }
    }
    guard let thread else { preconditionFailure("no thread") }
    return thread
  }

  func get(_ path: String, _ fields: String = "") {
    send("GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n")
  }

  /// Says that nothing more will be sent.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads what is there; 0 at the end, negative on an error or when patience ends.
  @discardableResult
  func receive() -> Int {
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe clinux_receive(descriptor, &piece, piece.count)
    if count > 0 { buffer += piece[..<count] }
    return count
  }

  /// Whether the server has closed, and how: true for FIN, false for RST or patience.
  func endsCleanly() -> Bool {
    while true {
      let count = receive()
      if count <= 0 { return count == 0 }
    }
  }

  /// The next answer; `hasBody` is false after HEAD.
  func response(hasBody: Bool = true) throws -> Response {
    let head = try line(endingWith: "\r\n\r\n")
    let words = head.split(separator: " ")
    guard words.count > 1, let status = Int(words[1]) else { throw Failed(what: head) }
    var response = Response(status: status, head: head, body: [])
    guard hasBody else { return response }
    let lower = head.lowercased()
    if let place = lower.range(of: "content-length: ") {
      let digits = lower[place.upperBound...].prefix { $0.isNumber }
      response.body = try take(Int(digits) ?? 0)
    } else if lower.contains("transfer-encoding: chunked") {
      while let chunk = try chunk() { response.body += chunk }
    }
    return response
  }

  /// The next HTTP chunk; nil for the last one.
  func chunk() throws -> [UInt8]? {
    let size = try line(endingWith: "\r\n").dropLast()
    guard let count = Int(size.trimmed, radix: 16) else { throw Failed(what: "size \(size)") }
    let bytes = try take(count)
    _ = try take(2)
    return count == 0 ? nil : bytes
  }

  func line(endingWith end: String) throws -> String {
    let wanted = Array(end.utf8)
    while true {
      if let place = buffer.firstRange(of: wanted) {
        return String(decoding: try take(place.upperBound), as: UTF8.self)
      }
      guard receive() > 0 else { throw Failed(what: "ended in a head: \(buffer.count) bytes") }
    }
  }

  func take(_ count: Int) throws -> [UInt8] {
    while buffer.count < count {
      guard receive() > 0 else { throw Failed(what: "ended in a body") }
    }
    defer { buffer.removeFirst(count) }
    return Array(buffer.prefix(count))
  }
}

extension Substring {
  fileprivate var trimmed: String { String(filter { !$0.isWhitespace }) }
}

extension String {
  fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
