// SPDX-License-Identifier: Apache-2.0

import Foundation
package import Testing

/// Texts that are compared with files in the folder `Golden` beside the test.
package enum Golden {
  /// Compares `text` with the golden file `name`; `UPDATE_GOLDEN=1` rewrites the file and fails the
  /// test.
  package static func expect(
    _ text: String, equals name: String, testFile: String = #filePath,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let folder = URL(fileURLWithPath: testFile).deletingLastPathComponent()
    let file = folder.appendingPathComponent("Golden/\(name)")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      let written = (try? text.write(to: file, atomically: true, encoding: .utf8)) != nil
      Issue.record(
        "\(written ? "rewrote" : "could not write") Golden/\(name)", sourceLocation: sourceLocation)
      return
    }
    guard let golden = try? String(contentsOf: file, encoding: .utf8) else {
      Issue.record(
        "Golden/\(name) is missing; UPDATE_GOLDEN=1 writes it", sourceLocation: sourceLocation)
      return
    }
    guard text != golden else { return }
    Issue.record(
      "Golden/\(name) differs:\n\(difference(of: text, from: golden))",
      sourceLocation: sourceLocation)
  }

  private static func difference(of text: String, from golden: String) -> String {
    let (new, old) = (lines(text), lines(golden))
    let changes = new.difference(from: old).map { change in
      switch change {
      case .remove(let place, let line, _): (place, "-\(place + 1): \(line)")
      case .insert(let place, let line, _): (place, "+\(place + 1): \(line)")
      }
    }
    return changes.sorted { $0.0 < $1.0 }.map(\.1).joined(separator: "\n")
  }

  private static func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
