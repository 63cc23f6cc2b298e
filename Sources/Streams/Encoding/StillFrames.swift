// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Time

/// The frames of a rendition that is left out; see ``StillPictures``.
///
/// Confined to the rendition's thread.
struct StillFrames {
  private let segmentation: Segmentation
  private var pictures: StillPictures
  /// The picture.
  private var image: VideoFrame?
  private var key: EncodedFrame?
  /// The frame that shows it after the key frame.
  private var rest: EncodedFrame?

  /// Nil if parts are too short: the segments of the rendition are then gaps.
  init?(_ segmentation: Segmentation) {
    guard let pictures = StillPictures(segmentation) else { return nil }
    self.segmentation = segmentation
    self.pictures = pictures
  }

  /// The rendition is left out from now on: the next picture is new.
  mutating func begin() {
    if let pictures = StillPictures(segmentation) { self.pictures = pictures }
    (image, key, rest) = (nil, nil, nil)
  }

  /// The frame that begins with a slot; see ``StillPictures/take(_:lag:now:)``.
  mutating func take(_ index: Int64, lag: Interval, now: MonotonicTime) -> StillPictures.Frame? {
    pictures.take(index, lag: lag, now: now)
  }

  /// The picture of a new frame; nil if it is that of its slot.
  func image(for frame: StillPictures.Frame) -> VideoFrame? { frame.isKey ? nil : image }

  /// Keeps a new frame, encoded from `begin` to `end`.
  mutating func keep(
    _ coded: EncodedFrame?, of image: VideoFrame, as frame: StillPictures.Frame,
    from begin: MonotonicTime, to end: MonotonicTime
  ) {
    self.image = image
    if frame.isKey { key = coded } else { rest = coded }
    pictures.encoded(frame, from: begin, to: end)
  }

  /// The encoded frame.
  func coded(_ frame: StillPictures.Frame) -> EncodedFrame? { frame.isKey ? key : rest }
}
