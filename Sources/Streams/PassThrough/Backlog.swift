// SPDX-License-Identifier: Apache-2.0

import Capture

/// Holds what a source sends at once after a silence, until it keeps pace again: a pure state machine.
///
/// Who was stopped, or whose way was blocked, has kept its pictures and sends them as fast as it can. Their stamps are
/// right, and when they came says nothing: each is given the arrival that it would have had, seen from the last of them.
struct Backlog {
  /// So many pictures in at least half their time are at a pace.
  static var pace: Int { 5 }
  /// More than this is not held: pictures and stretches of sound.
  static var most: Int { 4000 }

  /// No silence is longer; nanoseconds.
  static var longest: Int64 { 30_000_000_000 }

  private var isHolding = false
  private var held: [InputUnit] = []
  private var pictures: [(pts: Int64, arrival: Int64)] = []

  /// The source is heard again.
  mutating func begin() {
    self = Backlog()
    isHolding = true
  }

  /// Takes what came.
  ///
  /// - Returns: what goes on now, with its times.
  mutating func take(_ unit: InputUnit) -> [InputUnit] {
    guard isHolding else { return [unit] }
    held.append(unit)
    if case .video(let picture) = unit {
      // A demuxer gives the last picture of a sender with the first of the next, whose stamps begin anew.
      if let last = pictures.last, picture.pts <= last.pts { pictures = [] }
      pictures.append((picture.pts, picture.arrival))
    }
    guard let least = lateness else { return [] }
    defer { self = Backlog() }
    var next = Int64.max
    return held.reversed().map { unit in
      let wish = unit.pts + least
      // What is older than any silence has stamps of another time.
      next = min(next, unit.arrival, wish > unit.arrival - Self.longest ? wish : unit.arrival)
      return unit.arrived(at: next)
    }.reversed()
  }

  /// The least that arrival and stamp differ by now; nil while pictures come faster than they were made.
  private var lateness: Int64? {
    // Sound may go on alone, without a picture that says at what pace.
    if held.count > Self.most {
      return held.suffix(Self.most / 2).map { $0.arrival - $0.pts }.min()
    }
    guard pictures.count > Self.pace else { return nil }
    let newest = pictures.suffix(Self.pace + 1)
    guard let first = newest.first, let last = newest.last,
      2 * (last.arrival - first.arrival) >= last.pts - first.pts
    else { return nil }
    return newest.map { $0.arrival - $0.pts }.min()
  }
}

extension InputUnit {
  fileprivate var pts: Int64 {
    switch self {
    case .video(let picture): picture.pts
    case .audio(let packet): packet.pts
    }
  }

  fileprivate var arrival: Int64 {
    switch self {
    case .video(let picture): picture.arrival
    case .audio(let packet): packet.arrival
    }
  }

  fileprivate func arrived(at time: Int64) -> InputUnit {
    switch self {
    case .video(var picture):
      picture.arrival = time
      return .video(picture)
    case .audio(var packet):
      packet.arrival = time
      return .audio(packet)
    }
  }
}
