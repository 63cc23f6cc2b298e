// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import Time

extension PassThroughTrack {
  /// Counts an access unit; `chunks` are nil if it was not published.
  ///
  /// - Parameters:
  ///   - chunks: its chunks.
  ///   - index: its index within its segment.
  ///   - isReplay: whether it arrived before the session existed.
  func count(_ chunks: [Chunk]?, at index: Int64?, _ isReplay: Bool) {
    let segmentation = configuration.segmentation
    let now = SystemClock.wallTime
    statistics.withLock { statistics in
      statistics.inputFrames += 1
      guard let chunks, let index else {
        statistics.surplusFrames += 1
        return
      }
      for (index, chunk) in chunks.enumerated() {
        statistics.renditions[index].mediaBytes += UInt64(chunk.bytes.count)
      }
      guard !isReplay else { return }
      let count = index + 1
      let endsSegment = !segmentation.hasVariableDuration && count == segmentation.framesPerSegment
      // bounded: a part has at least one frame
      guard endsSegment || count % segmentation.framesPerPart == 0 else { return }
      // bounded: a part has at least one frame
      let frames = (count - 1) % segmentation.framesPerPart + 1
      for (index, chunk) in chunks.enumerated() {
        statistics.renditions[index].countPart(
          lateness: now - chunk.captured, duration: segmentation.grid.duration(ofFrames: frames))
      }
    }
  }
}
