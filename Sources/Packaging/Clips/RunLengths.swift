// SPDX-License-Identifier: Apache-2.0

/// Numbers in order, of which equal ones in succession are counted, as in `stts` and `ctts`.
struct RunLengths: Equatable {
  struct Run: Equatable {
    var count: Int
    let value: Int64
  }

  private(set) var runs: [Run] = []

  mutating func append(_ value: Int64, count: Int = 1) {
    guard count > 0 else { return }
    guard let last = runs.last, last.value == value else {
      return runs.append(Run(count: count, value: value))
    }
    runs[runs.count - 1].count += count  // bounded: numbers in memory
  }

  /// Replaces the last number.
  mutating func setLast(_ value: Int64) {
    removeLast(1)
    append(value)
  }

  mutating func removeLast(_ count: Int) { remove(count) { $0.last } }

  mutating func removeFirst(_ count: Int) { remove(count) { $0.first } }

  /// Removes numbers of the run that `end` chooses, until `count` are removed.
  private mutating func remove(_ count: Int, at end: (Range<Int>) -> Int?) {
    var count = count
    while count > 0, let index = end(runs.indices) {
      let removed = min(count, runs[index].count)
      runs[index].count -= removed
      count -= removed
      if runs[index].count == 0 { runs.remove(at: index) }
    }
  }

  /// Calls `body` with each number.
  func forEach(_ body: (Int64) -> Void) {
    for run in runs { for _ in 0..<run.count { body(run.value) } }
  }
}
