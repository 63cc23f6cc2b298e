// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Media
import Net
import Packaging
import Time

/// A line of the access log: one response, without secrets, with the client's address masked.
struct AccessLine {
  private let record: ExchangeRecord
  private let time: String
  private let target: String
  /// The requested Media Sequence Number and Part Index, as in the URL.
  let number: UInt64?
  let part: UInt64?
  private let trace: TraceParent?

  /// The line of a response that ended at `wall`.
  init(_ record: ExchangeRecord, wall: WallTime) {
    self.record = record
    time = UTCTime(wall).text
    let request = record.request
    trace = request.header("traceparent").flatMap { TraceParent($0) }
    let query = request.query.map { "?" + $0 } ?? ""
    target = Redaction.redact(Self.cut(request.rawPath + query))
    let name = request.rawPath.split(separator: "/").last ?? ""
    switch MediaName(name) {
    case .segment(let segment), .text(let segment): (number, part) = (segment.value, nil)
    case .part(let index, let segment): (number, part) = (segment.value, UInt64(index))
    case .header, nil:
      let items = query.isEmpty ? [] : request.queryItems
      number = items.first { $0.name == "_HLS_msn" }.flatMap { UInt64($0.value) }
      part = items.first { $0.name == "_HLS_part" }.flatMap { UInt64($0.value) }
    }
  }

  /// The first 1024 bytes of a target: work for longer targets could fill the queue of lines.
  private static func cut(_ target: String) -> String {
    guard target.utf8.count > 1024 else { return target }
    return String(decoding: target.utf8.prefix(1024), as: UTF8.self) + "…"
  }

  /// The line as text, for people and for tools that split at spaces: no field contains a space.
  var text: String {
    var line =
      "\(time) \(record.peer.masked) \(method) \(target.isEmpty ? "-" : target) \(record.status)"
      + " bytes=\(record.bytesSent) hold_ms=\(hold) send_ms=\(send) kind=\(record.kind.name)"
    if let number { line += " msn=\(number)" }
    if let part { line += " part=\(part)" }
    if let trace { line += " trace=\(trace.trace) span=\(trace.span)" }
    if record.cut { line += " cut" }
    return line
  }

  /// The line as a JSON object.
  var json: String {
    var line =
      "{\"ts\":\"\(time)\",\"event\":\"access\",\"peer\":\"\(record.peer.masked)\""
      + ",\"method\":\(JSONText.quoted(method)),\"path\":\(JSONText.quoted(target))"
      + ",\"code\":\(record.status),\"bytes\":\(record.bytesSent),\"hold_ms\":\(hold)"
      + ",\"send_ms\":\(send),\"kind\":\"\(record.kind.name)\""
    if let number { line += ",\"msn\":\(number)" }
    if let part { line += ",\"part\":\(part)" }
    if let trace { line += ",\"trace\":\"\(trace.trace)\",\"span\":\"\(trace.span)\"" }
    return line + ",\"cut\":\(record.cut)}"
  }

  private var method: String {
    record.request.methodText.isEmpty ? "-" : record.request.methodText
  }

  /// Milliseconds from the request to the first byte of the response, or to the end if it has none.
  private var hold: String {
    Self.milliseconds((record.begun ?? record.ended) - record.asked)
  }

  /// Milliseconds from the first byte of the response to the last byte that the kernel took.
  private var send: String {
    Self.milliseconds(record.begun.map { record.ended - $0 } ?? .zero)
  }

  private static func milliseconds(_ interval: Interval) -> String {
    Decimal.string(max(.zero, interval).microseconds, digits: 3)
  }
}
