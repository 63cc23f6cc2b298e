// SPDX-License-Identifier: Apache-2.0

import CMAF
import Encryption
import Testing

@Suite("Slice headers, ITU-T H.264 §7.3.3")
struct SliceHeaderTests {
  /// Parameter sets of constrained baseline: frames only, order type 2.
  static let units: [[UInt8]] = {
    var sequence = UnitBits()
    sequence.put(66, 8)
    sequence.put(0, 8)
    sequence.put(31, 8)
    for value in [0, 0, 2, 1] { sequence.exponential(value) }  // id, frame number, order, frames
    sequence.put(0, 1)
    for value in [19, 10] { sequence.exponential(value) }
    sequence.put(0b1110_1, 5)
    var picture = UnitBits()
    for value in [0, 0] { picture.exponential(value) }
    picture.put(0, 2)
    for value in [0, 0, 0] { picture.exponential(value) }  // groups, references
    picture.put(0, 3)
    for value in [0, 0, 0] { picture.exponential(value) }
    picture.put(0b100, 3)
    picture.put(1, 1)
    return [[0x67] + sequence.bytes, [0x68] + picture.bytes]
  }()

  static let sets: AVCParameterSets = {
    var sets = AVCParameterSets()
    for unit in units { sets.add(unit[...]) }
    return sets
  }()

  private static func header(first: Int, references: Int?) -> UnitBits {
    var bits = UnitBits()
    for value in [first, 5, 0] { bits.exponential(value) }  // P, parameter set
    bits.put(9, 4)  // frame number
    bits.put(references == nil ? 0 : 1, 1)
    if let references { bits.exponential(references - 1) }
    bits.put(0, 1)  // no modification
    bits.put(0, 1)  // no adaptive marking
    for value in [4, 0, 0, 0] { bits.exponential(value) }  // QP, deblocking
    return bits
  }

  /// The header of a P slice, filled to whole bytes, and its size.
  static let slice = [UInt8(0x41)] + header(first: 0, references: nil).bytes
  static let size = slice.count

  @Test(
    "the size is that of the written bits, with the bytes against start codes",
    arguments: [0, 1, 300, 3599, 100_000, (1 << 22) - 1])
  func size(first: Int) {
    for references in [nil, 1, 3] {
      let header = Self.header(first: first, references: references).bytes
      if first == (1 << 22) - 1 { #expect(header.starts(with: [0, 0, 3])) }
      let unit = [0x41] + header + [0xAA, 0xBB, 0xCC]
      #expect(Self.sets.sliceHeaderSize(unit[...]) == 1 + header.count)
    }
  }

  @Test("a header without its parameter set, or cut off, has no size")
  func unknown() {
    #expect(AVCParameterSets().sliceHeaderSize(Self.slice[...]) == nil)
    #expect(Self.sets.sliceHeaderSize([0x41]) == nil)
    #expect(Self.sets.sliceHeaderSize([0x41, 0x9A]) == nil)
  }
}
