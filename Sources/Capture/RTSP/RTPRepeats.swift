// SPDX-License-Identifier: Apache-2.0

/// Recognises packets of RTP that arrive again, by their sequence numbers: a pure state machine.
///
/// libavformat reads a packet with the number of the one before again, and damages the picture.
/// - Source: RFC 3550 §5.1
package struct RTPRepeats: Sendable {
  /// The number of sequence numbers that are remembered.
  private static let count = 128
  /// A larger difference of numbers is another start of the source, RFC 3550 §A.1.
  private static let mostDropout: UInt16 = 3000

  private var source: UInt32?
  private var newest: UInt16 = 0
  /// Bit k: whether the packet of `newest` minus k has arrived.
  private var arrived: UInt128 = 0

  /// No packet has arrived.
  package init() {}

  /// Notes a packet.
  ///
  /// - Returns: whether it has arrived before.
  package mutating func isRepeated(_ packet: [UInt8]) -> Bool {
    guard packet.count >= 12, packet[0] >> 6 == 2 else { return false }
    let number = UInt16(packet[2]) << 8 | UInt16(packet[3])
    let sender = packet[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let (ahead, behind) = (number &- newest, newest &- number)
    guard sender == source, min(ahead, behind) <= Self.mostDropout else {
      (source, newest, arrived) = (sender, number, 1)
      return false
    }
    if ahead != 0, ahead <= Self.mostDropout {
      // A shift by all bits or more leaves none.
      arrived = arrived << UInt128(ahead) | 1
      newest = number
      return false
    }
    guard behind < UInt16(Self.count) else { return false }
    let bit = UInt128(1) << UInt128(behind)
    defer { arrived |= bit }
    return arrived & bit != 0
  }
}
