// SPDX-License-Identifier: Apache-2.0

import Time

/// The limits of the clock by which hours are too old, from the clocks of the machine alone.
struct ModelAges {
  /// How much the program's clock may differ: it is written once a minute.
  static let tolerance = Interval.seconds(70)
  /// How far the wall clock may be behind before media ages from its writing.
  private static let behind = Interval.seconds(3600)

  /// The latest and the earliest time that the program's clock may show.
  private(set) var latest, earliest: WallTime

  init(_ wall: WallTime) { (latest, earliest) = (wall, wall) }

  /// The program has run for some time: its clock shows at most twice that.
  mutating func run(for elapsed: Interval, wall: WallTime) {
    latest = max(latest, min(wall, latest + elapsed + elapsed))
    earliest = max(earliest, min(wall, earliest + elapsed + elapsed))
  }

  /// The program begins.
  ///
  /// - Parameters:
  ///   - hasFile: whether the folder has the file of the clock.
  ///   - wall: the wall clock.
  ///   - newest: the end of the newest hour that does not begin after the wall clock; nil for none.
  mutating func begin(hasFile: Bool, wall: WallTime, newest: WallTime?) {
    if hasFile { return earliest = earliest - Self.tolerance }
    let first = min(wall, newest ?? wall)
    (latest, earliest) = (max(latest, first), min(earliest, first))
  }

  /// An administrator sets the clock; a program that runs reads it a moment later.
  mutating func set(_ wall: WallTime, isRunning: Bool) {
    latest = isRunning ? max(latest, wall) : wall
    earliest = isRunning ? min(earliest, wall) : wall
  }

  /// The time from which media ages at the earliest that is written now, and ends at `end`.
  func written(_ end: WallTime, wall: WallTime) -> WallTime {
    guard earliest - wall > Self.behind + Self.tolerance else { return end }
    return max(end, earliest - Self.tolerance)
  }
}
