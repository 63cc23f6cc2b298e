// SPDX-License-Identifier: Apache-2.0

import System
import Testing
import Time

@testable import Archive

/// Removal at once, without another thread.
extension StreamWriter {
  /// Reads the folder, and completes the orders that a crash has interrupted.
  func load() { load { _ = removeSegments(in: $0, now: $0.upperBound) } }

  /// Removes the segments with media in a span; those of the windows are left out.
  ///
  /// - Returns: the reason of a failure, else nil.
  func removeSegments(in span: Range<WallTime>, now: WallTime) -> String? {
    let removal: SpanRemoval
    switch beginRemoval(of: span, now: now) {
    case .failure(let refusal): return refusal.reason
    case .success(let begun): removal = begun
    }
    return endRemoval(of: removal.media, removal.run(order: perform))
  }

  /// Performs an order at once.
  private func perform(_ order: WriterOrder) {
    switch order {
    case .hold(_, let rendition, let name, let time, let answer):
      answer(hold(name, of: rendition, until: time))
    case .replace(_, let rendition, let replacement, let answer):
      answer(replace(replacement, of: rendition))
    default: order.refuse()
    }
  }
}

extension HourFolder {
  /// Removes the segments of a finished hour file that have media in a span, as an order does.
  ///
  /// - Returns: the sums of the new file; nil if no segment is left.
  func removeSegments(
    _ name: HourName, in span: Range<WallTime>
  ) throws -> HourIndex.Summary? {
    let parts = path.split(separator: "/")
    let rendition = String(try #require(parts.last))
    let catalog = StreamCatalog(folder: "/" + parts.dropLast().joined(separator: "/"))
    let summary = try #require(try finish(name))
    catalog.update { state in
      state.tracks[rendition] = TrackCatalog([name: summary])
      state.isLoaded = true
    }
    let stream = StreamWriter(catalog, ArchivePolicy())
    #expect(stream.removeSegments(in: span, now: span.upperBound) == nil)
    return catalog.read { $0.tracks[rendition]?.files[name] }
  }
}
