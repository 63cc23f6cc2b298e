// SPDX-License-Identifier: Apache-2.0

import Checked

extension HEVCParameterSets {
  /// The bytes of a slice segment's NAL unit up to the end of its header, those of the NAL unit's
  /// header, of byte_alignment() and those against start codes included.
  ///
  /// - Parameter unit: the NAL unit, of a type below 32, from its header on; the first bytes
  ///   suffice.
  /// - Returns: nil if the header cannot be read: an unknown parameter set, another layer, or an
  ///   invalid field.
  /// - Source: ITU-T H.265 §7.3.6.1
  package func sliceHeaderSize(_ unit: ArraySlice<UInt8>) -> Int? {
    guard let type = Self.type(unit), type < 32 else { return nil }
    var reader = SliceReader(bits: BitReader(unit: unit.dropFirst(2)), type: type)
    guard reader.read(self) else { return nil }
    return 2 + reader.bits.byteCount
  }
}

/// Reads one slice segment header.
private struct SliceReader {
  var bits: BitReader
  let type: Int
  /// NumPicTotalCurr: the pictures to which the slice may refer (§7.4.7.2).
  private var total = 0
  private var usesTemporalVectors = false
  /// The numbers of active references; 0 for a list that the slice has not.
  private var active = (first: 0, second: 0)

  init(bits: BitReader, type: Int) {
    self.bits = bits
    self.type = type
  }

  private enum Slice: Int {
    case b, p, i
  }

  mutating func read(_ sets: HEVCParameterSets) -> Bool {
    guard let isFirst = bits.flag() else { return false }
    if (16...23).contains(type) { guard bits.flag() != nil else { return false } }
    guard let id = bits.exponential(), let picture = sets.pictures[id],
      let sequence = sets.sequences[picture.sequence]
    else { return false }
    var isDependent = false
    if !isFirst {
      if picture.hasDependentSlices {
        guard let flag = bits.flag() else { return false }
        isDependent = flag
      }
      guard bits.take(sequence.addressBits) != nil else { return false }
    }
    guard isDependent || readFields(sequence, picture),
      !picture.hasEntryPoints || skipEntryPoints(), !picture.hasExtension || skipExtension()
    else { return false }
    // byte_alignment() begins with a bit that is 1.
    return bits.flag() == true
  }

  private mutating func readFields(
    _ sequence: HEVCParameterSets.Sequence, _ picture: HEVCParameterSets.Picture
  ) -> Bool {
    guard bits.take(picture.extraBits) != nil, let code = bits.exponential(),
      let slice = Slice(rawValue: code)
    else { return false }
    if picture.hasOutputFlag { guard bits.flag() != nil else { return false } }
    if sequence.separatesPlanes { guard bits.take(2) != nil else { return false } }
    if type != 19, type != 20 { guard readReferences(sequence) else { return false } }
    var offsets = false
    if sequence.hasOffset {
      guard let luma = bits.flag() else { return false }
      offsets = luma
      if sequence.hasColour {
        guard let chroma = bits.flag() else { return false }
        offsets = luma || chroma
      }
    }
    if slice != .i { guard readPrediction(slice, sequence, picture) else { return false } }
    // slice_qp_delta, and those of the chroma planes
    guard skip(picture.hasColourQP ? 3 : 1) else { return false }
    if picture.hasColourQPList { guard bits.flag() != nil else { return false } }
    var overrides = false
    if picture.overridesDeblocking {
      guard let flag = bits.flag() else { return false }
      overrides = flag
    }
    var isDisabled = picture.disablesDeblocking
    if overrides {
      guard let flag = bits.flag(), flag || skip(2) else { return false }
      isDisabled = flag
    }
    guard picture.filtersAcross, offsets || !isDisabled else { return true }
    return bits.flag() != nil
  }

  /// Reads the picture order count, and the sets of reference pictures.
  private mutating func readReferences(_ sequence: HEVCParameterSets.Sequence) -> Bool {
    guard bits.take(sequence.orderBits) != nil, let isListed = bits.flag() else { return false }
    let sets = sequence.short
    if isListed {
      guard let index = bits.take(HEVCParameterSets.bits(below: sets.count)), index < sets.count
      else { return false }
      total = sets[index].used
    } else {
      guard let set = HEVCReferenceSet(&bits, after: sets, inSlice: true, index: sets.count)
      else { return false }
      total = set.used
    }
    if sequence.hasLong { guard readLong(sequence) else { return false } }
    guard sequence.hasTemporalVectors else { return true }
    guard let flag = bits.flag() else { return false }
    usesTemporalVectors = flag
    return true
  }

