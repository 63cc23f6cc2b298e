// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Logging

@Suite("The names of earlier files")
struct FileRotationTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "rotation-\(UUID().uuidString)")
  private var rotation: FileRotation {
    FileRotation(path: folder.appending(path: "a").path, files: 3)
  }

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func write(_ name: String) throws {
    try name.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
  }

  /// The contents of the files by name.
  private func files() throws -> [String: String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return try Dictionary(
      uniqueKeysWithValues: names.map {
        ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8))
      })
  }

  @Test("each file gets the next name, and the oldest is lost")
  func next() throws {
    for name in ["a", "a.1", "a.2", "a.3"] { try write(name) }
    #expect(rotation.next { 7 } == 7)
    #expect(try files() == ["a.1": "a", "a.2": "a.1", "a.3": "a.2"])
  }

  @Test("if no file can be opened, the file has its name again, and no attempt loses a file")
  func failing() throws {
    for name in ["a", "a.1", "a.2"] { try write(name) }
    for _ in 0..<5 { #expect(rotation.next { nil } == nil) }
    #expect(try files() == ["a": "a", "a.2": "a.1", "a.3": "a.2"])
    #expect(rotation.next { 7 } == 7)
    #expect(try files() == ["a.1": "a", "a.2": "a.1", "a.3": "a.2"])
  }

  @Test("without a file at the path a file is opened there, and the earlier ones stay")
  func moved() throws {
    for name in ["a.1", "a.2"] { try write(name) }
    #expect(rotation.next { nil } == nil)
    #expect(rotation.next { 7 } == 7)
    #expect(try files() == ["a.1": "a.1", "a.2": "a.2"])
  }
}
