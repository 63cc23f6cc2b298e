// SPDX-License-Identifier: Apache-2.0

import Foundation
import Sharing
import System
import Testing

@Suite("Files that are read and written at positions")
struct DiskFileTests {
  private let folder = NSTemporaryDirectory() + "disk-file-\(UInt64.random(in: 0 ... .max))"

  init() throws { try DiskFolder.make(folder + "/inner") }

  private func clean() { try? FileManager.default.removeItem(atPath: folder) }

  @Test("bytes are read where they were written, and fewer at the end")
  func positions() throws {
    defer { clean() }
    let file = try DiskFile(folder + "/a", .creating)
    try file.write([1, 2, 3], at: 4)
    #expect(try file.size == 7)
    #expect(try file.read(at: 3, count: 100) == [0, 1, 2, 3])
    #expect(try file.shared(at: 5, count: 2)?.array == [2, 3])
    #expect(try file.shared(at: 5, count: 3) == nil)
    file.reserve(at: 7, count: 10_000)
    #expect(try file.size == 7)
    try file.truncate(to: 5)
    #expect(try file.read(at: 0, count: 9) == [0, 0, 0, 0, 1])
    #expect(throws: SystemError.self) { try DiskFile(folder + "/b", .reading) }
  }

  @Test("links, folders and pipes are refused")
  func refused() throws {
    defer { clean() }
    _ = try DiskFile(folder + "/a", .creating)
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/link", withDestinationPath: folder + "/a")
    let made = unsafe mkfifo(folder + "/pipe", 0o600)
    #expect(made == 0)
    for name in ["link", "inner", "pipe"] {
      #expect(throws: SystemError.self) { try DiskFile("\(folder)/\(name)", .writing) }
      #expect(throws: SystemError.self) { try DiskFile("\(folder)/\(name)", .reading) }
    }
    let entries = DiskFolder.entries(folder)
    #expect(entries.files == ["a"])
    #expect(entries.folders == ["inner"])
    #expect(DiskFolder.entries(folder + "/none").files.isEmpty)
  }

  @Test("a lock is had by one object at a time")
  func lock() throws {
    defer { clean() }
    var first: DiskFile? = try DiskFile(folder + "/lock", .locking)
    #expect(try first?.lock() == true)
    let second = try DiskFile(folder + "/lock", .locking)
    #expect(try !second.lock())
    first = nil
    #expect(try second.lock())
  }
}