  /// Reads the long-term reference pictures.
  private mutating func readLong(_ sequence: HEVCParameterSets.Sequence) -> Bool {
    var listed = 0
    if !sequence.long.isEmpty {
      guard let count = bits.exponential(), count <= 32 else { return false }
      listed = count
    }
    guard let own = bits.exponential(), own <= 32 else { return false }
    for index in 0..<(listed + own) {
      if index < listed {
        guard let candidate = bits.take(HEVCParameterSets.bits(below: sequence.long.count)),
          candidate < sequence.long.count
        else { return false }
        if sequence.long[candidate] { total += 1 }
      } else {
        guard bits.take(sequence.orderBits) != nil, let isUsed = bits.flag() else { return false }
        if isUsed { total += 1 }
      }
      guard let hasCycle = bits.flag(), !hasCycle || skip(1) else { return false }
    }
    return true
  }

  /// Reads the fields of P and B slices.
  private mutating func readPrediction(
    _ slice: Slice, _ sequence: HEVCParameterSets.Sequence, _ picture: HEVCParameterSets.Picture
  ) -> Bool {
    active = (picture.first, slice == .b ? picture.second : 0)
    guard let overrides = bits.flag() else { return false }
    if overrides {
      guard let first = bits.exponential(), first < 15 else { return false }
      active.first = first + 1
      if slice == .b {
        guard let second = bits.exponential(), second < 15 else { return false }
        active.second = second + 1
      }
    }
    if picture.modifiesLists, total > 1 { guard skipModification() else { return false } }
    if slice == .b { guard bits.flag() != nil else { return false } }  // mvd_l1_zero_flag
    if picture.hasCABACChoice { guard bits.flag() != nil else { return false } }
    if usesTemporalVectors {
      var isFirst = true
      if slice == .b {
        guard let flag = bits.flag() else { return false }
        isFirst = flag
      }
      guard (isFirst ? active.first : active.second) <= 1 || skip(1) else { return false }
    }
    if slice == .p ? picture.weighsP : picture.weighsB {
      guard skipWeights(hasColour: sequence.hasColour) else { return false }
    }
    return skip(1)  // five_minus_max_num_merge_cand
  }

  /// ref_pic_lists_modification (§7.3.6.2).
  private mutating func skipModification() -> Bool {
    for count in [active.first, active.second] where count > 0 {
      guard let isModified = bits.flag() else { return false }
      for _ in 0..<(isModified ? count : 0) {
        guard bits.take(HEVCParameterSets.bits(below: total)) != nil else { return false }
      }
    }
    return true
  }

  /// pred_weight_table (§7.3.6.3), whose references are other pictures of the same layer.
  private mutating func skipWeights(hasColour: Bool) -> Bool {
    guard skip(hasColour ? 2 : 1) else { return false }
    for count in [active.first, active.second] where count > 0 {
      var numbers = 0
      for weight in hasColour ? [2, 4] : [2] {
        for _ in 0..<count {
          guard let isCoded = bits.flag() else { return false }
          if isCoded { numbers += weight }
        }
      }
      guard skip(numbers) else { return false }
    }
    return true
  }

  /// Skips the sizes of the substreams: of tiles, or of rows of coding tree units.
  private mutating func skipEntryPoints() -> Bool {
    guard let count = bits.exponential() else { return false }
    guard count > 0 else { return true }
    guard let length = bits.exponential(), length < 32 else { return false }
    for _ in 0..<count { guard bits.take(length + 1) != nil else { return false } }
    return true
  }

  private mutating func skipExtension() -> Bool {
    guard let size = bits.exponential(), size <= 256 else { return false }
    for _ in 0..<size { guard bits.take(8) != nil else { return false } }
    return true
  }

  private mutating func skip(_ count: Int) -> Bool { HEVCParameterSets.skip(&bits, count) }
}
