// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Sharing
import Time

/// Decodes a live input, maps its timestamps, and aligns its frames and its audio to the grid.
final class DecodingStage: InputStage {
  private let input: PulledInput
  private let decoder: AccessUnitDecoder
  private(set) var clock = SourceClock()
  /// Nil before the first frame that the session takes.
  private var shift: SourceShift?
  /// The newest GOP of an input that is not shown.
  private var hidden = KeptUnits(span: .zero)

  init(_ input: PulledInput, _ decoder: AccessUnitDecoder) {
    self.input = input
    self.decoder = decoder
  }

  var isDecoding: Bool { decoder.isOpen }

  func connected() {
    clock.breakOff()
    decoder.reset()
    hidden = KeptUnits(span: .zero)
  }

  /// Bounds how far the mapping of timestamps precedes the arrivals; see ``SourceClock``.
  func limitLead(to most: Interval) { clock.limitLead(to: most) }

  func take(
    _ unit: InputUnit, _ description: InputDescription
  ) throws(InputError) -> InputStep {
    if input.position != nil, case .accessUnits(let track)? = input.target?.video {
      let next = PassThroughStage(input, track, clock)
      _ = try next.take(unit, description)
      return .become(next)
    }
    switch unit {
    case .audio(let packet): if input.takesAudio { take(packet, description) }
    case .metadata: break
    case .video where !input.isWanted: hide(unit, description)
    case .video(let accessUnit):
      try catchUp(description)
      for frame in try decoder.decode(accessUnit, description) { try show(frame, description) }
    }
    return .stay
  }

  func finish(_ description: InputDescription) throws(InputError) -> InputStep {
    for frame in decoder.finish(arrival: SystemClock.monotonicTime) { try show(frame, description) }
    return .stay
  }

  /// Keeps an access unit that is not decoded now.
  private func hide(_ unit: InputUnit, _ description: InputDescription) {
    observe(unit)
    decoder.reset()
    shift = nil
    hidden.add(unit)
    _ = input.resumes()
    input.frameArrived(description, description.video.width, description.video.height)
  }

  /// Decodes the newest GOP of `kept` before the next access unit, which refers to it.
  func begin(after kept: KeptUnits) {
    for unit in kept.newestGroup { hidden.add(.video(unit)) }
  }

  /// Decodes the kept access units, to which the next one refers.
  private func catchUp(_ description: InputDescription) throws(InputError) {
    guard !hidden.units.isEmpty else { return }
    let units = hidden.newestGroup
    hidden = KeptUnits(span: .zero)
    guard !decoder.isOpen else { return }
    for unit in units { _ = try decoder.decode(unit, description) }
  }

  /// Adds a unit that another stage keeps to the mapping of timestamps.
  func observe(_ unit: InputUnit) {
    switch unit {
    case .video(let unit):
      _ = clock.captureTime(pts: unit.pts, arrival: unit.arrival, sent: unit.senderMonotonic)
    case .audio(let packet):
      guard input.takesAudio else { return }
      _ = clock.captureTime(
        .audioTrack(packet.track), pts: packet.pts, arrival: packet.arrival)
    case .metadata: break
    }
  }

  /// The frame nearest to the timestamp, as if one with this timestamp were offered now.
  func position(of pts: SourceTime, arrival: MonotonicTime) -> StreamPosition? {
    guard case .frames(let feed, _, let grid)? = input.target?.video, var shift,
      let streamClock = feed.read(\.clock), let captured = clock.captureTime(at: pts)
    else { return nil }
    let aligned = shift.align(captured, streamClock, mapping: clock.steps)
    return StreamPosition(of: aligned, streamClock, grid)
  }

  /// The capture time of a unit that arrived earlier, by the present mapping.
  func captured(pts: SourceTime, arrival: MonotonicTime) -> MonotonicTime {
    clock.captureTime(ofEarlier: pts, arrival: arrival)
  }

  /// Gives a frame to the session, if there is one.
  func show(_ decoded: DecodedFrame, _ description: InputDescription) throws(InputError) {
    input.frameArrived(description, decoded.width, decoded.height)
    let captured = clock.captureTime(
      pts: decoded.pts, arrival: decoded.arrival, sent: decoded.senderMonotonic)
    guard case .frames(let feed, let size, let grid)? = input.target?.video else { return }
    let frame = try decoder.normalized(decoded, to: size)
    guard let streamClock = feed.read(\.clock) else { return }
    var shift = shift ?? SourceShift(grid)
    let aligned = shift.align(captured, streamClock, mapping: clock.steps)
    self.shift = shift
    input.give { _ in
      feed.offer(
        frame, captured: captured, aligned: aligned, captions: decoded.captions,
        shown: input.splices(at: decoded.pts, grid))
    }
  }

  /// Gives audio to the session, shifted like the frames; audio before the first frame is dropped.
  func take(_ packet: AudioPacket, _ description: InputDescription) {
    let captured = clock.captureTime(
      .audioTrack(packet.track), pts: packet.pts, arrival: packet.arrival)
    guard let shift else { return }
    let phase = shift.phase
    input.whileShown { input.target?.audio?(packet, description, captured + phase) }
  }
}

extension DecodedFrame {
  /// The sender's capture time on the monotonic clock; nil if the sender has none.
  var senderMonotonic: MonotonicTime? {
    senderTime.map { MonotonicTime($0, minus: SystemClock.wallMinusMonotonic) }
  }
}

extension AccessUnit {
  /// The sender's capture time on the monotonic clock; nil if the sender has none.
  var senderMonotonic: MonotonicTime? {
    senderTime.map { MonotonicTime($0, minus: SystemClock.wallMinusMonotonic) }
  }
}
