// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import Switching
package import Time

extension WindowSnapshot {
  /// How far the rendition has got; nil if it is not live, or has no media.
  fileprivate func edge(on segmentation: TrackSegmentation) -> MissingRenditions.Edge? {
    guard state == .live else { return nil }
    var media: [Range<MediaTime>] = []
    var duration = Interval.zero
    func add(_ chunks: [Chunk]) {
      guard let first = chunks.first, let last = chunks.last else { return }
      let start = segmentation.frameTime(of: first.frameIndex)
      let end = max(start, segmentation.frameTime(of: last.lastFrame + 1))
      media.append(start..<end)
      duration += end - start
    }
    if let open { add(open.chunks) }
    // A longer lag makes no difference.
    for segment in segments.reversed() where !segment.isGap {
      guard duration < MissingRenditions.tolerance else { break }
      add(segment.chunks)
    }
    guard !media.isEmpty else { return nil }
    let newest = open?.chunks.last ?? segments.last { !$0.isGap }?.chunks.last
    return MissingRenditions.Edge(
      isLeftOut: newest?.isStill == true || open == nil && segments.last?.isGap == true,
      media: media.reversed())
  }
}

extension ServedStream {
  /// The indices of the video renditions without new media; see ``MissingRenditions``.
  package func missingRenditions(now: MonotonicTime) -> [Int] {
    guard renditions.count > 1 else { return [] }
    let edges = renditions.filter { !$0.isAudio }
      .map { $0.window.snapshot.edge(on: $0.window.segmentation) }
    let known = edges.compactMap(\.self)
    // At the start and at the end of a stream all of them have media, or none.
    guard edges.count > 1, known.count == edges.count else { return [] }
    return missing.withLock { missing in
      missing.observe(known, now: now)
      return missing.indices
    }
  }

  /// The names of the video renditions without new media.
  package func missingNames(now: MonotonicTime) -> [String] {
    let indices = missingRenditions(now: now)
    guard !indices.isEmpty else { return [] }
    let videos = renditions.filter { !$0.isAudio }
    return indices.map { videos[$0].name }
  }
}
