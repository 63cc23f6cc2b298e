// SPDX-License-Identifier: Apache-2.0

/// A service of closed captions: a channel of CEA-608, or a service of CEA-708.
package enum CaptionService: Sendable, Hashable, Comparable {
  /// CC1 to CC4: two channels in each of two fields.
  case channel(Int)
  /// SERVICE1 to SERVICE63.
  case service(Int)

  /// The service with this name; nil for other texts.
  package init?(_ name: some StringProtocol) {
    func number(after prefix: String, _ range: ClosedRange<Int>) -> Int? {
      guard name.hasPrefix(prefix) else { return nil }
      let digits = name.dropFirst(prefix.utf8.count)
      guard digits.first != "0", let number = Int(digits), range.contains(number) else {
        return nil
      }
      return number
    }
    if let number = number(after: "CC", 1...4) {
      self = .channel(number)
    } else if let number = number(after: "SERVICE", 1...63) {
      self = .service(number)
    } else {
      return nil
    }
  }

  /// INSTREAM-ID: `CC1`, or `SERVICE1`.
  /// - Source: RFC 8216bis §4.4.6.1
  package var name: String {
    switch self {
    case .channel(let number): "CC\(number)"
    case .service(let number): "SERVICE\(number)"
    }
  }
}
