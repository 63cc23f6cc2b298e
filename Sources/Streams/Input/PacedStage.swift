// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Sharing
import Time

/// Decodes a file and gives each frame to the session at its time.
final class PacedStage: InputStage {
  private let input: PulledInput
  private let decoder: AccessUnitDecoder
  private var pacer = FilePacer()

  init(_ input: PulledInput, _ decoder: AccessUnitDecoder) {
    self.input = input
    self.decoder = decoder
  }

  var isDecoding: Bool { decoder.isOpen }

  func connected() { decoder.reset() }

  func restart() { pacer.restart() }

  func take(
    _ unit: InputUnit, _ description: InputDescription
  ) throws(InputError) -> InputStep {
    guard input.waitUntilWanted() else { return .stay }
    switch unit {
    case .video(let accessUnit):
      for frame in try decoder.decode(accessUnit, description) { try show(frame, description) }
    case .audio(let packet):
      guard input.takesAudio, decoder.isOpen, let due = pacer.audioDue(pts: packet.pts) else {
        break
      }
      input.whileShown { input.target?.audio?(packet, description, due) }
    case .metadata: break
    }
    return .stay
  }

  func finish(_ description: InputDescription) throws(InputError) -> InputStep {
    for frame in decoder.finish(arrival: SystemClock.monotonicTime) { try show(frame, description) }
    return .stay
  }

  func position(of pts: SourceTime, arrival: MonotonicTime) -> StreamPosition? {
    guard case .frames(let feed, _, let grid)? = input.target?.video,
      let clock = feed.read(\.clock), let due = pacer.audioDue(pts: pts)
    else { return nil }
    return StreamPosition(of: due, clock, grid)
  }

  private func show(_ decoded: DecodedFrame, _ description: InputDescription) throws(InputError) {
    input.frameArrived(description, decoded.width, decoded.height)
    guard case .frames(let feed, let size, let grid)? = input.target?.video else { return }
    let frame = try decoder.normalized(decoded, to: size)
    feed.waitUntilOpen()
    guard let clock = feed.read(\.clock) else { return }
    let due = pacer.due(
      pts: decoded.pts, now: SystemClock.monotonicTime, frameDuration: grid.rate.frameDuration
    ) { clock.due(clock.frame(atOrAfter: $0, on: grid), on: grid) }
    input.sleep(until: due)
    input.give { _ in
      feed.offer(
        frame, captured: due, captions: decoded.captions,
        shown: input.splices(at: decoded.pts, grid))
    }
  }
}
