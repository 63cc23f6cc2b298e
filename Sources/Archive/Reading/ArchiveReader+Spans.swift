// SPDX-License-Identifier: Apache-2.0

package import Packaging
package import Time

extension ArchiveReader {
  /// The segments of a rendition from number `first` on, as spans in the order of their numbers.
  ///
  /// Files without a gap are known by their sums; of the others the index is read. `isValid`
  /// accepts the number and the start of a segment.
  package func spans(
    of rendition: String, from first: Int64,
    where isValid: (Int64, WallTime) -> Bool = { _, _ in true }
  ) throws(ArchiveFailure) -> [SegmentSpans.Span] {
    var spans: [SegmentSpans.Span] = []
    let hidden = hidden
    for (name, summary, _) in try summaries(of: rendition) where summary.last >= first {
      let numbers = summary.first...max(summary.first, summary.last)
      let length = numbers.upperBound.subtractingSaturated(numbers.lowerBound)
      let isHidden = hidden.contains { $0.overlaps(summary.start, summary.end) }
      if Int64(summary.count) > length, !isHidden {
        guard isValid(summary.first, summary.start) else { continue }
        spans.append(SegmentSpans.Span(numbers: numbers, headerHash: name.headerHash))
        continue
      }
      var found = SegmentSpans()
      for segment in try rows(of: name, rendition)
      where isValid(segment.number, segment.row.start) {
        found.append(
          SegmentSpans.Span(
            numbers: segment.number...segment.number, headerHash: segment.headerHash))
      }
      spans += found.spans
    }
    return spans.sorted { $0.numbers.lowerBound < $1.numbers.lowerBound }
  }
}
