// SPDX-License-Identifier: Apache-2.0

internal import Checked
internal import Media

extension Rotation {
  /// The payload type of the display orientation.
  private static let displayOrientation = 47

  /// The rotation by the display orientation in a NAL unit of SEI; nil if the unit has none.
  ///
  /// An orientation that is cancelled is none. A single flip is ignored, both are a half turn.
  /// - Parameters:
  ///   - unit: the NAL unit, with its header.
  ///   - codec: its codec.
  /// - Source: ITU-T H.264 §D.1.26, §D.2.26; ITU-T H.265 §D.2.17
  init?(sei unit: ArraySlice<UInt8>, _ codec: NALCodec) {
    let messages = SEIMessages(unit: unit, codec).all
    guard let message = messages.first(where: { $0.type == Self.displayOrientation }) else {
      return nil
    }
    var bits = BitReader(message.payload)
    guard bits.flag() == false, let isMirrored = bits.flag(), let isFlipped = bits.flag(),
      let anticlockwise = bits.take(16)
    else { return nil }
    // bounded: 16 bits for a whole turn
    let quarters = (anticlockwise + 0x2000) >> 14
    let turns = (isMirrored && isFlipped ? 2 : 0) - quarters
    self = Rotation(rawValue: turns & 3) ?? .none
  }
}
