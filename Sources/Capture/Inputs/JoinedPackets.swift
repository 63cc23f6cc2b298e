// SPDX-License-Identifier: Apache-2.0

import Time

/// Joins pieces to access units, and keeps the times that a joined unit would lose.
struct JoinedPackets {
  /// A joined access unit.
  struct Unit {
    let unit: AccessUnitAssembler.Unit
    let times: Times
  }

  /// The decode timestamp and the declared capture time of an access unit; nil if it has none.
  struct Times {
    var decoding: SourceTime?
    var sent: WallTime?
  }

  /// The most access units that are incomplete at a time.
  private static let most = 8

  private var assembler = AccessUnitAssembler()
  private var times: [SourceTime: Times] = [:]

  /// Keeps the other times of the access unit with a presentation timestamp.
  mutating func note(_ known: Times, at pts: SourceTime) {
    if known.decoding != nil || known.sent != nil { times[pts] = known }
  }

  /// The kept times of an access unit, which are forgotten.
  mutating func takeTimes(at pts: SourceTime) -> Times { times.removeValue(forKey: pts) ?? Times() }

  /// The access units that a piece completes, oldest first.
  mutating func take(_ piece: AccessUnitAssembler.Piece) -> [Unit] {
    let units = assembler.take(piece).map { Unit(unit: $0, times: takeTimes(at: $0.timestamp)) }
    if times.count > Self.most { times.removeAll() }
    return units
  }
}
