// SPDX-License-Identifier: Apache-2.0

import Checked

/// A short-term set of reference pictures of HEVC.
///
/// - Source: ITU-T H.265 §7.3.7, §7.4.8
struct HEVCReferenceSet: Sendable, Equatable {
  private struct Reference: Sendable, Equatable {
    /// The picture order count minus that of the picture.
    let distance: Int
    let isUsed: Bool
  }

  /// Pictures shown before the picture and after it, the nearest ones first.
  private var before: [Reference] = []
  private var after: [Reference] = []

  /// The most pictures: `sps_max_dec_pic_buffering_minus1` is at most 15 (§A.4.2).
  private static let most = 16
  /// The largest distance that a field states (§7.4.8).
  private static let farthest = 1 << 15

  /// The number of pictures that the picture itself may refer to.
  var used: Int { before.count(where: \.isUsed) + after.count(where: \.isUsed) }

  /// Reads a set; nil if it ends too early, or if a number is beyond its range.
  ///
  /// - Parameters:
  ///   - bits: the bits from the set on.
  ///   - sets: those of the sequence parameter set before it.
  ///   - inSlice: whether the set is that of a slice segment header.
  ///   - index: its number.
  init?(_ bits: inout BitReader, after sets: [HEVCReferenceSet], inSlice: Bool, index: Int) {
    var isPredicted = false
    if index > 0 {
      guard let flag = bits.flag() else { return nil }
      isPredicted = flag
    }
    guard isPredicted ? readChanges(&bits, sets, inSlice) : readWhole(&bits),
      before.count + after.count <= Self.most
    else { return nil }
  }

  private mutating func readWhole(_ bits: inout BitReader) -> Bool {
    guard let negative = bits.exponential(), negative <= Self.most,
      let positive = bits.exponential(), positive <= Self.most
    else { return false }
    for (count, sign) in [(negative, -1), (positive, 1)] {
      var distance = 0
      for _ in 0..<count {
        guard let step = bits.exponential(), step < Self.farthest, let isUsed = bits.flag() else {
          return false
        }
        // bounded: 16 steps of 16 bits
        distance += sign * (step + 1)
        let reference = Reference(distance: distance, isUsed: isUsed)
        if sign < 0 { before.append(reference) } else { after.append(reference) }
      }
    }
    return true
  }

  /// Reads a set that is predicted from an earlier one.
  private mutating func readChanges(
    _ bits: inout BitReader, _ sets: [HEVCReferenceSet], _ inSlice: Bool
  ) -> Bool {
    var back = 0
    if inSlice {
      guard let code = bits.exponential(), code < sets.count else { return false }
      back = code
    }
    guard back < sets.count, let isNegative = bits.flag(), let size = bits.exponential(),
      size < Self.farthest
    else { return false }
    let base = sets[sets.count - 1 - back]  // bounded: `back` is less than the count
    let shift = isNegative ? -(size + 1) : size + 1
    // The pictures of the other set, and the picture to which that belongs.
    var moved: [(reference: Reference, isKept: Bool)] = []
    for distance in (base.before + base.after).map(\.distance) + [0] {
      guard let isUsed = bits.flag() else { return false }
      var isKept = true
      if !isUsed {
        guard let flag = bits.flag() else { return false }
        isKept = flag
      }
      // bounded: 65 sets, each of which adds 16 bits
      moved.append((Reference(distance: distance + shift, isUsed: isUsed), isKept))
    }
    let kept = moved.filter(\.isKept).map(\.reference)
    before = kept.filter { $0.distance < 0 }.sorted { $0.distance > $1.distance }
    after = kept.filter { $0.distance > 0 }.sorted { $0.distance < $1.distance }
    return true
  }
}
