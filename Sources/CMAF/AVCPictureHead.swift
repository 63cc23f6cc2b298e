// SPDX-License-Identifier: Apache-2.0

import Checked

/// The fields of a slice header by which the pictures of H.264 are told apart and ordered.
///
/// - Source: ITU-T H.264 §7.3.3
package struct AVCPictureHead: Sendable, Equatable {
  /// Whether it is an IDR picture.
  package let isIDR: Bool
  /// Whether other pictures refer to it: nal_ref_idc is not 0.
  package let isReference: Bool
  /// The number of the frame: frame_num.
  package let frameNumber: Int
  /// Whether it is a field: field_pic_flag.
  package let isField: Bool
  /// Whether it is a bottom field: bottom_field_flag.
  package let isBottom: Bool
  /// Whether it is a redundant coded picture: redundant_pic_cnt is not 0.
  package let isRedundant: Bool
  /// pic_order_cnt_lsb; nil if the order follows from other fields.
  package let order: Int?
  /// The number of values of pic_order_cnt_lsb.
  package let orderCount: Int

  /// Whether it is the second field of the frame whose first field is `first`.
  ///
  /// - Source: ITU-T H.264 §3.30 (complementary field pairs)
  package func completes(_ first: AVCPictureHead) -> Bool {
    isField && first.isField && isBottom != first.isBottom && frameNumber == first.frameNumber
      && !isIDR
  }
}

extension AVCParameterSets {
  /// The picture of a slice.
  ///
  /// - Parameter unit: the NAL unit, of type 1, 2 or 5, from its header on; its first bytes do.
  /// - Returns: nil if the header cannot be read, or the parameter sets are unknown.
  /// - Source: ITU-T H.264 §7.3.3
  package func pictureHead(_ unit: ArraySlice<UInt8>) -> AVCPictureHead? {
    guard let first = unit.first, [1, 2, 5].contains(first & 0x1F) else { return nil }
    var bits = BitReader(unit: unit.dropFirst())
    guard bits.exponential() != nil, bits.exponential() != nil, let id = bits.exponential(),
      let picture = pictures[id], let sequence = sequences[picture.sequence]
    else { return nil }
    if sequence.separatesPlanes { guard bits.take(2) != nil else { return nil } }
    guard let number = bits.take(sequence.frameNumberBits) else { return nil }
    var (isField, isBottom) = (false, false)
    if !sequence.hasFramesOnly {
      guard let field = bits.flag() else { return nil }
      isField = field
      if field {
        guard let bottom = bits.flag() else { return nil }
        isBottom = bottom
      }
    }
    let isIDR = first & 0x1F == 5
    if isIDR { guard bits.exponential() != nil else { return nil } }
    var order: Int?
    if sequence.orderType == 0 {
      var copy = bits
      order = copy.take(sequence.orderBits)
    }
    var isRedundant = false
    if picture.hasRedundant {
      guard skipOrder(&bits, sequence, picture, isField), let count = bits.exponential() else {
        return nil
      }
      isRedundant = count > 0
    }
    return AVCPictureHead(
      isIDR: isIDR, isReference: first & 0x60 != 0, frameNumber: number, isField: isField,
      isBottom: isBottom, isRedundant: isRedundant, order: order,
      orderCount: 1 << sequence.orderBits)
  }
}
