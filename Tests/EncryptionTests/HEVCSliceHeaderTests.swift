// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Encryption

@Suite("Slice segment headers, ITU-T H.265 §7.3.6.1")
struct HEVCSliceHeaderTests {
  /// An SPS of 1920×1080 with 510 coding tree units, two sets of reference pictures, of which the
  /// second is predicted, and long-term reference pictures.
  private static func sequence(profile: Int = 1) -> [UInt8] {
    var bits = UnitBits()
    bits.put(0, 4 + 3)
    bits.put(1, 1)
    bits.put(profile, 8)
    for _ in 0..<11 { bits.put(1, 8) }
    bits.exponentials(0, 1, 1920, 1080)
    bits.flags(1)  // conformance window
    bits.exponentials(0, 0, 0, 4, 0, 0)  // and bit depths
    bits.exponential(4)  // picture order counts of 8 bits
    bits.flags(1)
    bits.exponentials(4, 2, 0, 0, 3, 0, 3, 0, 0)  // coding tree units of 64
    bits.flags(0, 1, 1, 0)  // SAO
    bits.exponential(2)
    // 1 and 3 before, of which the first is used; 1 after.
    bits.exponentials(2, 1, 0)
    bits.flags(1)
    bits.exponential(1)
    bits.flags(0)
    bits.exponential(0)
    bits.flags(1)
    // Moved by -1: 2 before is used, 1 before is not, the others are left out.
    bits.flags(1, 1)
    bits.exponential(0)
    bits.flags(1, 0, 0, 1, 0, 1)
    bits.flags(1)
    bits.exponential(2)  // long-term candidates
    bits.put(5, 8)
    bits.flags(1)
    bits.put(9, 8)
    bits.flags(0)
    bits.flags(1, 0, 0, 0)  // temporal motion vectors
    bits.align()
    return [0x42, 1] + bits.bytes
  }

  /// A PPS with all fields that slice segment headers depend on, but for tiles.
  private static func picture(extensions: Int = 0x80) -> [UInt8] {
    var bits = UnitBits()
    bits.exponentials(0, 0)
    bits.flags(1, 0)  // dependent slices
    bits.put(1, 3)  // an extra bit
    bits.flags(0, 1)
    bits.exponentials(1, 0, 0)  // two references, and one
    bits.flags(0, 1, 1)
    bits.exponentials(0, 0, 0)
    bits.flags(1, 1, 1, 0, 0, 1, 1)  // chroma QP, weights, wavefront, filter across slices
    bits.flags(1, 1, 0)
    bits.exponentials(0, 0)
    bits.flags(0, 1)
    bits.exponential(0)
    bits.flags(1, 1)
    bits.put(extensions, 8)
    bits.exponential(0)
    bits.flags(0, 1)  // lists of chroma QP
    bits.exponentials(0, 0, 0, 0, 0)
    bits.align()
    return [0x44, 1] + bits.bytes
  }

  static let sets: HEVCParameterSets = {
    var sets = HEVCParameterSets()
    for unit in [sequence(), picture()] { sets.add(unit[...]) }
    return sets
  }()

  /// slice_qp_delta and those of chroma, and cu_chroma_qp_offset_enabled_flag.
  private static func putQP(_ bits: inout UnitBits, _ value: Int) {
    bits.signed(value)
    bits.signed(1)
    bits.signed(0)
    bits.flags(0)
  }

  private static func key(_ qp: Int) -> [UInt8] {
    var bits = UnitBits()
    bits.flags(1, 0)
    bits.exponential(0)
    bits.flags(1)
    bits.exponential(2)
    bits.flags(1, 1)
    putQP(&bits, qp)
    bits.flags(1, 1, 0)  // no deblocking; across slices
    bits.exponentials(0, 0)
    bits.align()
    return [0x26, 1] + bits.bytes
  }

  private static func predicted(_ qp: Int) -> [UInt8] {
    var bits = UnitBits()
    bits.flags(0)
    bits.exponential(0)
    bits.flags(0)
    bits.put(300, 9)
    bits.flags(0)
    bits.exponential(1)
    bits.put(77, 8)
    // A set of its own: 1 before, moved from 2 before of the second set.
    bits.flags(0, 1)
    bits.exponential(0)
    bits.flags(0)
    bits.exponential(0)
    bits.flags(1, 1, 0, 0)
    // Two long-term pictures: three pictures to refer to.
    bits.exponentials(1, 1)
    bits.flags(0, 1)
    bits.exponential(3)
    bits.put(6, 8)
    bits.flags(1, 0)
    bits.flags(1, 1, 0)  // temporal motion vectors, SAO
    bits.flags(1)
    bits.exponential(2)
    bits.flags(1)
    for entry in [2, 0, 1] { bits.put(entry, 2) }
    bits.flags(1)
    bits.exponential(1)
    bits.exponential(6)
    bits.signed(0)
    bits.flags(1, 0, 1, 0, 1, 0)
    for weight in [3, -70, 0, 1, 2, -3, 100, 0] { bits.signed(weight) }
    bits.exponential(2)
    putQP(&bits, qp)
    bits.flags(1, 0)
    bits.signed(1)
    bits.signed(-1)
    bits.flags(1)
    bits.exponentials(16, 15)
    for row in 0..<16 { bits.put(row % 3 == 0 ? 0 : 700, 16) }
    bits.exponential(2)
    bits.put(0xABCD, 16)
    bits.align()
    return [0x02, 1] + bits.bytes
  }

