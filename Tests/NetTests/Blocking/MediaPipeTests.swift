// SPDX-License-Identifier: Apache-2.0

import Glibc
import Net
import TestSupport
import Testing

@Suite("Records that are written without blocking", .blocking)
struct MediaPipeTests {
  /// Reads exactly `count` bytes.
  private func read(_ descriptor: Int32, _ count: Int) -> [UInt8] {
    var found: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while found.count < count {
      let size = min(piece.count, count - found.count)
      let got = unsafe Glibc.read(descriptor, &piece, size)
      guard got > 0 else { break }
      found += piece[..<got]
    }
    return found
  }

  @Test("arrive whole and in order: the rest that the kernel does not take waits for a flush")
  func order() throws {
    let (writer, reader) = try MediaPipe.pair()
    defer { close(reader) }
    var expected: [UInt8] = []
    var count = 0
    repeat {
      let head = [UInt8](repeating: UInt8(truncatingIfNeeded: count), count: 3)
      let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: ~count), count: 200_000)
      writer.write(head, payload)
      expected += head + payload
      count += 1
    } while writer.flush() && count < 200
    #expect(count < 200 && !writer.isClosed)
    // The next record follows the rest of the one before.
    writer.write([1, 2], [3])
    expected += [1, 2, 3]
    #expect(!writer.flush())
    var found: [UInt8] = []
    while !writer.flush() { found += read(reader, 50_000) }
    found += read(reader, expected.count - found.count)
    #expect(found == expected)
    #expect(writer.flush())
  }

  @Test("an empty record is nothing, and a head alone is a record")
  func small() throws {
    let (writer, reader) = try MediaPipe.pair()
    defer { close(reader) }
    writer.write([], [])
    writer.write([7], [])
    writer.write([], [8])
    #expect(writer.flush() && read(reader, 2) == [7, 8])
  }

  @Test("a closed reading end is noticed, and nothing waits for it")
  func closed() throws {
    let (writer, reader) = try MediaPipe.pair()
    #expect(!writer.isClosed)
    close(reader)
    writer.write([1], [2])
    #expect(writer.isClosed && writer.flush())
    writer.write([3], [4])
    #expect(writer.flush())
  }
}
