// SPDX-License-Identifier: Apache-2.0

// In one file: three steps from packets to access units.

import Media
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("Access units are assembled from packets")
struct AccessUnitAssemblerTests {
  /// Sends access units in packets of 100 bytes; an access unit is a list of slice sizes.
  private struct Sender {
    var assembler = AccessUnitAssembler()
    var timestamp: Int64 = 0
    var units: [AccessUnitAssembler.Unit] = []
    var sent: [[UInt8]] = []

    mutating func send(_ slices: [Int], isKey: Bool = false, evenly: Bool = false) {
      timestamp += 3000
      var all: [UInt8] = []
      for size in slices {
        let count = (size + 99) / 100
        var left = size
        for index in 0..<count {
          let part = evenly ? (left + count - index - 1) / (count - index) : min(100, left)
          left -= part
          let begins = index == 0
          let header: [UInt8] = begins ? [0, 0, 0, 1, isKey ? 0x65 : 0x41] : []
          let bytes = header + [UInt8](repeating: UInt8(timestamp / 3000 & 127) | 1, count: part)
          all += bytes
          units += assembler.take(
            .init(
              timestamp: SourceTime(nanoseconds: timestamp), bytes: bytes, startsUnit: begins,
              slices: begins ? 1 : 0, isKey: isKey,
              arrival: MonotonicTime(nanoseconds: timestamp)))
        }
      }
      sent.append(all)
    }
  }

  @Test(
    "if all access units have as many slices, each is complete with its last packet",
    arguments: [1, 2, 4])
  func early(slices: Int) {
    var sender = Sender()
    for index in 0..<60 {
      let sizes = (0..<slices).map { 150 + (index * 37 + $0 * 11) % 230 }
        .map { $0 % 100 > 70 || $0 % 100 == 0 ? $0 - 35 : $0 }
      sender.send(sizes, isKey: index % 30 == 0)
    }
    #expect(sender.units.map(\.bytes) == sender.sent)
    #expect(sender.units.count { !$0.isEarly } == 1)
    #expect(sender.assembler.faults == 0)
  }

  @Test("an access unit whose last packet is full ends with the next access unit")
  func full() {
    var sender = Sender()
    for size in [250, 230, 300, 210] { sender.send([size]) }
    #expect(sender.units.map(\.bytes) == sender.sent)
    #expect(sender.units.map(\.isEarly) == [false, true, false, true])
  }

  @Test("a source whose timestamp never changes cannot fill the memory")
  func oneTimestamp() {
    var assembler = AccessUnitAssembler()
    var units: [AccessUnitAssembler.Unit] = []
    let bytes = [UInt8](repeating: 1, count: 1 << 20)
    for index in 0..<80 {
      units += assembler.take(
        .init(
          timestamp: 7, bytes: bytes, startsUnit: true, slices: 1, isKey: false,
          arrival: MonotonicTime(nanoseconds: Int64(index))))
    }
    if let rest = assembler.finish() { units.append(rest) }
    #expect(!units.isEmpty)
    #expect(units.allSatisfy { $0.bytes.count <= AccessUnitAssembler.most })
  }

  @Test("parameter sets belong to the next access unit; SEI after a slice is not a fault")
  func sets() {
    var assembler = AccessUnitAssembler()
    func piece(_ timestamp: SourceTime, _ type: UInt8, _ size: Int) -> AccessUnitAssembler.Piece {
      let isSlice = type == 0x41 || type == 0x65
      return .init(
        timestamp: timestamp,
        bytes: [0, 0, 0, 1, type] as [UInt8] + [UInt8](repeating: 9, count: size),
        startsUnit: true, slices: isSlice ? 1 : 0, isKey: type == 0x65, arrival: 0)
    }
    var units: [AccessUnitAssembler.Unit] = []
    let pieces: [(SourceTime, UInt8, Int)] = [
      (1, 0x67, 10), (1, 0x68, 4), (1, 0x65, 90), (2, 0x41, 40), (2, 0x06, 6), (3, 0x41, 40),
      (3, 0x06, 6), (4, 0x67, 10), (4, 0x68, 4), (4, 0x65, 60),
    ]
    for (timestamp, type, size) in pieces { units += assembler.take(piece(timestamp, type, size)) }
    #expect(units.map(\.timestamp) == [1, 2, 3, 4])
    #expect(units.map(\.isEarly) == [false, true, true, true])
    #expect(units.last?.bytes.count == 15 + 9 + 65)
    #expect(assembler.faults == 0)
  }

  @Test("early completion stops if packets are split evenly, because their sizes mark no end")
  func evenly() {
    var sender = Sender()
    sender.send([300])
    for index in 0..<400 { sender.send([120 + index % 7], evenly: true) }
    let broken = zip(sender.units, sender.sent).count { $0.bytes != $1 }
    #expect(sender.units.count >= 399)
    #expect(broken == sender.assembler.faults)
    #expect(broken <= 7)
  }

  @Test("a changing number of slices is learnt again, with at most 8 broken access units in 600")
  func changing() {
    var sender = Sender()
    sender.send([300])
    for index in 0..<600 { sender.send(Array(repeating: 60, count: 1 + index % 50 / 25)) }
    let broken = zip(sender.units, sender.sent).count { $0.bytes != $1 }
    #expect(broken <= 8, "\(broken)")
    #expect(sender.units.count >= 600)
  }

  @Test("finish returns the incomplete access unit once")
  func finish() {
    var sender = Sender()
    sender.send([120])
    let last = sender.assembler.finish()
    #expect(sender.units.isEmpty)
    #expect(last?.bytes == sender.sent[0])
    let none = sender.assembler.finish()
    #expect(none == nil)
  }

