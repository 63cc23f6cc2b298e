// SPDX-License-Identifier: Apache-2.0

import Time

/// The content of the object store of one hour file: `04-HASH.cmfv.objects` beside the
/// file.
///
/// The mark outlives the file: after retention it says which numbers the store has.
package struct HourMark: Sendable, Equatable {
  /// Whether the store has the CMAF header.
  package var hasHeader = false
  /// The number of segments in the index that the store has; nil without one.
  package var indexed: Int?
  /// The segments that the store has.
  package var spans = NumberSpans()
  /// The segments that are to be removed from the store.
  package var removed: [ClosedRange<Int64>] = []

  private static let title = "streamer-objects-1"

  /// Nothing.
  package init() {}

  /// The content of the file.
  package var text: String {
    var lines = [Self.title]
    if hasHeader { lines.append("header") }
    if let indexed { lines.append("index \(indexed)") }
    for span in spans.spans {
      lines.append(
        "put \(span.numbers.lowerBound) \(span.numbers.upperBound) \(span.start.nanoseconds) "
          + "\(span.end.nanoseconds)" + (span.startsDiscontinuity ? " 1" : ""))
    }
    for numbers in removed { lines.append("remove \(numbers.lowerBound) \(numbers.upperBound)") }
    return lines.joined(separator: "\n") + "\nend\n"
  }

  /// Reads the content of a file; nil if it is damaged: the objects are put again.
  package init?(_ text: String) {
    let lines = text.split(separator: "\n")
    guard lines.first == Self.title[...], lines.last == "end" else { return nil }
    for line in lines.dropFirst().dropLast() {
      let words = line.split(separator: " ")
      let values = words.dropFirst().map { Int64($0) }
      guard let word = words.first, !values.contains(nil) else { return nil }
      let numbers = values.compactMap(\.self)
      switch (word, numbers.count) {
      case ("header", 0): hasHeader = true
      case ("index", 1): indexed = Int(clamping: numbers[0])
      case ("put", 4), ("put", 5):
        guard let range = Self.range(numbers), numbers[2] <= numbers[3],
          numbers.count == 4 || numbers[4] == 1
        else { return nil }
        spans.add(
          NumberSpans.Span(
            numbers: range, start: WallTime(nanoseconds: numbers[2]),
            end: WallTime(nanoseconds: numbers[3]), startsDiscontinuity: numbers.count == 5))
      case ("remove", 2):
        guard let range = Self.range(numbers) else { return nil }
        removed.append(range)
      default: return nil
      }
    }
  }

  private static func range(_ numbers: [Int64]) -> ClosedRange<Int64>? {
    guard SegmentMark.numbers.contains(numbers[0]), SegmentMark.numbers.contains(numbers[1]),
      numbers[0] <= numbers[1]
    else { return nil }
    return numbers[0]...numbers[1]
  }
}
