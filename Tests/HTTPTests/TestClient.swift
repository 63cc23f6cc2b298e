// SPDX-License-Identifier: Apache-2.0

import Sharing

/// An HTTP/1.1 client that sends and reads text as told.
final class TestClient {
  struct Response {
    var status: Int
    var head: String
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    func has(_ field: String) -> Bool { head.lowercased().contains(field.lowercased()) }
  }

  struct Failed: Error { let what: String }

  private let end: any ClientEnd
  private var buffer: [UInt8] = []

  init(_ server: TestServer, receiveBuffer: Int32 = 0) throws {
    end = try server.connect(receiveBuffer: receiveBuffer)
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) { end.send(bytes) }

  /// Sends bytes that the server may not read, on a thread of its own; ends when all are sent or
  /// the connection is lost.
  func sendInBackground(_ bytes: [UInt8]) -> OSThread? {
    guard let end = end as? SocketEnd else {
      end.send(bytes)
      return nil
    }
    return OSThread(name: "sender") { end.send(bytes) }
  }

  func get(_ path: String, _ fields: String = "") {
    send("GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n")
  }

  /// Sends FIN.
  func finish() { end.finish() }

  /// Reads the next bytes; 0 at the end, -1 on an error or if none arrive.
  @discardableResult
  func receive() -> Int {
    guard let bytes = end.receive() else { return -1 }
    buffer += bytes
    return bytes.count
  }

  /// Whether the server ends the connection with FIN; false for RST, or if it does not end.
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
    if let range = lower.range(of: "content-length: ") {
      let digits = lower[range.upperBound...].prefix { $0.isNumber }
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
      if let range = buffer.firstRange(of: wanted) {
        return String(decoding: try take(range.upperBound), as: UTF8.self)
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
