// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import System
import Testing

@Suite("Whole files")
struct RegularFileTests {
  private static func path() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
  }

  @Test("a regular file is read")
  func regular() throws {
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    #expect(try RegularFile.read(path) == bytes)
  }

  @Test(
    "devices, folders and missing files are refused", .timeLimit(.minutes(1)),
    arguments: ["/dev/zero", "/dev/null", "/tmp", "/nonexistent"])
  func refused(path: String) {
    #expect(throws: RegularFile.Failure.self) { try RegularFile.read(path) }
    #expect(throws: RegularFile.Failure.self) { try RegularFile.check(path) }
  }

  @Test("a pipe without a writer does not block", .timeLimit(.minutes(1)))
  func pipe() throws {
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try #require(unsafe mkfifo(path, 0o600) == 0)
    #expect(throws: RegularFile.Failure.self) { try RegularFile.read(path) }
  }

  @Test("empty and large files are refused")
  func sizes() throws {
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    for (size, reason) in [(0, "empty"), (RegularFile.limit + 1, "more than 16 MB")] {
      try #require(FileManager.default.createFile(atPath: path, contents: nil))
      try #require(unsafe truncate(path, size) == 0)
      do throws(RegularFile.Failure) {
        _ = try RegularFile.read(path)
        Issue.record("a file of \(size) bytes is read")
      } catch { #expect("\(error)".contains(reason)) }
    }
  }
}
