// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging
import Time

/// Reads the tracks of one connection in the order of their media.
///
/// Confined to the thread of a lane.
package struct PushReader {
  /// A step.
  package enum Item {
    /// The next chunk of the track with this index.
    case chunk(Int, Chunk)
    /// Another CMAF header begins: the receiver needs another connection.
    case otherHeader
  }

  private struct Track {
    let track: PushTrack
    let headerHash: String
    var cursor: PushCursor
    var next: PushCursor.Item?
    var snapshot: WindowSnapshot
  }

  private var tracks: [Track]
  /// Audio before the first video is of no use.
  private var hasVideo: Bool

  /// A reader behind all media of the windows.
  ///
  /// - Parameters:
  ///   - tracks: the tracks, and the hash of the header that the receiver gets.
  ///   - start: where the media begins.
  package init(_ tracks: [(track: PushTrack, headerHash: String)], _ start: PushCursor.Start) {
    self.tracks = tracks.map { track, hash in
      let snapshot = track.window.snapshot
      return Track(
        track: track, headerHash: hash, cursor: PushCursor(start, behind: snapshot),
        snapshot: snapshot)
    }
    hasVideo = !tracks.contains { !$0.track.isAudio } || tracks.count == 1
  }

  /// The chunks that were left out.
  package var dropped: UInt64 { tracks.reduce(0) { $0 &+ $1.cursor.dropped } }

  /// Whether all windows have ended, and everything was read.
  package var hasEnded: Bool {
    tracks.allSatisfy { $0.next == nil && $0.cursor.hasEnded($0.snapshot) }
  }

  /// The next step; nil if there is none for the present.
  package mutating func next() -> Item? {
    while true {
      for index in tracks.indices where tracks[index].next == nil {
        tracks[index].snapshot = tracks[index].track.window.snapshot
        tracks[index].next = tracks[index].cursor.next(tracks[index].snapshot)
      }
      guard let index = earliest(), let item = tracks[index].next else { return nil }
      tracks[index].next = nil
      switch item {
      case .segment(let start):
        let description = tracks[index].snapshot.track(of: start.period)
        if let description, description.headerHash != tracks[index].headerHash {
          return .otherHeader
        }
      case .chunk(let chunk):
        if !tracks[index].track.isAudio { hasVideo = true }
        if hasVideo { return .chunk(index, chunk) }
      }
    }
  }

  /// The track with the earliest next step; tracks without a step are not waited for.
  private func earliest() -> Int? {
    tracks.indices.filter { tracks[$0].next != nil }.min { time($0) < time($1) }
  }

  private func time(_ index: Int) -> MediaTime {
    let segmentation = tracks[index].track.window.segmentation
    return switch tracks[index].next {
    case .segment(let start)?: segmentation.frameTime(of: start.firstFrame)
    case .chunk(let chunk)?: segmentation.frameTime(of: chunk.frameIndex)
    case nil: .distantFuture
    }
  }
}
