package import Sharing

/// What an operator wants to know of a stream; counted by its threads, read by `/metrics`.
package struct StreamStatistics: Sendable {
  /// Pictures that the source gave.
  package var inputFrames: UInt64 = 0
  /// Slots that repeated a picture.
  package var repeatedFrames: UInt64 = 0
  /// Pictures that came after their slot had closed.
  package var lateFrames: UInt64 = 0
  /// Pictures that were too many for the grid.
  package var surplusFrames: UInt64 = 0
  /// Pictures of the source that could not be decoded, or not whole.
  package var damagedFrames: UInt64 = 0
  /// Pictures that were lost in the driver.
  package var lostFrames: UInt64 = 0
  /// Pictures that were too many for the grid, or lost in the driver.
  package var droppedFrames: UInt64 { surplusFrames + lostFrames }
  /// How often the source came back after it was gone.
  package var reconnects: UInt64 = 0
  /// Whether the source gives pictures.
  package var isSourceOnline = false
  /// How often the encoder fell behind by a second.
  package var overloads: UInt64 = 0
  /// Times the wall clock stepped by more than 50 ms.
  package var clockSteps: UInt64 = 0
  /// Seconds from handing a picture to the encoder to having its bytes.
  package var encoderDelay = Histogram.seconds
  /// Seconds from the tick of a part's last frame to its publication.
  package var partLateness = Histogram.seconds
  /// Bytes published.
  package var mediaBytes: UInt64 = 0

  /// Nothing has happened yet.
  package init() {}
}
