// SPDX-License-Identifier: Apache-2.0

import CMAF
import TestSupport
import Testing

@Suite("Boxes that arrive in pieces, ISO/IEC 14496-12 §4.2")
struct BoxStreamTests {
  private static let wide =
    [0, 0, 0, 1] + Array("mdat".utf8) + [0, 0, 0, 0, 0, 0, 0, 18] + [8, 9]
  private static let bytes =
    HeaderBytes.box("free", []) + HeaderBytes.box("moof", [1, 2, 3])
    + HeaderBytes.box("mdat", Array(0..<20)) + wide

  /// What a reader does with each box of a file that arrives in pieces.
  private static func contents(
    pieces size: Int, _ read: (inout BoxStream, BoxStream.Box) throws -> [UInt8]?
  ) throws -> [[UInt8]] {
    var stream = BoxStream()
    var found: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      stream.append(Array(bytes[start..<min(bytes.count, start + size)]))
      while let box = try stream.box(), let content = try read(&stream, box) {
        found.append(content)
      }
    }
    #expect(stream.isBetweenBoxes && stream.position == bytes.count)
    return found
  }

  @Test("boxes are whole, however the bytes are divided", arguments: [1, 2, 5, 8, 9, 1000])
  func whole(_ size: Int) throws {
    var boxes: [BoxStream.Box] = []
    let found = try Self.contents(pieces: size) { stream, box in
      guard let content = try stream.whole(limit: 30) else { return nil }
      #expect(content.size == box.size && content.type == box.type)
      boxes.append(box)
      return content.rest
    }
    #expect(found == [[], [1, 2, 3], Array(0..<20), [8, 9]])
    #expect(boxes.map(\.type) == ["free", "moof", "mdat", "mdat"])
    #expect(boxes.map(\.position) == [0, 8, 19, 47])
    #expect(boxes.map(\.size) == [8, 11, 28, 18])
  }

  @Test("parts of a box are read, and the others skipped", arguments: [1, 2, 5, 8, 9, 1000])
  func parts(_ size: Int) throws {
    var read: [[UInt8]] = []
    let found = try Self.contents(pieces: size) { stream, box in
      let position = stream.position
      if box.size == 28, let first = [31, 44].first(where: { $0 >= position }) {
        guard let part = try stream.content(at: first, count: 2) else { return nil }
        read.append(part)
        return part
      }
      return stream.skip() ? [] : nil
    }
    #expect(read == [[4, 5], [17, 18]])
    #expect(found.count == 6)
  }

  @Test("positions restart with another file")
  func restart() throws {
    var stream = BoxStream()
    for _ in 0..<2 {
      stream.append(HeaderBytes.box("moof", [1]))
      let box = try #require(try stream.box())
      #expect(box.type == "moof" && box.position == 0 && box.size == 9)
      #expect(stream.skip() && stream.isBetweenBoxes)
      stream.restart()
    }
  }

  @Test(
    "bytes outside of the present box are refused", arguments: [(7, 1), (8, 5), (13, 0), (9, -1)])
  func outside(_ first: Int, _ count: Int) throws {
    var stream = BoxStream()
    stream.append(HeaderBytes.box("mdat", [1, 2, 3, 4]) + [0])
    _ = try stream.box()
    #expect(throws: BoxError.sampleRange) { try stream.content(at: first, count: count) }
    #expect(try stream.content(at: 8, count: 4) == [1, 2, 3, 4])
  }

  @Test("impossible sizes are refused at the head of a box")
  func sizes() {
    let rows: [([UInt8], BoxError)] = [
      ([0, 0, 0, 0] + Array("mdat".utf8), .size("mdat", 0)),
      ([0, 0, 0, 7] + Array("mdat".utf8), .size("mdat", 7)),
      ([0, 0, 0, 1] + Array("mdat".utf8) + [0, 0, 0, 0, 0, 0, 0, 15], .size("mdat", 15)),
      ([0, 0, 0, 1] + Array("mdat".utf8) + [0, 1, 0, 0, 0, 0, 0, 0], .size("mdat", 1 << 48)),
      ([0, 0, 1, 0] + Array("moov".utf8), .tooLarge("moov", 256, most: 255)),
    ]
    for (bytes, error) in rows {
      var stream = BoxStream()
      stream.append(bytes)
      #expect(throws: error) {
        _ = try stream.box()
        _ = try stream.whole(limit: 255)
      }
    }
  }
}
