// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Time

/// The units of a live input from its first key frame on, until a session takes them.
///
/// A pass-through stream begins with them. If they exceed a limit, all are dropped, and the stream
/// begins with the next key frame after them.
struct KeptUnits: Sendable {
  /// The maximum number of units.
  private static let mostUnits = 20_000
  /// The maximum number of bytes.
  private static let mostBytes = 64 << 20
  /// How long before the first key frame audio may arrive.
  private static let audioBefore = Interval.seconds(1)

  /// The units, in the order of their arrival; audio may precede the first key frame.
  private(set) var units: [InputUnit] = []
  private var byteCount = 0
  private var hasKey = false

  /// The first key frame; nil before the first key frame.
  var first: AccessUnit? {
    for case .video(let unit) in units { return unit }
    return nil
  }

  /// Adds the next unit.
  mutating func add(_ unit: InputUnit) {
    if case .video(let accessUnit) = unit {
      guard hasKey || accessUnit.isKey else { return }
      hasKey = true
    } else if !hasKey {
      let oldest = unit.arrival - Self.audioBefore
      units.removeAll { $0.arrival < oldest }
      byteCount = units.reduce(0) { $0 + $1.size }
    }
    units.append(unit)
    byteCount += unit.size
    if units.count > Self.mostUnits || byteCount > Self.mostBytes { self = KeptUnits() }
  }
}

extension InputUnit {
  fileprivate var size: Int {
    switch self {
    case .video(let unit): unit.bytes.count
    case .audio(let packet): packet.bytes.count
    }
  }
}
