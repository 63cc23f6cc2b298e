// SPDX-License-Identifier: Apache-2.0

import System
import Testing
import Time

@testable import Archive

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
