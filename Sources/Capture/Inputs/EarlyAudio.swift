// SPDX-License-Identifier: Apache-2.0

import Time

/// The audio of a connection that arrives before its video is described.
///
/// A track of CMAF states its samples when the next one is known, and the end of a PES packet shows
/// with the next one: the first picture arrives a frame duration after the sound of its time.
struct EarlyAudio {
  /// How long audio is kept.
  static let span = Interval.seconds(1)
  /// The most packets and bytes that are kept.
  static let (maximumCount, maximumBytes) = (20_000, 32 << 20)

  private var packets: [AudioPacket] = []
  private var byteCount = 0

  /// Takes the units that were read together.
  ///
  /// - Returns: the units that the connection supplies now; once it is described, after the kept
  ///   audio.
  mutating func take(_ units: [InputUnit], isDescribed: Bool) -> [InputUnit] {
    guard !isDescribed else {
      guard !packets.isEmpty else { return units }
      defer { (packets, byteCount) = ([], 0) }
      return packets.map { .audio($0) } + units
    }
    return units.filter { unit in
      guard case .audio(let packet) = unit else { return true }
      keep(packet)
      return false
    }
  }

  private mutating func keep(_ packet: AudioPacket) {
    packets.append(packet)
    byteCount += packet.bytes.count  // bounded: by the limit of bytes and one packet
    let oldest = packet.arrival - Self.span
    var dropped = 0
    while dropped < packets.count,
      packets[dropped].arrival < oldest || packets.count - dropped > Self.maximumCount
        || byteCount > Self.maximumBytes
    {
      byteCount -= packets[dropped].bytes.count
      dropped += 1
    }
    packets.removeFirst(dropped)
  }
}
