// SPDX-License-Identifier: Apache-2.0

package import Media

/// The caption services that pictures have had: a pure state machine.
///
/// A service is seen with its first character; control codes and padding are no captions.
/// - Source: ANSI/CTA-608-E §8; ANSI/CTA-708-E §5, §6
package struct CaptionServices: Sendable {
  /// The receiver of the characters of a field.
  private enum Receiver {
    /// It is not known yet, or it is the text service or program information.
    case none
    case channel(Int)
  }

  /// The services with characters, since the start.
  package private(set) var seen: Set<CaptionService> = []
  private var receivers = [Receiver.none, Receiver.none]
  /// The packet of CEA-708 whose bytes arrive, with its size; at most 127 bytes.
  private var packet: (bytes: [UInt8], size: Int) = ([], 0)

  /// Reads the captions of a picture.
  package mutating func take(_ data: CaptionData) {
    for triplet in data.triplets {
      switch triplet.kind {
      case 0, 1: takePair(triplet.first & 0x7F, triplet.second & 0x7F, field: Int(triplet.kind))
      case 3: beginPacket(triplet)
      default: continuePacket(triplet)
      }
    }
  }

  // MARK: CEA-608

  private mutating func takePair(_ first: UInt8, _ second: UInt8, field: Int) {
    switch first {
    case 0x10...0x1F:
      // bounded: two fields of two channels
      let channel = field * 2 + (first & 8 == 0 ? 1 : 2)
      if let receiver = Self.receiver(after: first, second, channel: channel) {
        receivers[field] = receiver
      } else if case .channel = receivers[field] {
        // A code of a row or a colour is of the channel that it names.
        receivers[field] = .channel(channel)
      }
    case 0x01...0x0F: receivers[field] = .none
    case 0x20...0x7F:
      if case .channel(let number) = receivers[field] { seen.insert(.channel(number)) }
    default: break
    }
  }

  /// The receiver of the characters after a control code; nil if the code does not change it.
  private static func receiver(after first: UInt8, _ second: UInt8, channel: Int) -> Receiver? {
    guard first & 0x16 == 0x14 else { return nil }
    switch second {
    // RCL, RU2 to RU4, RDC.
    case 0x20, 0x25...0x27, 0x29: return .channel(channel)
    // TR, RTD.
    case 0x2A, 0x2B: return Receiver.none
    default: return nil
    }
  }

  // MARK: CEA-708

  private mutating func beginPacket(_ triplet: CaptionData.Triplet) {
    let code = Int(triplet.first & 0x3F)
    // bounded: six bits
    packet = ([triplet.second], code == 0 ? 127 : code * 2 - 1)
    endPacket()
  }

  private mutating func continuePacket(_ triplet: CaptionData.Triplet) {
    guard packet.size > 0 else { return }
    packet.bytes += [triplet.first, triplet.second]
    endPacket()
  }

  /// Reads the service blocks of a packet that is complete.
  private mutating func endPacket() {
    guard packet.bytes.count >= packet.size else { return }
    var rest = packet.bytes.prefix(packet.size)
    packet = ([], 0)
    while let head = rest.popFirst() {
      var number = Int(head >> 5)
      let size = Int(head & 0x1F)
      if number == 7, size > 0 {
        guard let extended = rest.popFirst() else { return }
        number = Int(extended & 0x3F)
      }
      // Null blocks fill the rest.
      guard number > 0, size > 0, size <= rest.count else { return }
      if rest.prefix(size).contains(where: { $0 >= 0x20 && $0 < 0x80 || $0 >= 0xA0 }) {
        seen.insert(.service(number))
      }
      rest = rest.dropFirst(size)
    }
  }
}
