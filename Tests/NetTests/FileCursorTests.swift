// SPDX-License-Identifier: Apache-2.0

import Glibc
import Net
import Sharing
import System
import Testing

@Suite("Reading the bytes of files and of memory, one piece after another")
struct FileCursorTests {
  /// A file in memory; `fault` is the error of each reading.
  private struct Stored: ReadableBytes {
    let bytes: [UInt8]
    var fault: Int32?

    @unsafe func fill(
      _ memory: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SystemError) -> Int {
      if let fault { throw SystemError("pread", fault) }
      let piece = Array(bytes.dropFirst(offset).prefix(memory.count))
      unsafe memory.copyBytes(from: piece)
      return piece.count
    }

    func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int? { nil }
  }

  /// Runs each job at once.
  private struct Direct: DiskThreads {
    func run(_ job: @escaping @Sendable () -> Void) -> Bool {
      job()
      return true
    }
    func release(_ job: @escaping @Sendable () -> Void) { job() }
  }

  private func bytes(_ pieces: [FileBytes.Piece], fault: Int32? = nil) -> FileBytes {
    let files = [
      Stored(bytes: Array("0123456789".utf8)), Stored(bytes: Array("abc".utf8), fault: fault),
    ]
    return FileBytes(pieces, of: OpenFiles(files, Direct()))
  }

  private func memory(_ text: String, _ range: Range<Int>) -> FileBytes.Piece {
    .memory(ByteSlice(SharedBytes(text), range))
  }

  /// All bytes, in steps of at most `limit`.
  private func read(_ bytes: FileBytes, _ limit: Int) throws -> String {
    var cursor = FileCursor(bytes)
    var found: [UInt8] = []
    while cursor.left > 0 {
      let before = cursor.left
      let piece = try cursor.read(limit)
      #expect(piece.count == min(limit, before) && cursor.left == before - piece.count)
      found += piece.array
    }
    #expect(found.count == bytes.count)
    return String(decoding: found, as: UTF8.self)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let range: Range<Int>
    let text: String
    var testDescription: String { "\(range): \(text)" }
  }

  /// Two ranges of a file that are joined, a part of memory, and a whole file.
  private var whole: FileBytes {
    bytes([.file(0, 2..<4), .file(0, 4..<6), memory("-xy-", 1..<3), .file(1, 0..<3)])
  }

  static let rows = [
    Row(range: 0..<9, text: "2345xyabc"), Row(range: 0..<100, text: "2345xyabc"),
    Row(range: 0..<1, text: "2"), Row(range: 3..<5, text: "5x"), Row(range: 5..<7, text: "ya"),
    Row(range: 8..<9, text: "c"), Row(range: 4..<4, text: ""), Row(range: 20..<30, text: ""),
  ]

  @Test("a range has its bytes, whatever the steps", arguments: rows)
  func ranges(_ row: Row) throws {
    for limit in [1, 2, 3, 4, 5, 100] {
      #expect(try read(whole.cut(row.range), limit) == row.text, "steps of \(limit)")
    }
  }

  @Test("pieces without bytes are left out")
  func empty() throws {
    let pieces = bytes([.file(0, 3..<3), memory("abc", 1..<1), .file(1, 1..<2), .file(0, 0..<0)])
    #expect(try read(pieces, 8) == "b")
    #expect(try read(bytes([]), 8) == "")
  }

  @Test("a file that has become shorter ends the bytes, and nothing of the step is taken")
  func shorter() throws {
    var cursor = FileCursor(bytes([.file(0, 8..<10), .file(1, 0..<5)]))
    _ = try cursor.read(1)
    do {
      _ = try cursor.read(6)
      Issue.record("read more than the file has")
    } catch {
      guard case .ended = error else {
        Issue.record("\(error)")
        return
      }
    }
    #expect(cursor.left == 6)
  }

  @Test("an error of the disk is passed on")
  func disk() {
    var cursor = FileCursor(bytes([memory("xy", 0..<2), .file(1, 0..<3)], fault: EIO))
    do {
      _ = try cursor.read(4)
      Issue.record("read from a broken disk")
    } catch {
      guard case .disk(let reason) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(reason == SystemError("pread", EIO))
    }
    #expect(cursor.left == 5)
  }
}
