// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Sharing
import Time

/// Gives the access units of a file to the session as read, each at its time.
///
/// Timestamps become the times on the monotonic clock at which the units are due, so they continue
/// when the file starts over.
final class PacedPassThroughStage: InputStage {
  /// How far the file is read ahead, since its tracks may be interleaved coarsely.
  private static let lookAhead = Interval.milliseconds(500)
  /// The maximum number of audio packets that wait for the first access unit of a turn.
  ///
  /// A turn is one reading of the file from its start to its end.
  private static let maximumWaiting = 256

  private let input: PulledInput
  private let rate: FrameRate
  private var order: UnitOrder
  private var pacer = FilePacer()
  /// Units by the time at which they are due.
  private var pending: [InputUnit] = []
  /// Audio before the first access unit of a turn, whose time is not known yet.
  private var waiting: [AudioPacket] = []
  /// When the newest access unit is due; nil before the first.
  private var newest: MonotonicTime?
  /// Whether the first access unit of this turn was read.
  private(set) var isDecoding = false

  /// A stage for a file of `rate` frames per second, with or without B-frames.
  init(_ input: PulledInput, rate: FrameRate, _ reordering: Reordering) {
    self.input = input
    self.rate = rate
    order = UnitOrder(reordering, rate: rate)
  }

  func connected() {}

  func restart() {
    pacer.restart()
    waiting = []
    isDecoding = false
  }

  func take(_ unit: InputUnit, _ description: InputDescription) -> InputStep {
    if !input.isWanted {
      guard input.waitUntilWanted() else { return .stay }
      // The units before the pause are past.
      (pacer, pending, newest) = (FilePacer(), [], nil)
      restart()
    }
    switch unit {
    case .audio(let packet):
      guard input.takesAudio else { break }
      if isDecoding {
        add(packet)
      } else {
        waiting = waiting.suffix(Self.maximumWaiting - 1) + [packet]
      }
    case .video:
      if case .video(let accessUnit) = order.place(unit) { take(accessUnit) }
    case .metadata: break
    }
    while let first = pending.first, let last = pending.last, !input.isStopped,
      last.pts - first.pts > Self.lookAhead
    { play(pending.removeFirst(), description) }
    return .stay
  }

  func finish(_ description: InputDescription) -> InputStep {
    for unit in pending where !input.isStopped { play(unit, description) }
    pending = []
    return .stay
  }

  func position(of pts: SourceTime, arrival: MonotonicTime) -> StreamPosition? {
    guard case .accessUnits(let track)? = input.target?.video, let due = pacer.audioDue(pts: pts)
    else { return nil }
    return track.position(of: SourceTime(due, plus: .zero), captured: due)
  }

  private func take(_ unit: AccessUnit) {
    // Frames before the first key frame refer to frames that the file does not contain.
    guard isDecoding || unit.isKey else { return }
    let frame = rate.frameDuration
    // The first access unit of a turn follows the last one of the turn before by one frame
    // duration, however long the file takes to open. The pacer subtracts a quarter of a frame,
    // for the frame times of an encoder.
    let now = isDecoding ? SystemClock.monotonicTime : newest ?? SystemClock.monotonicTime
    let due = pacer.due(pts: unit.order, now: now, frameDuration: frame) { $0 + frame / 4 }
    if !isDecoding, newest != nil, case .accessUnits(let track)? = input.target?.video {
      track.startTurn()
    }
    isDecoding = true
    newest = due
    for packet in waiting { add(packet) }
    waiting = []
    var unit = unit
    unit.pts = SourceTime(due, plus: .zero)
    unit.decoding?.pts = unit.pts
    insert(.video(unit))
  }

  private func add(_ packet: AudioPacket) {
    guard let due = pacer.audioDue(pts: packet.pts) else { return }
    var packet = packet
    packet.pts = SourceTime(due, plus: .zero)
    insert(.audio(packet))
  }

  private func insert(_ unit: InputUnit) {
    let index = pending.lastIndex { $0.pts <= unit.pts }.map { $0 + 1 } ?? 0
    pending.insert(unit, at: index)
  }

  private func play(_ unit: InputUnit, _ description: InputDescription) {
    let due = MonotonicTime(unit.pts, plus: .zero)
    input.sleep(until: due)
    switch unit {
    case .video(let accessUnit):
      guard case .accessUnits(let track)? = input.target?.video else { return }
      input.frameArrived(description, description.video.width, description.video.height)
      input.give(canBegin: accessUnit.isKey) { isSwitch in
        if isSwitch { track.breakOff() }
        track.take(accessUnit, description.videos, captured: due, isPaced: true)
      }
    case .audio(let packet):
      input.whileShown { input.target?.audio?(packet, description, due) }
    case .metadata: break
    }
  }
}
