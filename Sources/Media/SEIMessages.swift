// SPDX-License-Identifier: Apache-2.0

/// The messages in a NAL unit of supplemental enhancement information.
///
/// Accepts any bytes; bounded by the size of the unit. A message that is cut off is left out.
/// - Source: ITU-T H.264 §7.3.2.3.1, §7.4.1; ITU-T H.265 §7.3.5
package struct SEIMessages: Sendable {
  /// A message.
  package struct Message: Sendable {
    /// payloadType.
    package let type: Int
    /// The payload, without the bytes that prevent start codes.
    package let payload: ArraySlice<UInt8>
  }

  /// The messages, in order.
  package let all: [Message]

  /// The messages of a unit.
  ///
  /// - Parameters:
  ///   - unit: the unit with its header, without length or start code.
  ///   - headerSize: the size of the header: 1 for H.264, 2 for HEVC.
  package init(unit: ArraySlice<UInt8>, headerSize: Int) {
    var rest = Self.unescaped(unit.dropFirst(headerSize))[...]
    /// A type or a size: bytes of 255 and one other byte.
    func number() -> Int? {
      var sum = 0
      while let byte = rest.popFirst() {
        // bounded: at most 255 times the size of the unit
        sum += Int(byte)
        if byte < 255 { return sum }
      }
      return nil
    }
    var all: [Message] = []
    while let type = number(), let size = number(), size <= rest.count {
      all.append(Message(type: type, payload: rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    self.all = all
  }

  /// The bytes without those that prevent start codes.
  private static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var found: [UInt8] = []
    found.reserveCapacity(bytes.count)
    var zeros = 0
    for byte in bytes {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      found.append(byte)
    }
    return found
  }
}
