// SPDX-License-Identifier: Apache-2.0

/// Opus packets: their durations, and their form in MPEG-TS, each after a control header that an
/// unparsed stream keeps.
/// - Source: ETSI TS 103 491 (opus_control_header); 48 kHz throughout (RFC 7845 §5.1)
package enum OpusTransport {
  /// A packet and the number of samples at 48 kHz before it in the same PES packet.
  struct Packet {
    let range: Range<Int>
    let samplesBefore: Int64
  }

  /// The packets in the payload of a PES packet, up to the first with a damaged header.
  static func packets(_ bytes: [UInt8]) -> [Packet] {
    var packets: [Packet] = []
    var (at, samples) = (0, Int64(0))
    // bounded: at + 3 <= count
    while at + 3 <= bytes.count, bytes[at] == 0x7F, bytes[at + 1] & 0xE0 == 0xE0 {
      let flags = bytes[at + 1]
      at += 2
      var size = 0
      while at < bytes.count {
        let part = Int(bytes[at])
        (at, size) = (at + 1, size + part)
        if part < 255 { break }
      }
      // Two bytes for each of the trims at start and end.
      at += (flags & 0x10 != 0 ? 2 : 0) + (flags & 0x08 != 0 ? 2 : 0)
      if flags & 0x04 != 0, at < bytes.count { at += 1 + Int(bytes[at]) }
      guard size > 0, at + size <= bytes.count else { break }
      packets.append(Packet(range: at..<at + size, samplesBefore: samples))
      // bounded: the guard has checked `size` bytes; below 2^20 samples a packet
      samples += samplesOf(bytes[at..<at + size])
      at += size
    }
    return packets
  }

  /// The number of samples of a packet at 48 kHz, from its TOC byte; 0 for an empty packet.
  /// - Source: RFC 6716 §3.1, §3.2
  package static func samplesOf(_ packet: ArraySlice<UInt8>) -> Int64 {
    guard let toc = packet.first else { return 0 }
    let (configuration, code) = (Int(toc >> 3), toc & 3)
    let frame: Int64 =
      switch configuration {
      case 0..<12: [480, 960, 1920, 2880][configuration % 4]
      case 12..<16: [480, 960][configuration % 2]
      default: [120, 240, 480, 960][configuration % 4]
      }
    switch code {
    case 0: return frame
    // bounded: at most 2880
    case 1, 2: return 2 * frame
    // bounded: a second byte exists; 63 times 2880
    default: return packet.count > 1 ? Int64(packet[packet.startIndex + 1] & 0x3F) * frame : frame
    }
  }
}
