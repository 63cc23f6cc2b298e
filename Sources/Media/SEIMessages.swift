// SPDX-License-Identifier: Apache-2.0

internal import Checked

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
  ///   - codec: its codec.
  package init(unit: ArraySlice<UInt8>, _ codec: NALCodec) {
    var bits = BitReader(unit: unit.dropFirst(codec.headerSize))
    var bytes: [UInt8] = []
    while let byte = bits.take(8) { bytes.append(UInt8(clamping: byte)) }
    var rest = bytes[...]  // bounded: the whole array
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
}
