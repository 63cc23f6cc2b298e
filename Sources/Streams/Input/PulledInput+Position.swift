// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// An input among others: its media reaches the session only while it is shown.
extension PulledInput {
  /// Notes that video arrived.
  func videoArrived(isPaced: Bool) {
    if let position { position.inputs.heard(position.index, isPaced: isPaced) }
  }

  /// Whether its video is to be decoded.
  var isWanted: Bool { position.map { $0.inputs.isWanted($0.index) } ?? true }

  /// Blocks while its media is not needed.
  ///
  /// - Returns: false if the input was stopped.
  func waitUntilWanted() -> Bool {
    position.map { $0.inputs.waitUntilWanted($0.index, cancellation) } ?? true
  }

  /// Gives a frame to the session, unless another input is shown.
  ///
  /// - Parameters:
  ///   - canBegin: whether the input can be shown from this frame on.
  ///   - body: takes the frame; its argument is whether another input was shown before.
  func give(canBegin: Bool = true, _ body: (_ isSwitch: Bool) -> Void) {
    guard let position else { return body(false) }
    position.inputs.give(position.index, canBegin: canBegin, body)
  }

  /// Calls `body` unless another input is shown, or none.
  func whileShown(_ body: () -> Void) {
    guard let position else { return body() }
    position.inputs.whileShown(position.index, body)
  }

  /// Calls `body` unless another input was shown after this one.
  func whileNewest(_ body: () -> Void) {
    guard let position else { return body() }
    position.inputs.whileNewest(position.index, body)
  }

  /// Plans the slot of a picture to which a splice belongs; nil if none does.
  func splices(at pts: SourceTime, _ grid: FrameGrid) -> SlotFeed.Shown? {
    target.flatMap { metadata.splices(at: pts, grid, $0.splices) }
  }
}
