// SPDX-License-Identifier: Apache-2.0

import Sharing

/// A header field: a name and a value.
package struct HeaderField: Sendable, Hashable {
  /// The name, in any case.
  package let name: String
  /// The value, without surrounding spaces.
  package let value: String

  /// A field; control characters in the value are written as spaces, so that no value can end its
  /// line.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  func append(to head: inout [UInt8]) {
    head.append(contentsOf: name.utf8)
    head.append(UInt8(ascii: ":"))
    head.append(UInt8(ascii: " "))
    head.append(contentsOf: value.utf8.lazy.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 })
    head.append(0x0D)
    head.append(0x0A)
  }

  /// Whether the name is `other`, without regard to case.
  package func isNamed(_ other: String) -> Bool {
    name.utf8.elementsEqual(other.utf8) { lowercased($0) == lowercased($1) }
  }
}

/// Status and fields of a response in the form of HTTP/2: names in lower case, without the fields
/// of a connection.
///
/// - Source: RFC 9113 §8.2, §8.3.2
struct FieldBlock: Sendable {
  /// The position of a name and its value in `bytes`.
  struct FieldPosition: Sendable {
    let nameStart, nameCount, valueStart, valueCount: Int
  }

  let bytes: SharedBytes
  /// `:status` is the first field, `content-length` the last, if the block has them.
  let fields: [FieldPosition]
  let hasLength: Bool

  /// A block of these fields; `status` is nil for fields that are added to another block.
  init(status: Int?, fields: [HeaderField], contentLength: Int? = nil) {
    var bytes: [UInt8] = []
    var offsets: [FieldPosition] = []
    func add(_ name: String, _ value: String) {
      let start = bytes.count
      bytes.append(contentsOf: name.utf8.lazy.map(lowercased))
      let middle = bytes.count
      bytes.append(contentsOf: value.utf8.lazy.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 })
      offsets.append(
        FieldPosition(
          nameStart: start, nameCount: middle - start, valueStart: middle,
          valueCount: bytes.count - middle))
    }
    if let status { add(":status", String(status)) }
    for field in fields where !Self.isConnectionField(field) { add(field.name, field.value) }
    if let contentLength { add("content-length", String(contentLength)) }
    self.bytes = SharedBytes(bytes)
    self.fields = offsets
    hasLength = contentLength != nil
  }

  /// RFC 9113 §8.2.2.
  private static func isConnectionField(_ field: HeaderField) -> Bool {
    ["connection", "keep-alive", "transfer-encoding", "upgrade"].contains { field.isNamed($0) }
  }
}

/// The priority of a response among the others of its connection.
///
/// - Source: RFC 9218 §4
package struct ResponsePriority: Sendable, Equatable {
  /// 0 is the most urgent, 7 the least.
  package let urgency: Int
  /// Whether the client uses the response in pieces; it then alternates with others of its urgency.
  package let isIncremental: Bool

  /// Reads a `Priority` field; nil without a valid urgency.
  init?(_ value: String?) {
    guard let value else { return nil }
    var urgency: Int?
    var isIncremental = false
    for item in value.split(separator: ",") {
      let text = item.filter { $0 != " " && $0 != "\t" }
      if text.hasPrefix("u=") { urgency = Int(text.dropFirst(2)) }
      if text == "i" || text == "i=?1" { isIncremental = true }
    }
    guard let urgency, (0...7).contains(urgency) else { return nil }
    self.urgency = urgency
    self.isIncremental = isIncremental
  }
}