  @Test(
    "access units with one timestamp are separate, and parameter sets stay with the second",
    arguments: [0, 1, 2])
  func equalTimestamps(known: Int) {
    var assembler = AccessUnitAssembler()
    var units: [AccessUnitAssembler.Unit] = []
    func take(_ timestamp: SourceTime, _ type: UInt8, starts: Bool = false, whole: Bool = true) {
      let isSlice = type == 0x41 || type == 0x65
      units += assembler.take(
        .init(
          timestamp: timestamp,
          bytes: [0, 0, 0, 1, type] as [UInt8] + [UInt8](repeating: 9, count: whole ? 20 : 100),
          startsUnit: true, slices: isSlice ? 1 : 0, startsPicture: starts,
          isKey: type == 0x65, arrival: 0))
    }
    // With a known number of slices the first unit has left when the second one arrives.
    for index in 0..<known { take(SourceTime(nanoseconds: Int64(index)), 0x41, starts: true) }
    take(10, 0x41, starts: true)
    take(10, 0x67)
    take(10, 0x68)
    take(10, 0x65, starts: true)
    take(11, 0x41, starts: true)
    take(12, 0x41, starts: true)
    let found = Array(units.dropFirst(known).prefix(3))
    #expect(found.map(\.timestamp) == [10, 10, 11])
    #expect(found.map { $0.bytes[4] } == [0x41, 0x67, 0x41])
    #expect(found.map(\.bytes.count) == [25, 75, 25])
    #expect(assembler.faults == 0)
  }

  @Test("an access unit beyond the limit is marked as cut, and the next one is whole")
  func oversized() {
    var assembler = AccessUnitAssembler()
    var units: [AccessUnitAssembler.Unit] = []
    let piece = [UInt8](repeating: 1, count: 1 << 20)
    func take(_ timestamp: SourceTime, _ startsUnit: Bool) {
      units += assembler.take(
        .init(
          timestamp: timestamp, bytes: startsUnit ? [0, 0, 0, 1, 0x65] : piece,
          startsUnit: startsUnit, slices: startsUnit ? 1 : 0, isKey: true, arrival: 0))
    }
    for timestamp in [1, 2, 3] as [SourceTime] {
      take(timestamp, true)
      for _ in 0..<(timestamp == 1 ? 40 : 31) { take(timestamp, false) }
    }
    if let last = assembler.finish() { units.append(last) }
    #expect(units.map(\.timestamp) == [1, 2, 3])
    #expect(units.map(\.isCut) == [true, false, false])
    #expect(units.map(\.bytes.count).max() ?? 0 <= AccessUnitAssembler.most)
  }
}

@Suite("Packets of publishers that carry slices, and lengths without a sequence header")
struct SlicesApartTests {
  /// A slice after its length: the first one of its picture, or a later one.
  private static func slice(isKey: Bool, isFirst: Bool, size: Int = 20) -> [UInt8] {
    unit([isKey ? 0x65 : 0x41, isFirst ? 0x88 : 0x48] + [UInt8](repeating: 0x55, count: size))
  }

  private static func unit(_ bytes: [UInt8]) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) } + bytes
  }

  private static func time(_ frame: Int) -> SourceTime {
    SourceTime(nanoseconds: Int64(frame) * 40_000_000)
  }

  /// The units of packets: frame, whether of a key frame, whether the first slices of a picture.
  private static func units(_ packets: [(frame: Int, isKey: Bool, isFirst: Bool)]) -> [AccessUnit] {
    var depacketizer = VideoDepacketizer(.h264, sizeLimit: FrameSizeLimit(), mayBePieces: true)
    depacketizer.take(extradata: [1, 0x64, 0, 31, 0xFF, 0xE0, 0])
    return packets.flatMap { packet in
      depacketizer.take(
        slice(isKey: packet.isKey, isFirst: packet.isFirst).span, pts: time(packet.frame),
        dts: time(packet.frame), isKey: packet.isKey, arrival: .origin, senderTime: nil)
    }
  }

  @Test("slices of one timestamp are one access unit, from the first one on")
  func apart() {
    let packets = (0..<4).flatMap { frame in
      [true, false, false].map { (frame, frame == 0, $0) }
    }
    let units = Self.units(packets + [(4, false, true)])
    #expect(units.map(\.pts) == (0..<4).map(Self.time))
    #expect(units.map(\.dts) == (0..<4).map { Self.time($0) })
    #expect(units.map(\.isKey) == [true, false, false, false])
    #expect(units.allSatisfy { $0.bytes.count == 3 * 26 })
  }

  @Test("whole access units leave at once, but for the first, which waits for the second")
  func whole() {
    for count in 1...4 {
      let units = Self.units((0..<count).map { ($0, $0 == 0, true) })
      #expect(units.count == (count == 1 ? 0 : count))
    }
  }

  @Test("a sender that changes to slices loses the rest of one picture")
  func later() {
    let whole = (0..<3).map { ($0, $0 == 0, true) }
    let apart = (3..<6).flatMap { frame in [(frame, false, true), (frame, false, false)] }
    let units = Self.units(whole + apart + [(6, false, true)])
    #expect(units.map(\.pts) == (0..<6).map(Self.time))
    #expect(units.map(\.bytes.count) == [26, 26, 26, 26, 52, 52])
  }

  @Test("lengths that look like start codes are lengths if they lead to the last byte")
  func lengths() throws {
    let set = [0x67, 0x64, 0, 31] + [UInt8](repeating: 0x2B, count: 300)
    let frame = Self.unit(set) + Self.unit([0x68, 0xEE]) + Self.slice(isKey: true, isFirst: true)
    let split = NALSplitter(.h264, extradata: [UInt8]().span).split(frame.span)
    #expect(split.parameterSets.map(\.count) == [304, 2])
    #expect(split.isKey && split.slices == 1)
  }
}

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
