// SPDX-License-Identifier: Apache-2.0

import Checked

/// The sequence and picture parameter sets on which the length of a slice header depends.
///
/// Accepts any bytes; a set that cannot be read is left out.
/// - Source: ITU-T H.264 §7.3.2.1.1, §7.3.2.2
package struct AVCParameterSets: Sendable, Equatable {
  /// The fields of a sequence parameter set.
  struct Sequence: Sendable, Equatable {
    var separatesPlanes = false
    var isMonochrome = false
    var frameNumberBits = 4
    var orderType = 0
    var orderBits = 4
    var hasConstantDelta = false
    var hasFramesOnly = true
  }

  /// The fields of a picture parameter set.
  struct Picture: Sendable, Equatable {
    var sequence = 0
    var usesCABAC = false
    var hasBottomOrder = false
    var references = References(first: 0, second: 0)
    var weighsP = false
    var weighsB = 0
    var controlsDeblocking = false
    var hasRedundant = false
  }

  /// The numbers of entries in the lists of reference pictures.
  struct References: Sendable, Equatable {
    var first, second: Int
  }

  private(set) var sequences: [Int: Sequence] = [:]
  private(set) var pictures: [Int: Picture] = [:]

  /// No sets.
  package init() {}

  /// The sets of a decoder configuration, `avcC`.
  ///
  /// - Source: ISO/IEC 14496-15 §5.3.3.1
  package init(configuration: [UInt8]) {
    var cursor = ByteCursor(configuration, from: 5)
    // The three highest bits before the number of sequence parameter sets are 1.
    for mask in [0x1F, 0xFF] {
      guard let count = cursor.integer(1), cursor.takeSets(count & mask, { add($0) }) else {
        return
      }
    }
  }

  /// Whether pictures may be fields: frame_mbs_only_flag of a sequence parameter set is 0.
  package var permitFields: Bool { sequences.values.contains { !$0.hasFramesOnly } }

  /// Reads a NAL unit of type 7 or 8; others are ignored.
  package mutating func add(_ unit: ArraySlice<UInt8>) {
    guard let first = unit.first else { return }
    var bits = BitReader(unit: unit.dropFirst())
    switch first & 0x1F {
    case 7:
      if let (id, set) = Self.sequence(&bits), id < 32 { sequences[id] = set }
    case 8:
      if let (id, set) = Self.picture(&bits), id < 256 { pictures[id] = set }
    default: break
    }
  }

  private static let profilesWithFormat: Set = [
    100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
  ]

  private static func sequence(_ bits: inout BitReader) -> (Int, Sequence)? {
    var set = Sequence()
    guard let profile = bits.take(8), bits.take(16) != nil, let id = bits.exponential() else {
      return nil
    }
    if profilesWithFormat.contains(profile) {
      guard let format = bits.exponential() else { return nil }
      set.isMonochrome = format == 0
      if format == 3 {
        guard let separates = bits.flag() else { return nil }
        set.separatesPlanes = separates
      }
      guard bits.exponential() != nil, bits.exponential() != nil, bits.flag() != nil,
        let hasLists = bits.flag()
      else { return nil }
      if hasLists {
        for index in 0..<(format == 3 ? 12 : 8) {
          guard skipList(&bits, index < 6 ? 16 : 64) else { return nil }
        }
      }
    }
    guard let frame = bits.exponential(), frame <= 12, let type = bits.exponential(), type <= 2
    else { return nil }
    set.frameNumberBits = frame + 4
    set.orderType = type
    if type == 0 {
      guard let order = bits.exponential(), order <= 12 else { return nil }
      set.orderBits = order + 4
    } else if type == 1 {
      guard let isConstant = bits.flag(), bits.exponential() != nil, bits.exponential() != nil,
        let cycle = bits.exponential(), cycle <= 255
      else { return nil }
      set.hasConstantDelta = isConstant
      for _ in 0..<cycle { guard bits.exponential() != nil else { return nil } }
    }
    guard bits.exponential() != nil, bits.flag() != nil, bits.exponential() != nil,
      bits.exponential() != nil, let framesOnly = bits.flag()
    else { return nil }
    set.hasFramesOnly = framesOnly
    return (id, set)
  }

  /// Skips a scaling list (§7.3.2.1.1.1).
  private static func skipList(_ bits: inout BitReader, _ size: Int) -> Bool {
    guard let isPresent = bits.flag() else { return false }
    guard isPresent else { return true }
    var (last, next) = (8, 8)
    for _ in 0..<size {
      if next != 0 {
        guard let code = bits.exponential() else { return false }
        // bounded: a code of 32 bits
        let delta = code % 2 == 1 ? (code + 1) / 2 : -(code / 2)
        next = (last + delta + 512) & 0xFF
      }
      if next != 0 { last = next }
    }
    return true
  }

  private static func picture(_ bits: inout BitReader) -> (Int, Picture)? {
    guard let id = bits.exponential(), let sequence = bits.exponential(),
      let usesCABAC = bits.flag(), let hasBottomOrder = bits.flag(),
      let groups = bits.exponential(), groups == 0,
      let first = bits.exponential(), first < 32, let second = bits.exponential(), second < 32,
      let weighsP = bits.flag(), let weighsB = bits.take(2), bits.exponential() != nil,
      bits.exponential() != nil, bits.exponential() != nil, let controls = bits.flag(),
      bits.flag() != nil, let hasRedundant = bits.flag()
    else { return nil }
    let set = Picture(
      sequence: sequence, usesCABAC: usesCABAC, hasBottomOrder: hasBottomOrder,
      references: References(first: first + 1, second: second + 1), weighsP: weighsP,
      weighsB: weighsB, controlsDeblocking: controls, hasRedundant: hasRedundant)
    return (id, set)
  }
}
