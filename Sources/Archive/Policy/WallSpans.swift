// SPDX-License-Identifier: Apache-2.0

package import Time

/// Spans of the wall clock, such as the protected ones of an archive.
package struct WallSpans: Sendable, Equatable {
  /// The spans in their order; they do not touch.
  package private(set) var spans: [Range<WallTime>] = []

  /// No spans.
  package init() {}

  /// Reads lines of two numbers, milliseconds since 1970; other lines are skipped.
  package init(_ text: String) {
    for line in text.split(separator: "\n") {
      let numbers = line.split(separator: " ").compactMap { Int64($0) }
      guard numbers.count == 2, numbers[0] < numbers[1] else { continue }
      let from = WallTime.origin + .milliseconds(numbers[0])
      add(from..<max(from, .origin + .milliseconds(numbers[1])))
    }
  }

  /// The lines that ``init(_:)`` reads.
  package var text: String {
    spans.map { "\($0.lowerBound.milliseconds) \($0.upperBound.milliseconds)\n" }.joined()
  }

  /// Adds a span.
  package mutating func add(_ span: Range<WallTime>) {
    guard !span.isEmpty else { return }
    let near = spans.filter { $0.lowerBound <= span.upperBound && span.lowerBound <= $0.upperBound }
    spans.removeAll { near.contains($0) }
    let from = near.reduce(span.lowerBound) { min($0, $1.lowerBound) }
    let to = near.reduce(span.upperBound) { max($0, $1.upperBound) }
    spans.append(from..<to)
    spans.sort { $0.lowerBound < $1.lowerBound }
  }

  /// Takes a span out.
  package mutating func remove(_ span: Range<WallTime>) {
    spans = spans.flatMap { kept -> [Range<WallTime>] in
      guard kept.overlaps(span) else { return [kept] }
      let before = kept.lowerBound..<max(kept.lowerBound, span.lowerBound)
      let after = min(kept.upperBound, span.upperBound)..<kept.upperBound
      return [before, after].filter { !$0.isEmpty }
    }
  }

  /// Whether media from `start` to `end` has a part in a span.
  package func overlaps(_ start: WallTime, _ end: WallTime) -> Bool {
    spans.contains { $0.lowerBound < end && start < $0.upperBound }
  }
}
