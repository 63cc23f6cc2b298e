// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Sharing
import Time

/// Gives the access units of a live input to the session as received.
///
/// When the source turns irregular the session ends. The units from its end on are kept: the next
/// session begins with the first key frame among them, and no frame is published twice.
final class PassThroughStage: InputStage {
  /// A unit with the description that was known when it arrived.
  private struct Described: ReceivedUnit {
    var unit: InputUnit
    let description: InputDescription

    var isVideo: Bool { unit.isVideo }
    var track: Int { unit.track }
    var pts: SourceTime { unit.pts }
    var arrival: MonotonicTime { unit.arrival }

    func arrived(at time: MonotonicTime) -> Described {
      Described(unit: unit.arrived(at: time), description: description)
    }
  }

  private let input: PulledInput
  private let track: PassThroughTrack
  private var clock: SourceClock
  private var order: UnitOrder
  private var backlog = Backlog<Described>()
  /// The units that arrived since the session ended.
  private var recent = KeptUnits()
  /// The newest GOP, with which a session that encodes begins.
  private var group = KeptUnits(span: .zero)
  /// Whether the session ends and another one will take the units.
  private var isOver = false

  /// A stage that continues with the mapping of timestamps in `clock`.
  init(_ input: PulledInput, _ track: PassThroughTrack, _ clock: SourceClock) {
    self.input = input
    self.track = track
    self.clock = clock
    order = UnitOrder(track.reordering, rate: track.rate)
  }

  /// Gives the session the units that arrived before the session existed; `newest` is the present
  /// description.
  func replay(_ kept: KeptUnits, _ newest: InputDescription) {
    let units = kept.described(newest).map { (unit: order.place($0.unit), $0.description) }
    if order.isReordered { observe(units.map(\.unit)) }
    for (unit, description) in units {
      switch unit {
      case .video(let accessUnit):
        let captured = order.captureTime(ofEarlier: accessUnit, clock)
        isOver = !track.take(accessUnit, description.videos, captured: captured, isReplay: true)
      case .audio(let packet):
        guard input.takesAudio, !isOver else { break }
        let captured = clock.captureTime(ofEarlier: packet.pts, arrival: packet.arrival)
        input.target?.audio?(packet, description, captured)
      case .metadata: break
      }
      if isOver { recent.add(unit, description) }
    }
  }

  /// Maps timestamps by units in decoding order; before, decoded frames were observed, which are
  /// later.
  private func observe(_ units: [InputUnit]) {
    clock.breakOff()
    for unit in units {
      switch unit {
      case .video(let accessUnit): _ = order.captureTime(accessUnit, &clock)
      case .audio(let packet) where input.takesAudio:
        _ = clock.captureTime(
          .audioTrack(packet.track), pts: packet.pts, arrival: packet.arrival)
      case .audio, .metadata: break
      }
    }
  }

  var isDecoding: Bool { false }

  func connected() {
    clock.breakOff()
    recent = KeptUnits()
    group = KeptUnits(span: .zero)
    // An encoder buffers frames while it connects, and a camera whose line was held does so until
    // the next connection: both send them in a burst.
    backlog.begin()
  }

  func take(
    _ unit: InputUnit, _ description: InputDescription
  ) throws(InputError) -> InputStep {
    // The session may have been renewed while another input was shown.
    if isOver || input.position != nil, let target = input.target,
      let next = next(target, description)
    {
      _ = try next.take(unit, description)
      return .become(next)
    }
    if input.resumes() { backlog.begin() }
    let units = backlog.take(Described(unit: order.place(unit), description: description))
    for described in units {
      let (unit, description) = (described.unit, described.description)
      switch unit {
      case .video(let accessUnit):
        if !description.isPaced {
          if accessUnit.isKey { group = KeptUnits(span: .zero) }
          group.add(unit)
        }
        input.frameArrived(description, description.video.width, description.video.height)
        let captured = order.captureTime(accessUnit, &clock)
        input.give(canBegin: accessUnit.isKey) { isSwitch in
          if isSwitch { track.breakOff() }
          isOver = !track.take(accessUnit, description.videos, captured: captured)
        }
      case .audio(let packet):
        guard input.takesAudio else { break }
        let captured = clock.captureTime(
          .audioTrack(packet.track), pts: packet.pts, arrival: packet.arrival)
        if !isOver { input.whileShown { input.target?.audio?(packet, description, captured) } }
      case .metadata: break
      }
      if isOver { recent.add(unit, description) }
    }
    return .stay
  }

  /// The stage of the session that follows; nil while there is none.
  private func next(_ target: InputTarget, _ description: InputDescription) -> (any InputStage)? {
    switch target.video {
    case .accessUnits(let next) where next === track: return nil
    case .accessUnits(let next):
      let stage = PassThroughStage(input, next, clock)
      input.whileShown { stage.replay(recent, description) }
      return stage
    case .frames:
      let stage = DecodingStage(input, AccessUnitDecoder(input))
      stage.begin(after: group)
      return stage
    }
  }

  func finish(_ description: InputDescription) -> InputStep { .stay }

  func position(of pts: SourceTime, arrival: MonotonicTime) -> StreamPosition? {
    clock.captureTime(at: pts).flatMap { track.position(of: pts, captured: $0) }
  }
}
