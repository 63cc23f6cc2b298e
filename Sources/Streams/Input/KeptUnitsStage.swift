// SPDX-License-Identifier: Apache-2.0

import Capture
import Media

/// Keeps the units of a live input that can be passed through until its session exists.
final class KeptUnitsStage: InputStage {
  private let input: PulledInput
  private let live: DecodingStage
  private var kept: KeptUnits

  /// A stage that continues `kept`; `live` maps their timestamps.
  init(_ input: PulledInput, _ kept: KeptUnits, _ live: DecodingStage) {
    self.input = input
    self.kept = kept
    self.live = live
  }

  var isDecoding: Bool { live.isDecoding }

  func connected() {
    live.connected()
    kept = KeptUnits()
  }

  func take(
    _ unit: InputUnit, _ description: InputDescription
  ) throws(InputError) -> InputStep {
    switch input.target?.video {
    case nil:
      live.observe(unit)
      kept.add(unit, description)
      return .stay
    case .frames:
      _ = try live.take(unit, description)
      return .become(live)
    case .accessUnits(let track):
      let next = PassThroughStage(input, track, live.clock)
      input.whileShown { next.replay(kept, description) }
      kept = KeptUnits()
      _ = try next.take(unit, description)
      return .become(next)
    }
  }

  func finish(_ description: InputDescription) -> InputStep { .stay }
}
