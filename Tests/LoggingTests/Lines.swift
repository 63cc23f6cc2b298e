// SPDX-License-Identifier: Apache-2.0

import Sharing

/// Lines that a log wrote.
final class Lines: Sendable {
  private let lines = Locked<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
}
