// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@testable import Capture

@Suite("Pictures begin with a slice, ITU-T H.264 §7.4.1.2.4")
struct PictureStartsTests {
  /// Bits, most significant first, and numbers in Exp-Golomb code.
  private struct Bits {
    private var bits: [Bool] = []

    mutating func put(_ value: Int, _ count: Int) {
      for bit in (0..<count).reversed() { bits.append(value >> bit & 1 == 1) }
    }

    mutating func exponential(_ value: Int) {
      let length = (value + 1).bitWidth - (value + 1).leadingZeroBitCount
      put(0, length - 1)
      put(value + 1, length)
    }

    /// The bytes with a stop bit, and without start codes.
    var bytes: [UInt8] {
      var left = bits + [true]
      while left.count % 8 != 0 { left.append(false) }
      var found: [UInt8] = []
      for start in stride(from: 0, to: left.count, by: 8) {
        let byte = left[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        if found.suffix(2) == [0, 0], byte < 4 { found.append(3) }
        found.append(byte)
      }
      return found
    }
  }

  /// Parameter sets of main profile, with order counts of 6 bits; fields are permitted.
  private static let sets: [[UInt8]] = {
    var sequence = Bits()
    sequence.put(77 << 16 | 31, 24)
    for value in [0, 0, 0, 2, 4] { sequence.exponential(value) }  // id, numbers, order, references
    sequence.put(0, 1)
    for value in [9, 5] { sequence.exponential(value) }
    sequence.put(0b0011_000, 7)  // fields
    var picture = Bits()
    for value in [0, 0] { picture.exponential(value) }
    picture.put(0, 2)
    for value in [0, 0, 0] { picture.exponential(value) }
    picture.put(0, 3)
    for value in [0, 0, 0] { picture.exponential(value) }
    picture.put(0b001, 3)  // redundant pictures
    return [[0x67] + sequence.bytes, [0x68] + picture.bytes]
  }()

  enum Parity { case frame, top, bottom }

  /// A slice of a picture as a piece of RTP has it.
  private static func slice(
    first: Int = 0, number: Int, order: Int = 0, _ parity: Parity = .frame, isIDR: Bool = false,
    redundant: Int = 0
  ) -> [UInt8] {
    var bits = Bits()
    for value in [first, 5, 0] { bits.exponential(value) }
    bits.put(number % 16, 4)
    bits.put(parity == .frame ? 0 : 1, 1)
    if parity != .frame { bits.put(parity == .bottom ? 1 : 0, 1) }
    if isIDR { bits.exponential(0) }
    bits.put(order % 64, 6)
    bits.exponential(redundant)
    bits.put(0x5555, 16)
    return [0, 0, 0, 1, isIDR ? 0x65 : 0x41] + bits.bytes
  }

  private static let delimiter: [UInt8] = [0, 0, 0, 1, 9, 0xF0]

  private func starts(_ pieces: [[UInt8]]) -> [Bool] {
    var pictures = PictureStarts(.h264)
    pictures.take(Self.sets)
    let splitter = NALSplitter(.h264, extradata: [UInt8]().span)
    return pieces.map { pictures.starts(splitter.split($0.span)) }
  }

  @Test("each frame begins a picture, with its first slice only")
  func frames() {
    let found = starts([
      Self.slice(number: 0, isIDR: true), Self.slice(first: 40, number: 0, isIDR: true),
      Self.slice(number: 1), Self.slice(first: 40, number: 1), Self.slice(number: 2),
    ])
    #expect(found == [true, false, true, false, true])
  }

  @Test("two fields of a frame are one picture; a third field begins another one")
  func fields() {
    let found = starts([
      Self.slice(number: 0, .top, isIDR: true), Self.slice(number: 0, .bottom),
      Self.slice(number: 1, .top), Self.slice(number: 1, .bottom), Self.slice(number: 1, .top),
      Self.slice(number: 2, .bottom), Self.slice(number: 2, .top), Self.slice(number: 3),
    ])
    #expect(found == [true, false, true, false, true, true, false, true])
  }

  @Test("redundant pictures begin none, nor do slices with unknown parameter sets")
  func others() {
    #expect(starts([Self.slice(number: 1), Self.slice(number: 1, redundant: 1)]) == [true, false])
    var pictures = PictureStarts(.h264)
    let splitter = NALSplitter(.h264, extradata: [UInt8]().span)
    let pieces = [Self.slice(number: 1), Self.delimiter, Self.slice(number: 2)]
    #expect(pieces.map { pictures.starts(splitter.split($0.span)) } == [false, false, true])
  }

  @Test("the order counts of pictures are those since the key frame, beyond their few bits")
  func order() {
    var pictures = PictureStarts(.h264)
    pictures.take(Self.sets)
    let splitter = NALSplitter(.h264, extradata: [UInt8]().span)
    func order(_ slice: [UInt8]) -> Int64? { pictures.order(of: splitter.split(slice.span)) }
    #expect(order(Self.slice(number: 3, order: 6)) == nil)
    for start in [0, 10] {
      #expect(order(Self.slice(number: 0, order: start, isIDR: true)) == 0)
      for group in 0..<40 {
        for place in [3, 1, 2] {
          let count = 2 * (3 * group + place)
          #expect(order(Self.slice(number: group, order: start + count)) == Int64(count))
        }
      }
    }
  }
}
