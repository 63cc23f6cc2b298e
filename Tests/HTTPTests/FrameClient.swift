// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// A frame of HTTP/2 as it is on the wire.
struct Frame: CustomStringConvertible {
  /// RFC 9113 §6.
  enum Kind: UInt8 {
    case data, headers, priority, reset, settings, push, ping, goAway, window, continuation
  }

  let type: UInt8
  let flags: UInt8
  let stream: UInt32
  let payload: [UInt8]

  init(_ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
    self.init(type: kind.rawValue, flags: flags, stream: stream, payload)
  }

  init(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) {
    (self.type, self.flags, self.stream, self.payload) = (type, flags, stream, payload)
  }

  var kind: Kind? { Kind(rawValue: type) }

  var bytes: [UInt8] {
    let count = payload.count
    return [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags]
      + Frame.word(stream) + payload
  }

  /// The error code of RST_STREAM or GOAWAY.
  var errorCode: UInt32 {
    let start = kind == .goAway ? 4 : 0
    guard payload.count >= start + 4 else { return .max }
    return payload[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }

  var isLast: Bool { flags & 1 != 0 }

  var description: String {
    "\(kind.map { "\($0)" } ?? "\(type)") stream \(stream) \(payload.count)"
  }

  static func word(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// A SETTINGS entry.
  static func setting(_ id: UInt16, _ value: UInt32) -> [UInt8] {
    [UInt8(id >> 8), UInt8(id & 255)] + word(value)
  }

  /// A field section in which nothing is compressed (RFC 7541 §6.2.2).
  static func section(_ fields: [(String, String)]) -> [UInt8] {
    fields.flatMap { name, value in [0x00] + string(name) + string(value) }
  }

  private static func string(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
    var length: [UInt8] = [127]
    var rest = bytes.count - 127
    while rest >= 128 {
      length.append(UInt8(rest & 127 | 128))
      rest >>= 7
    }
    return length + [UInt8(rest)] + bytes
  }

  /// A request without a body.
  static func get(
    _ path: String, stream: UInt32 = 1, _ more: [(String, String)] = [], method: String = "GET"
  ) -> Frame {
    Frame(
      .headers, flags: 5, stream: stream,
      section(
        [(":method", method), (":path", path), (":scheme", "http"), (":authority", "a")] + more))
  }
}

/// A client that sends frames as told, valid or not, over a plain connection.
@safe
final class FrameClient {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  struct Answer {
    var status = 0
    var fields: [String: String] = [:]
    var body: [UInt8] = []
    var isWhole = false
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  let client: TestClient
  private let inflater: OpaquePointer?
  /// Every received frame, in order.
  private(set) var frames: [Frame] = []
  private var answers: [UInt32: Answer] = [:]

  /// Connects; `settings` nil sends nothing.
  init(_ server: TestServer, settings: [UInt8]? = [], receiveBuffer: Int32 = 0) throws {
    client = try TestClient(server, receiveBuffer: receiveBuffer)
    var inflater: OpaquePointer?
    unsafe nghttp2_hd_inflate_new(&inflater)
    unsafe self.inflater = unsafe inflater
    if let settings { send(Self.preface + Frame(.settings, settings).bytes) }
  }

  deinit { unsafe nghttp2_hd_inflate_del(inflater) }

  func send(_ bytes: [UInt8]) { client.send(bytes) }

  func send(_ frames: Frame...) { send(frames.flatMap(\.bytes)) }

  /// The next frame.
  func next() throws -> Frame {
    let head = try client.take(9)
    let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
    let stream = head[5..<9].reduce(0) { $0 << 8 | UInt32($1) }
    let frame = Frame(
      type: head[3], flags: head[4], stream: stream, try client.take(count))
    frames.append(frame)
    return frame
  }

  /// The next frame for which `condition` holds.
  func next(where condition: (Frame) -> Bool) throws -> Frame {
    while true {
      let frame = try next()
      if condition(frame) { return frame }
    }
  }

  /// The whole answer on a stream; frames of other streams are kept for later.
  func answer(stream: UInt32 = 1) throws -> Answer {
    while true {
      if let answer = answers[stream], answer.isWhole { return answer }
      let frame = try next()
      switch frame.kind {
      case .headers:
        let fields = fields(frame.payload)
        answers[frame.stream, default: Answer()].fields = fields
        answers[frame.stream, default: Answer()].status = Int(fields[":status"] ?? "") ?? 0
      case .data: answers[frame.stream, default: Answer()].body += frame.payload
      case .reset where frame.stream == stream:
        throw TestClient.Failed(what: "reset: \(frame.errorCode)")
      default: continue
      }
      answers[frame.stream, default: Answer()].isWhole = frame.isLast
    }
  }

  /// The fields of a section; each section must be passed once and in order, as it changes the
  /// table.
  func fields(_ section: [UInt8]) -> [String: String] {
    var result: [String: String] = [:]
    var rest = section[...]
    while true {
      var field = unsafe nghttp2_nv()
      var flags: Int32 = 0
      let piece = Array(rest)
      let count = unsafe nghttp2_hd_inflate_hd2(inflater, &field, &flags, piece, piece.count, 1)
      guard count >= 0 else { return result }
      rest = rest.dropFirst(count)
      if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
        let name = unsafe String(
          decoding: UnsafeBufferPointer(start: field.name, count: field.namelen), as: UTF8.self)
        result[name] = unsafe String(
          decoding: UnsafeBufferPointer(start: field.value, count: field.valuelen), as: UTF8.self)
      }
      if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
        unsafe nghttp2_hd_inflate_end_headers(inflater)
        return result
      }
    }
  }
}
