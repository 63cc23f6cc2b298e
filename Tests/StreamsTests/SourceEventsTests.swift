// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Sharing
import Testing

@testable import Streams

@Suite("Lines of the log that the process of a source sends")
struct SourceEventsTests {
  /// The files whose code runs in the process of a source and writes lines of the log.
  private static let places = [
    "Streams/Audio", "Streams/Encoding", "Streams/Input", "Streams/PassThrough",
    "Streams/Pipelines", "Streams/Isolation/ProcessFaults.swift",
    "Streams/Session/SessionContext.swift",
    "Logging/Log+LeftThreads.swift",
  ]
  /// Events of devices, which no other process reads.
  private static let local: Set = ["audio-open"]

  private func swiftFiles(in place: URL) throws -> [URL] {
    guard !place.path.hasSuffix(".swift") else { return [place] }
    return try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)
  }

  @Test("each event that the code of such a process names is known, and no other one")
  func complete() throws {
    let root = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
      url.deletingLastPathComponent()
    }
    var found: Set<String> = []
    for place in Self.places {
      let files = try swiftFiles(in: root.appending(path: "Sources/" + place))
      for file in files {
        let text = try String(contentsOf: file, encoding: .utf8)
        let line = /(?:\.(?:debug|info|warning|error)\b[^"\n]*,|\bend\()\s*"([a-z-]+)"/
        for match in text.matches(of: line) {
          found.insert(String(match.1))
        }
      }
    }
    #expect(SourceEvents.names == found.subtracting(Self.local))
  }

  @Test("a source that invents names of events writes as many lines as one event has")
  func invented() {
    let lines = Locked<[String]>([])
    let log = Log(format: .text, least: .info, lines: 5) { line in
      lines.withLock { $0.append(line) }
    }
    for index in 0..<3000 {
      let name = String(index, radix: 10).map { "abcdefghij"[$0] }.joined()
      log.relay(source: 2, "event-\(name)", stream: "cam", "again")
    }
    log.relay(source: 255, "source-open", stream: "cam", "open")
    #expect(lines.withLock { $0.count } == 6)
  }
}

extension String {
  fileprivate subscript(_ digit: Character) -> String {
    String(self[index(startIndex, offsetBy: digit.wholeNumberValue ?? 0)])
  }
}
