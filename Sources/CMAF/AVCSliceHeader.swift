// SPDX-License-Identifier: Apache-2.0

import Checked

extension AVCParameterSets {
  /// The bytes of a slice's NAL unit up to the end of its slice header, those of the NAL unit's
  /// header and those against start codes included.
  ///
  /// - Parameter unit: the NAL unit, of type 1 or 5, from its header on; the first bytes suffice.
  /// - Returns: nil if the header cannot be read: an unknown parameter set, slice groups, or an
  ///   invalid field.
  /// - Source: ITU-T H.264 §7.3.3
  package func sliceHeaderSize(_ unit: ArraySlice<UInt8>) -> Int? {
    guard let first = unit.first else { return nil }
    var bits = BitReader(unit: unit.dropFirst())
    guard readSliceHeader(&bits, type: Int(first) & 0x1F, isReference: first & 0x60 != 0) else {
      return nil
    }
    return 1 + bits.byteCount
  }

  private func readSliceHeader(_ bits: inout BitReader, type: Int, isReference: Bool) -> Bool {
    guard bits.exponential() != nil, let slice = bits.exponential(), slice <= 9,
      let id = bits.exponential(), let picture = pictures[id],
      let sequence = sequences[picture.sequence]
    else { return false }
    if sequence.separatesPlanes { guard bits.take(2) != nil else { return false } }
    guard bits.take(sequence.frameNumberBits) != nil else { return false }
    var isField = false
    if !sequence.hasFramesOnly {
      guard let field = bits.flag() else { return false }
      isField = field
      if field { guard bits.flag() != nil else { return false } }
    }
    if type == 5 { guard bits.exponential() != nil else { return false } }
    guard skipOrder(&bits, sequence, picture, isField) else { return false }
    if picture.hasRedundant { guard bits.exponential() != nil else { return false } }
    // P, B, I, SP, SI (table 7-6)
    let kind = slice % 5
    var references = picture.references
    if kind == 1 { guard bits.flag() != nil else { return false } }
    if kind == 0 || kind == 1 || kind == 3 {
      guard let overrides = bits.flag() else { return false }
      if overrides {
        guard let first = bits.exponential(), first < 32 else { return false }
        references.first = first + 1
        if kind == 1 {
          guard let second = bits.exponential(), second < 32 else { return false }
          references.second = second + 1
        }
      }
      guard skipModification(&bits) else { return false }
      if kind == 1 { guard skipModification(&bits) else { return false } }
    }
    if picture.weighsP && (kind == 0 || kind == 3) || picture.weighsB == 1 && kind == 1 {
      let hasColour = !sequence.isMonochrome && !sequence.separatesPlanes
      guard skipWeights(&bits, references, isTwoWay: kind == 1, hasColour) else { return false }
    }
    if isReference { guard skipMarking(&bits, isIDR: type == 5) else { return false } }
    if picture.usesCABAC, kind != 2, kind != 4 {
      guard bits.exponential() != nil else { return false }
    }
    guard bits.exponential() != nil else { return false }  // slice_qp_delta
    if kind == 3 { guard bits.flag() != nil else { return false } }
    if kind == 3 || kind == 4 { guard bits.exponential() != nil else { return false } }
    guard picture.controlsDeblocking else { return true }
    guard let filter = bits.exponential() else { return false }
    return filter == 1 || bits.exponential() != nil && bits.exponential() != nil
  }

  func skipOrder(
    _ bits: inout BitReader, _ sequence: Sequence, _ picture: Picture, _ isField: Bool
  ) -> Bool {
    if sequence.orderType == 0 {
      guard bits.take(sequence.orderBits) != nil else { return false }
      return !picture.hasBottomOrder || isField || bits.exponential() != nil
    }
    guard sequence.orderType == 1, !sequence.hasConstantDelta else { return true }
    guard bits.exponential() != nil else { return false }
    return !picture.hasBottomOrder || isField || bits.exponential() != nil
  }

  /// ref_pic_list_modification (§7.3.3.1).
  private func skipModification(_ bits: inout BitReader) -> Bool {
    guard let isPresent = bits.flag() else { return false }
    guard isPresent else { return true }
    for _ in 0..<66 {
      guard let operation = bits.exponential(), operation <= 3 else { return false }
      if operation == 3 { return true }
      guard bits.exponential() != nil else { return false }
    }
    return false
  }

  /// pred_weight_table (§7.3.3.2).
  private func skipWeights(
    _ bits: inout BitReader, _ references: References, isTwoWay: Bool, _ hasColour: Bool
  ) -> Bool {
    guard bits.exponential() != nil else { return false }
    if hasColour { guard bits.exponential() != nil else { return false } }
    for count in [references.first] + (isTwoWay ? [references.second] : []) {
      for _ in 0..<count {
        guard let hasLuma = bits.flag() else { return false }
        for _ in 0..<(hasLuma ? 2 : 0) { guard bits.exponential() != nil else { return false } }
        guard hasColour else { continue }
        guard let hasChroma = bits.flag() else { return false }
        for _ in 0..<(hasChroma ? 4 : 0) { guard bits.exponential() != nil else { return false } }
      }
    }
    return true
  }

  /// dec_ref_pic_marking (§7.3.3.3).
  private func skipMarking(_ bits: inout BitReader, isIDR: Bool) -> Bool {
    if isIDR { return bits.take(2) != nil }
    guard let isAdaptive = bits.flag() else { return false }
    guard isAdaptive else { return true }
    for _ in 0..<66 {
      guard let operation = bits.exponential(), operation <= 6 else { return false }
      if operation == 0 { return true }
      if operation != 5 { guard bits.exponential() != nil else { return false } }
      if operation == 3 { guard bits.exponential() != nil else { return false } }
    }
    return false
  }
}
