// SPDX-License-Identifier: Apache-2.0

import Packaging
import Sharing
import Stills

/// The frames of the top rendition as stills.
extension ServedStream {
  /// The newest frame; nil before the first key frame.
  func newestStill(width: UInt16?) -> StillRequest? {
    newestStill(width: width, in: window.snapshot)
  }

  /// The newest frame of a snapshot of the top rendition; nil before the first key frame.
  func newestStill(width: UInt16?, in snapshot: WindowSnapshot) -> StillRequest? {
    if let open = snapshot.open, let last = open.chunks.indices.last {
      return still(
        of: open.chunks, at: last, in: open.number, open.period, snapshot, width, isNewest: true)
    }
    guard let segment = snapshot.segments.last(where: { !$0.isGap }),
      let last = segment.chunks.indices.last
    else { return nil }
    return still(
      of: segment.chunks, at: last, in: segment.number, segment.period, snapshot, width,
      isNewest: true)
  }

  /// The frame at a position of a segment; nil if the window does not have it, or the segment does
  /// not begin with a key frame.
  func still(
    of number: Int64, at position: Int, in snapshot: WindowSnapshot, width: UInt16?
  ) -> StillRequest? {
    if let open = snapshot.open, open.number == number {
      return still(
        of: open.chunks, at: position, in: number, open.period, snapshot, width, isNewest: false)
    }
    guard let segment = snapshot.segment(number) else { return nil }
    return still(
      of: segment.chunks, at: position, in: number, segment.period, snapshot, width,
      isNewest: false)
  }

  private func still(
    of chunks: [Chunk], at position: Int, in number: Int64, _ period: DiscontinuityPeriod,
    _ snapshot: WindowSnapshot, _ width: UInt16?, isNewest: Bool
  ) -> StillRequest? {
    guard chunks.indices.contains(position), chunks[0].isIndependent,
      let track = snapshot.track(of: period)
    else { return nil }
    return StillRequest(
      name: StillName(track: stillTrack, segment: number, frame: position, width: width),
      header: track.header, chunks: chunks[...position].map(\.bytes), isNewest: isNewest)
  }

  /// Lets a decoder follow the newest frames for a while.
  func follow(with service: StillService) {
    service.follow(stillTrack) { [weak self] in self?.newestStill(width: nil) }
    guard isFollowable.raise() else { return }
    window.subscribe { [weak service, stillTrack] in service?.published(stillTrack) }
  }
}
