// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Media
import Net

/// A line of the access log: one answer, without secrets and with the viewer's address masked.
struct AccessLine {
  private let record: ExchangeRecord
  private let time: String
  private let target: String
  /// The Media Sequence Number and part index that were asked for, as printed on the wire.
  let number: UInt64?
  let part: UInt64?

  /// The line of an answer that ended at `wall`, nanoseconds since 1970.
  init(_ record: ExchangeRecord, wall: Int64) {
    self.record = record
    time = UTCTime(nanoseconds: wall).text
    let request = record.request
    let query = request.query.map { "?" + $0 } ?? ""
    target = Redaction.redact(request.rawPath + query)
    let name = request.rawPath.split(separator: "/").last ?? ""
    if name.hasPrefix("segment"), name.hasSuffix(".m4s") {
      let numbers = name.dropFirst(7).dropLast(4).split(separator: ".")
      number = numbers.first.flatMap { UInt64($0) }
      part = numbers.count > 1 ? UInt64(numbers[1]) : nil
    } else {
      let items = query.isEmpty ? [] : request.queryItems
      number = items.first { $0.name == "_HLS_msn" }.flatMap { UInt64($0.value) }
      part = items.first { $0.name == "_HLS_part" }.flatMap { UInt64($0.value) }
    }
  }

  /// For people, and for tools that split at spaces: nothing in it but the spaces between its fields is a space.
  var text: String {
    var line =
      "\(time) \(record.peer.masked) \(method) \(target.isEmpty ? "-" : target) \(record.status)"
      + " bytes=\(record.bytesSent) hold_ms=\(hold) send_ms=\(send) kind=\(record.kind.name)"
    if let number { line += " msn=\(number)" }
    if let part { line += " part=\(part)" }
    if record.cut { line += " cut" }
    return line
  }

  /// One JSON object.
  var json: String {
    var line =
      "{\"ts\":\"\(time)\",\"event\":\"access\",\"peer\":\"\(record.peer.masked)\""
      + ",\"method\":\(JSONText.quoted(method)),\"path\":\(JSONText.quoted(target))"
      + ",\"code\":\(record.status),\"bytes\":\(record.bytesSent),\"hold_ms\":\(hold)"
      + ",\"send_ms\":\(send),\"kind\":\"\(record.kind.name)\""
    if let number { line += ",\"msn\":\(number)" }
    if let part { line += ",\"part\":\(part)" }
    return line + ",\"cut\":\(record.cut)}"
  }

  private var method: String {
    record.request.methodText.isEmpty ? "-" : record.request.methodText
  }

  /// From the request to the first byte of the answer, or to the end where there was none.
  private var hold: String {
    Self.milliseconds((record.begun > 0 ? record.begun : record.ended) - record.asked)
  }

  /// From the first byte of the answer to the last that the kernel took.
  private var send: String {
    Self.milliseconds(record.begun > 0 ? record.ended - record.begun : 0)
  }

  private static func milliseconds(_ nanoseconds: Int64) -> String {
    Decimal.string(max(0, nanoseconds) / 1000, digits: 3)
  }
}