  private static func twoWay(_ qp: Int) -> [UInt8] {
    var bits = UnitBits()
    bits.flags(1)
    bits.exponential(0)
    bits.flags(1)
    bits.exponential(0)
    bits.put(78, 8)
    bits.flags(1, 0)  // the first set: two pictures to refer to
    bits.exponentials(0, 0)
    bits.flags(1, 0, 0)
    bits.flags(0)
    bits.flags(0, 1, 1)
    bits.flags(0, 0, 0)  // collocated in the second list, which has one entry
    bits.exponential(5)
    bits.signed(1)
    bits.flags(0, 0, 0, 0, 1, 0)
    bits.signed(3)
    bits.signed(-2)
    bits.exponential(0)
    putQP(&bits, qp)
    bits.flags(0, 1)
    bits.exponentials(0, 0)
    bits.align()
    return [0x00, 1] + bits.bytes
  }

  private static func dependent(_ size: Int) -> [UInt8] {
    var bits = UnitBits()
    bits.flags(0)
    bits.exponential(0)
    bits.flags(1)
    bits.put(30, 9)
    bits.exponentials(1, 7 + size)
    bits.put(200, 8 + size)
    bits.exponential(0)
    bits.align()
    return [0x02, 1] + bits.bytes
  }

  /// Each kind of slice, with headers that end at each bit of a byte.
  static let slices = (0..<16).flatMap { number in
    [key(number), predicted(-number), twoWay(1 << number), dependent(number)]
  }

  @Test("the size is that of the written bits, of their alignment and of bytes against start codes")
  func sizes() {
    for slice in Self.slices {
      for data in [[0xAA, 0xBB, 0xCC], [0, 0, 3, 1], [0xFF], []] as [[UInt8]] {
        #expect(Self.sets.sliceHeaderSize((slice + data)[...]) == slice.count)
      }
    }
    #expect(Self.predicted(0).count > Subsamples.unread.lowerBound)
  }

  @Test("a header that is cut off, without its parameter set, or of another layer has no size")
  func unknown() {
    for slice in Self.slices {
      #expect(Self.sets.sliceHeaderSize(slice.dropLast()) == nil)
      #expect(HEVCParameterSets().sliceHeaderSize(slice[...]) == nil)
      let layered = [slice[0] | 1] + slice[1...]
      #expect(Self.sets.sliceHeaderSize(layered[...]) == nil)
    }
    #expect(Self.sets.sliceHeaderSize([0x02]) == nil)
  }

  @Test("sets of several layers and of screen content are left out: other headers follow them")
  func others() {
    for (sequence, picture) in [
      (Self.sequence(profile: 9), Self.picture()), (Self.sequence(profile: 7), Self.picture()),
      (Self.sequence(), Self.picture(extensions: 0x90)),
      (Self.sequence(), Self.picture(extensions: 0xC0)),
    ] {
      var sets = HEVCParameterSets()
      for unit in [sequence, picture] { sets.add(unit[...]) }
      #expect(sets.sliceHeaderSize(Self.key(0)[...]) == nil)
    }
  }

  @Test("the sets of hvcC are those of its arrays")
  func configuration() {
    var record = [UInt8](repeating: 0, count: 22) + [2]
    for unit in [Self.sequence(), Self.picture()] {
      record += [0x80 | unit[0] >> 1, 0, 1, 0, UInt8(unit.count)] + unit
    }
    #expect(HEVCParameterSets(configuration: record) == Self.sets)
    for count in record.indices {
      #expect(HEVCParameterSets(configuration: Array(record[..<count])) != Self.sets)
    }
  }

  @Test("the header of a slice is clear, and its data are not")
  func subsamples() throws {
    var sets = SliceParameterSets()
    for unit in [Self.sequence(), Self.picture()] { _ = sets.take(unit[...], .hevc) }
    let head = Self.predicted(0)
    let slice = head + [UInt8](repeating: 0x55, count: 400)
    let sample = [0, 0, UInt8(slice.count >> 8), UInt8(slice.count & 255)] + slice
    let found = try #require(Subsamples(sample[...], .hevc, &sets))
    #expect(found.entries.map(\.clear) == [4 + head.count])
    #expect(found.entries.map(\.protected) == [400])
    // Without parameter sets a quarter is clear: a header is no longer in most streams.
    var none = SliceParameterSets()
    let other = try #require(Subsamples(sample[...], .hevc, &none))
    #expect(other.entries.map(\.clear) == [slice.count / 4])
  }
}
