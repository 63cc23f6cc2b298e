// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Time

/// A member of a JSON object in the request for an event.
enum JSONMember: Decodable, Equatable {
  case text(String)
  case number(Double)
  /// Any other value.
  case other

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if (try? container.decode(Bool.self)) == nil,
      let number = try? container.decode(Double.self)
    {
      self = .number(number)
    } else {
      self = .other
    }
  }

  var text: String? { if case .text(let text) = self { text } else { nil } }

  /// A number of seconds, to the millisecond; nil for other values.
  var interval: Interval? {
    guard case .number(let seconds) = self, seconds.isFinite else { return nil }
    // bounded: floating
    return Int64(exactly: (seconds * 1000).rounded()).map(Interval.milliseconds)
  }

  /// The members of an object; nil if the bytes are no object whose members all readers find.
  static func members(of bytes: [UInt8]) -> [String: JSONMember]? {
    try? JSONDecoder().decode([String: JSONMember].self, from: Data(bytes))
  }
}
