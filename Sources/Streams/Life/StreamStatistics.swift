// SPDX-License-Identifier: Apache-2.0

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
  /// Times the wall clock stepped by more than 50 ms.
  package var clockSteps: UInt64 = 0
  /// What was counted for each rendition, in their order.
  package var renditions: [RenditionStatistics]

  /// Nothing has happened yet.
  package init(renditions: Int = 1) {
    self.renditions = Array(repeating: RenditionStatistics(), count: renditions)
  }
}
