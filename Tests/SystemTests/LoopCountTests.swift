// SPDX-License-Identifier: Apache-2.0

import Foundation
import System
import Testing

@Suite("The number of event loops")
struct LoopCountTests {
  @Test("is that of the processors which the kernel permits, at most 8")
  func count() throws {
    // The list is like "Cpus_allowed_list:\t0-1,4".
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(
      status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
    let ranges = line.split(separator: "\t")[1].split(separator: ",").map { range in
      range.split(separator: "-").compactMap { Int($0) }
    }
    let permitted = ranges.reduce(0) { $0 + ($1[$1.count - 1] - $1[0] + 1) }
    #expect(LoopCount.ofProcess == min(8, permitted))
  }
}
