// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// ISO BMFF boxes as readable text: every field by name, sizes checked, all bytes read.
///
/// Reads the boxes of a chunk only, independently of the writer.
/// - Source: ISO/IEC 14496-12 §8.8 (movie fragments), §8.16.2 (styp), §8.16.5 (prft)
struct BoxTree {
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// One line per box, indented by two spaces for each parent.
  private(set) var lines: [String] = []
  /// Each field by `box.field`; the last one wins.
  private(set) var fields: [String: UInt64] = [:]
  /// The start of each top-level box.
  private(set) var offsets: [String: Int] = [:]
  /// The size of each sample in `trun`.
  private(set) var sampleSizes: [Int] = []
  /// The body of `mdat`.
  private(set) var mediaData: [UInt8] = []
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    try boxes(in: 0..<bytes.count, depth: 0)
  }

  var text: String { lines.joined(separator: "\n") + "\n" }
  /// The types of the top-level boxes in order.
  var order: [String] { offsets.sorted { $0.value < $1.value }.map(\.key) }

  private mutating func boxes(in range: Range<Int>, depth: Int) throws {
    guard let found = Box.all(in: bytes, range) else {
      throw Malformed(description: "box sizes in \(range) do not add up")
    }
    for found in found {
      var reader = Reader(
        bytes: bytes, position: found.range.lowerBound + 8, end: found.range.upperBound)
      if depth == 0 { offsets[found.type] = found.range.lowerBound }
      try box(found.type, size: found.range.count, &reader, depth: depth)
      guard reader.position == reader.end else {
        throw Malformed(description: "\(found.type): \(reader.end - reader.position) bytes left")
      }
    }
  }

  private mutating func box(_ type: String, size: Int, _ reader: inout Reader, depth: Int) throws {
    lines.append("\(String(repeating: "  ", count: depth))[\(type)] size=\(size)")
    switch type {
    case "moof", "traf":
      try boxes(in: reader.position..<reader.end, depth: depth + 1)
      reader.position = reader.end
    case "styp":
      var line = " major=\(try reader.code()) minor=\(try reader.take(4)) compatible="
      var brands: [String] = []
      while reader.position < reader.end { brands.append(try reader.code()) }
      line += brands.joined(separator: ",")
      lines[lines.count - 1] += line
    case "mdat":
      mediaData = Array(bytes[reader.position..<reader.end])
      let shown = mediaData.map { String($0, radix: 16) }.joined(separator: " ")
      lines[lines.count - 1] += " bytes=" + shown
      reader.position = reader.end
    default:
      try field("\(type).version", 1, &reader)
      try field("\(type).flags", 3, &reader, hex: true)
      try fullBox(type, &reader)
    }
  }

  /// Reads the next `count` bytes as one number and records it.
  private mutating func field(
    _ name: String, _ count: Int, _ reader: inout Reader, hex: Bool = false
  ) throws {
    let value = try reader.take(count)
    fields[name] = value
    let digits = String(value, radix: hex ? 16 : 10)
    let zeros = String(repeating: "0", count: hex ? 2 * count - digits.count : 0)
    let short = name.drop { $0 != "." }.dropFirst()
    lines[lines.count - 1] += " \(short)=\(hex ? "0x" : "")\(zeros)\(digits)"
  }

  private mutating func fullBox(_ type: String, _ reader: inout Reader) throws {
    switch type {
    case "prft":
      try field("prft.track", 4, &reader)
      try field("prft.ntp", 8, &reader, hex: true)
      try field("prft.time", fields["prft.version"] == 1 ? 8 : 4, &reader)
    case "mfhd": try field("mfhd.sequence", 4, &reader)
    case "tfhd":
      try field("tfhd.track", 4, &reader)
      let flags = fields["tfhd.flags"] ?? 0
      guard flags & 0x13 == 0 else {
        throw Malformed(description: "tfhd: base offset, description and size are not expected")
      }
      if flags & 0x8 != 0 { try field("tfhd.duration", 4, &reader) }
      if flags & 0x20 != 0 { try field("tfhd.sampleFlags", 4, &reader, hex: true) }
    case "tfdt": try field("tfdt.time", fields["tfdt.version"] == 1 ? 8 : 4, &reader)
    case "trun":
      let flags = fields["trun.flags"] ?? 0
      try field("trun.samples", 4, &reader)
      if flags & 0x1 != 0 { try field("trun.offset", 4, &reader) }
      if flags & 0x4 != 0 { try field("trun.first", 4, &reader, hex: true) }
      for _ in 0..<(fields["trun.samples"] ?? 0) {
        if flags & 0x100 != 0 { try field("trun.duration", 4, &reader) }
        if flags & 0x200 != 0 {
          try field("trun.size", 4, &reader)
          sampleSizes.append(Int(fields["trun.size"] ?? 0))
        }
        if flags & 0x400 != 0 { try field("trun.sampleFlags", 4, &reader, hex: true) }
        if flags & 0x800 != 0 { try field("trun.shift", 4, &reader) }
      }
    default: throw Malformed(description: "\(type) is not expected in a chunk")
    }
  }

  private struct Reader {
    let bytes: [UInt8]
    var position: Int
    let end: Int

    mutating func take(_ count: Int) throws -> UInt64 {
      guard position + count <= end else {
        throw Malformed(description: "cut off at \(position)")
      }
      defer { position += count }
      return bytes[position..<position + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func code() throws -> String {
      let value = try take(4)
      let shifts: [UInt64] = [24, 16, 8, 0]
      return String(decoding: shifts.map { UInt8(value >> $0 & 0xFF) }, as: UTF8.self)
    }
  }
}
