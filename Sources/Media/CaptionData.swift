// SPDX-License-Identifier: Apache-2.0

/// The captions of a picture: the triplets of ATSC A/53 in its SEI messages.
///
/// Accepts any bytes; bounded by the size of the unit.
/// - Source: ATSC A/53 Part 4 §6.2.3
package struct CaptionData: Sendable, Equatable {
  /// One triplet of cc_data.
  package struct Triplet: Sendable, Equatable {
    /// cc_type: 0 and 1 are the fields of CEA-608; 2 continues a packet of CEA-708, 3 begins one.
    package let kind: UInt8
    /// cc_data_1.
    package let first: UInt8
    /// cc_data_2.
    package let second: UInt8
  }

  /// The bytes of a triplet.
  package static let tripletSize = 3
  /// The most triplets of a picture: cc_count has five bits.
  package static let maximumTriplets = 31

  /// The valid triplets, in order; at least one.
  package let triplets: [Triplet]

  /// The captions in an SEI unit; nil if it has none.
  ///
  /// - Parameters:
  ///   - unit: the unit without length or start code.
  ///   - headerSize: the size of the unit's header: 1 for H.264, 2 for HEVC.
  package init?(unit: [UInt8], headerSize: Int) {
    let triplets = SEIMessages(unit: unit[...], headerSize: headerSize).all
      .filter { $0.type == Self.registered }.flatMap { Self.triplets($0.payload) }
    guard !triplets.isEmpty else { return nil }
    self.triplets = triplets
  }

  /// user_data_registered_itu_t_t35.
  private static let registered = 4
  /// The country, the provider, `GA94`, and the type of captions.
  private static let head: [UInt8] = [0xB5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03]

  private static func triplets(_ message: ArraySlice<UInt8>) -> [Triplet] {
    guard message.starts(with: head), let flags = message.dropFirst(head.count).first,
      // process_cc_data_flag
      flags & 0x40 != 0
    else { return [] }
    // After the flags is em_data.
    var rest = message.dropFirst(head.count + 2)
    var triplets: [Triplet] = []
    for _ in 0..<flags & 0x1F {
      guard rest.count >= tripletSize else { break }
      let bytes = Array(rest.prefix(tripletSize))
      rest = rest.dropFirst(tripletSize)
      // cc_valid
      guard bytes[0] & 4 != 0 else { continue }
      triplets.append(Triplet(kind: bytes[0] & 3, first: bytes[1], second: bytes[2]))
    }
    return triplets
  }
}
