// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked

/// The sequence and picture parameter sets of HEVC on which the length of a slice segment header
/// depends.
///
/// Accepts any bytes; a set that cannot be read is left out, and so are those of screen content
/// coding and of several layers, whose slice segment headers have other fields.
/// - Source: ITU-T H.265 §7.3.2.2, §7.3.2.3
package struct HEVCParameterSets: Sendable, Equatable {
  /// The fields of a sequence parameter set.
  struct Sequence: Sendable, Equatable {
    var separatesPlanes = false
    /// ChromaArrayType is not 0.
    var hasColour = true
    /// The bits of slice_segment_address.
    var addressBits = 0
    var orderBits = 4
    var hasOffset = false
    var short: [HEVCReferenceSet] = []
    var hasLong = false
    /// UsedByCurrPicLtSps of each candidate.
    var long: [Bool] = []
    var hasTemporalVectors = false
  }

  /// The fields of a picture parameter set.
  struct Picture: Sendable, Equatable {
    var sequence = 0
    var hasDependentSlices = false
    var hasOutputFlag = false
    var extraBits = 0
    var hasCABACChoice = false
    var first = 1
    var second = 1
    var hasColourQP = false
    var hasColourQPList = false
    var weighsP = false
    var weighsB = false
    /// Tiles, or a wavefront of rows.
    var hasEntryPoints = false
    var filtersAcross = false
    var overridesDeblocking = false
    var disablesDeblocking = false
    var modifiesLists = false
    var hasExtension = false
  }

  private(set) var sequences: [Int: Sequence] = [:]
  private(set) var pictures: [Int: Picture] = [:]

  /// No sets.
  package init() {}

  /// The sets of a decoder configuration, `hvcC`.
  ///
  /// - Source: ISO/IEC 14496-15 §8.3.3.1
  package init(configuration: [UInt8]) {
    var cursor = ByteCursor(configuration, from: 22)
    guard let kinds = cursor.integer(1) else { return }
    for _ in 0..<kinds {
      // The type of the NAL units, and their number.
      guard cursor.take(1) != nil, let count = cursor.integer(2),
        cursor.takeSets(count, { add($0) })
      else { return }
    }
  }

  /// Reads a NAL unit of type 33 or 34 of the base layer; others are ignored.
  package mutating func add(_ unit: ArraySlice<UInt8>) {
    guard let type = Self.type(unit) else { return }
    var bits = BitReader(unit: unit.dropFirst(2))
    switch type {
    case 33:
      if let (id, set) = Self.sequence(&bits), id < 16 { sequences[id] = set }
    case 34:
      if let (id, set) = Self.picture(&bits), id < 64 { pictures[id] = set }
    default: break
    }
  }

  /// The type of a NAL unit; nil unless it has a header, and belongs to the base layer.
  static func type(_ unit: ArraySlice<UInt8>) -> Int? {
    guard unit.count > 2, let first = unit.first, let second = unit.dropFirst().first,
      first & 1 == 0, second >> 3 == 0
    else { return nil }
    return Int(first >> 1)
  }

  /// The bits of a number below `count`.
  static func bits(below count: Int) -> Int {
    count > 1 ? Int.bitWidth - (count - 1).leadingZeroBitCount : 0
  }

  /// The profiles of several layers and of screen content coding (Annexes G, H and I, §A.3.7).
  private static let otherProfiles = 6...11

  private static func sequence(_ bits: inout BitReader) -> (Int, Sequence)? {
    guard let head = HEVCSequenceHead(&bits), let profile = head.profile.first,
      !otherProfiles.contains(Int(profile & 0x1F)), (1...65_536).contains(head.width),
      (1...65_536).contains(head.height), let order = bits.exponential(), order <= 12,
      let hasLayers = bits.flag()
    else { return nil }
    var set = Sequence()
    set.separatesPlanes = head.separatesPlanes
    set.hasColour = head.chroma != 0 && !head.separatesPlanes
    set.orderBits = order + 4
    for _ in 0..<(hasLayers ? Int(head.layers) : 1) {
      guard skip(&bits, 3) else { return nil }
    }
    guard let block = bits.exponential(), block <= 3, let depth = bits.exponential(), depth <= 3,
      skip(&bits, 4), let hasLists = bits.flag()
    else { return nil }
    let shift = block + 3 + depth
    // bounded: at most 65,536, and a shift by 3 to 9
    let columns = (head.width + (1 << shift) - 1) >> shift
    let rows = (head.height + (1 << shift) - 1) >> shift
    set.addressBits = Self.bits(below: columns * rows)  // bounded: each is at most 8192
    if hasLists {
      guard let areCoded = bits.flag(), !areCoded || skipLists(&bits) else { return nil }
    }
    guard bits.flag() != nil, let hasOffset = bits.flag(), let hasPCM = bits.flag() else {
      return nil
    }
    set.hasOffset = hasOffset
    if hasPCM { guard bits.take(8) != nil, skip(&bits, 2), bits.flag() != nil else { return nil } }
    guard readReferences(&bits, &set), let hasVectors = bits.flag() else { return nil }
    set.hasTemporalVectors = hasVectors
    return (head.identifier, set)
  }

  /// Reads the sets of reference pictures.
  private static func readReferences(_ bits: inout BitReader, _ set: inout Sequence) -> Bool {
    guard let count = bits.exponential(), count <= 64 else { return false }
    for index in 0..<count {
      guard let own = HEVCReferenceSet(&bits, after: set.short, inSlice: false, index: index)
      else { return false }
      set.short.append(own)
    }
    guard let hasLong = bits.flag() else { return false }
    set.hasLong = hasLong
    guard hasLong else { return true }
    guard let candidates = bits.exponential(), candidates <= 32 else { return false }
    for _ in 0..<candidates {
      guard bits.take(set.orderBits) != nil, let isUsed = bits.flag() else { return false }
      set.long.append(isUsed)
    }
    return true
  }

  /// Skips numbers in Exp-Golomb code.
  static func skip(_ bits: inout BitReader, _ count: Int) -> Bool {
    for _ in 0..<count { guard bits.exponential() != nil else { return false } }
    return true
  }

  /// Skips scaling_list_data (§7.3.4).
  private static func skipLists(_ bits: inout BitReader) -> Bool {
    for size in 0..<4 {
      for _ in 0..<(size == 3 ? 2 : 6) {
        guard let isCoded = bits.flag() else { return false }
        // bounded: a size is at most 3
        let coefficients = min(64, 1 << (4 + size * 2)) + (size > 1 ? 1 : 0)
        guard skip(&bits, isCoded ? coefficients : 1) else { return false }
      }
    }
    return true
  }

  private static func picture(_ bits: inout BitReader) -> (Int, Picture)? {
    var set = Picture()
    guard let id = bits.exponential(), let sequence = bits.exponential(),
      let hasDependent = bits.flag(), let hasOutput = bits.flag(), let extra = bits.take(3),
      bits.flag() != nil, let hasChoice = bits.flag(),
      let first = bits.exponential(), first < 15, let second = bits.exponential(), second < 15,
      bits.exponential() != nil, bits.flag() != nil, let skipsTransform = bits.flag(),
      let hasDelta = bits.flag(), !hasDelta || skip(&bits, 1), skip(&bits, 2),
      let hasColourQP = bits.flag(), let weighsP = bits.flag(), let weighsB = bits.flag(),
      bits.flag() != nil, let hasTiles = bits.flag(), let hasRows = bits.flag(),
      !hasTiles || skipTiles(&bits), let across = bits.flag(), let hasControl = bits.flag()
    else { return nil }
    set.sequence = sequence
    (set.hasDependentSlices, set.hasOutputFlag, set.extraBits) = (hasDependent, hasOutput, extra)
    set.hasCABACChoice = hasChoice
    (set.first, set.second) = (first + 1, second + 1)
    (set.hasColourQP, set.weighsP, set.weighsB) = (hasColourQP, weighsP, weighsB)
    set.hasEntryPoints = hasTiles || hasRows
    set.filtersAcross = across
    if hasControl {
      guard let overrides = bits.flag(), let disables = bits.flag(), disables || skip(&bits, 2)
      else { return nil }
      (set.overridesDeblocking, set.disablesDeblocking) = (overrides, disables)
    }
    guard let hasLists = bits.flag(), !hasLists || skipLists(&bits),
      let modifies = bits.flag(), bits.exponential() != nil, let hasExtension = bits.flag(),
      let isExtended = bits.flag()
    else { return nil }
    (set.modifiesLists, set.hasExtension) = (modifies, hasExtension)
    guard isExtended else { return (id, set) }
    // The extensions for several layers, for depth, and for screen content add fields.
    guard let hasRange = bits.flag(), bits.take(3) == 0, bits.take(4) != nil else { return nil }
    if hasRange {
      guard !skipsTransform || skip(&bits, 1), bits.flag() != nil, let hasList = bits.flag()
      else { return nil }
      set.hasColourQPList = hasList
    }
    return (id, set)
  }

  /// Skips the grid of tiles, after tiles_enabled_flag and entropy_coding_sync_enabled_flag.
  private static func skipTiles(_ bits: inout BitReader) -> Bool {
    guard let columns = bits.exponential(), columns < 64, let rows = bits.exponential(), rows < 64,
      let isUniform = bits.flag()
    else { return false }
    return (isUniform || skip(&bits, columns + rows)) && bits.flag() != nil
  }
}
