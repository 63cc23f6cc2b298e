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
  ///   - codec: its codec.
  package init?(unit: ArraySlice<UInt8>, _ codec: NALCodec) {
    let triplets = SEIMessages(unit: unit, codec).all
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
    // bounded: five bits
    let data = message.dropFirst(head.count + 2).prefix(Int(flags & 0x1F) * tripletSize)
    let bytes = valid(Array(data))
    return stride(from: 0, to: bytes.count, by: tripletSize).map { place in
      // bounded: whole triplets
      Triplet(kind: bytes[place] & 3, first: bytes[place + 1], second: bytes[place + 2])
    }
  }

  /// The whole triplets of cc_data with cc_valid: the others fill the bit rate.
  package static func valid(_ data: [UInt8]) -> [UInt8] {
    var found: [UInt8] = []
    var rest = data[...]  // bounded: the whole array
    while rest.count >= tripletSize {
      let triplet = rest.prefix(tripletSize)
      rest = rest.dropFirst(tripletSize)
      if let first = triplet.first, first & 4 != 0 { found += triplet }
    }
    return found
  }
}
