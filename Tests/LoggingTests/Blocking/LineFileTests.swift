// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Sharing
import TestSupport
import Testing
import Time

@Suite("The file of the access log", .blocking)
struct LineFileTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "line-file-\(UUID().uuidString)")
  private let lines = Lines()
  private var log: Log { Log(format: .text, least: .info) { [lines] in lines.add($0) } }

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

  @Test("lines are appended in order, and close writes the queued lines")
  func order() throws {
    let url = folder.appending(path: "a.log")
    try "before\n".write(to: url, atomically: true, encoding: .utf8)
    let file = try LineFile(url.path, log: log)
    for index in 0..<20_000 { file.append(size: 10) { "line \(index)" } }
    file.close()
    #expect(try text(url) == "before\n" + (0..<20_000).map { "line \($0)\n" }.joined())
    #expect(file.lostCount == 0)
    file.append(size: 1) { "too late" }
    #expect(file.lostCount == 1)
  }

  @Test("reopen creates a file at the path if the file was moved away")
  func reopening() throws {
    let (url, moved) = (folder.appending(path: "a.log"), folder.appending(path: "a.log.1"))
    let file = try LineFile(url.path, log: log)
    file.append(size: 1) { "one" }
    while try text(url).isEmpty { usleep(10_000) }
    try FileManager.default.moveItem(at: url, to: moved)
    file.reopen()
    while !FileManager.default.fileExists(atPath: url.path) { usleep(10_000) }
    file.append(size: 1) { "two" }
    file.close()
    #expect(try text(moved) == "one\n")
    #expect(try text(url) == "two\n")
    #expect(lines.all.count == 1)
  }

  @Test("a full disk causes one warning, and each lost line is counted")
  func fullDisk() throws {
    let file = try LineFile("/dev/full", log: log)
    for round in UInt64(1)...3 {
      for _ in 0..<1000 { file.append(size: 10) { "line" } }
      while file.lostCount < round * 1000 { usleep(10_000) }
    }
    file.close()
    #expect(file.lostCount == 3000)
    #expect(lines.all.count == 1)
    #expect(lines.all.first?.contains("warning") == true)
    #expect(lines.all.first?.contains("No space left on device") == true)
  }

  @Test("lines beyond the size of the queue are lost, with one warning")
  func overflow() throws {
    let url = folder.appending(path: "a.log")
    let file = try LineFile(url.path, log: log)
    for _ in 0..<100 { file.append(size: 1024 * 1024) { "line" } }
    file.close()
    let written = try text(url).split(separator: "\n").count
    #expect(written + Int(file.lostCount) == 100)
    #expect(file.lostCount >= 76)
    #expect(lines.all.count == 1)
  }

  @Test("a disk that does not take the lines delays the end by the limit only, and is named")
  func stalledDisk() throws {
    let isReleased = Monitor(false)
    let file = try LineFile(folder.appending(path: "a.log").path, log: log)
    file.append(size: 10) {
      _ = isReleased.wait { $0 ? true : nil }
      return "line"
    }
    let start = SystemClock.monotonicTime
    file.close(within: .milliseconds(300))
    let taken = SystemClock.monotonicTime - start
    isReleased.update { $0 = true }
    // The disk takes the line only after `close` has returned.
    #expect(taken >= .milliseconds(300))
    #expect(lines.all.count == 1)
    #expect(lines.all.first?.contains("the thread \"access-log\" does not end") == true)
  }

  @Test("a file with a limit is renamed at its size, and each file has the header")
  func rotation() throws {
    let url = folder.appending(path: "a.csv")
    let renamed = folder.appending(path: "a.csv.1")
    let file = try LineFile(url.path, .statistics(header: "a,b", bytes: 50), log: log)
    for round in 0..<16 {
      for index in 0..<20 { file.append(size: 10) { "\(round),\(index)" } }
      while (try? text(renamed))?.contains("\(round),19") != true { usleep(10_000) }
    }
    file.close()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["a.csv"] + (1...8).map { "a.csv.\($0)" })
    for name in names {
      let lines = try text(folder.appending(path: name)).split(separator: "\n")
      #expect(lines.first == "a,b" && lines.filter { $0 == "a,b" }.count == 1)
    }
    #expect(file.lostCount == 0 && lines.all.isEmpty)
  }

  @Test("a path that cannot be opened is an error")
  func refused() {
    #expect(throws: LineFile.Failure.self) { try LineFile("/no/such/folder/a.log", log: log) }
  }
}
