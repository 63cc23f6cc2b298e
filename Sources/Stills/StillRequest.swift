// SPDX-License-Identifier: Apache-2.0

package import Sharing
import Synchronization

/// The video whose frames are stills: the top rendition of a session, or of an archive.
///
/// Frames of different tracks are never taken for each other.
package struct StillTrack: Sendable, Hashable {
  private static let count = Atomic<Int>(0)
  private let number: Int

  /// A track that differs from all others.
  package init() { number = Self.count.add(1, ordering: .relaxed).newValue }
}

/// The name of a still: a frame, and the width of the picture.
package struct StillName: Sendable, Hashable {
  /// The video.
  package let track: StillTrack
  /// The number of the segment.
  package let segment: Int64
  /// The number of the frame in the segment, from 0.
  package let frame: Int
  /// The width in pixels, unless the frame is narrower; nil for that of the frame.
  package let width: UInt16?

  /// A name.
  package init(track: StillTrack, segment: Int64, frame: Int, width: UInt16?) {
    self.track = track
    self.segment = segment
    self.frame = frame
    self.width = width
  }
}

/// A request for a still, with the media that its decoder needs.
package struct StillRequest: Sendable {
  /// The frame and the width.
  package let name: StillName
  /// The CMAF header of the segment.
  package let header: SharedBytes
  /// The chunks of the segment in order, from its key frame to that of the frame or further.
  ///
  /// Each has one frame, or the only one has all frames.
  package let chunks: [SharedBytes]
  /// Whether the frame is the newest one, which is served before past ones.
  package let isNewest: Bool
  /// The memory of the chunks if only the request keeps them, as those of an archive.
  private let memory: StillMediaBudget.Share?

  /// A request.
  package init(
    name: StillName, header: SharedBytes, chunks: [SharedBytes], isNewest: Bool,
    memory: StillMediaBudget.Share? = nil
  ) {
    self.memory = memory
    self.name = name
    self.header = header
    self.chunks = chunks
    self.isNewest = isNewest
  }
}

/// Why there is no still.
package enum StillFailure: Error, Sendable, Equatable {
  /// Too many other stills are asked for.
  case busy
  /// The process has ended or did not answer in time.
  case process
  /// The frame cannot be decoded, for this reason.
  case undecodable(String)
}
