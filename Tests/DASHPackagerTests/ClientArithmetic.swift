// SPDX-License-Identifier: Apache-2.0

import Media

/// A time of an MPD in whole microseconds.
struct Seconds: Hashable, Comparable {
  let microseconds: Int64

  /// Reads `PT1.001S`.
  init?(duration: String) {
    guard duration.hasPrefix("PT"), duration.hasSuffix("S") else { return nil }
    let number = duration.dropFirst(2).dropLast()
    // Period starts lie decades after 1970: more digits than Decimal takes.
    let parts = number.split(separator: ".")
    guard (1...2).contains(parts.count), let whole = Int64(parts[0]) else { return nil }
    let fraction = parts.count == 2 ? String(parts[1]) : ""
    guard fraction.count <= 6,
      let micro = Int64(fraction + String(repeating: "0", count: 6 - fraction.count))
    else { return nil }
    microseconds = whole * 1_000_000 + micro
  }

  static func < (a: Seconds, b: Seconds) -> Bool { a.microseconds < b.microseconds }
}

/// The arithmetic of a player on an MPD.
///
/// - Source: ISO/IEC 23009-1 §5.3.9.5.3, §A.3.2 (availability times); DASH-IF IOP §4.3.2
struct ClientArithmetic {
  /// Microseconds since 1970.
  let availabilityStart: Int64
  let periodStart: Int64
  let startNumber: Int64
  let offset: Int64
  let duration: Int64
  let timescale: Int64
  /// Milliseconds.
  let availabilityTimeOffset: Int64

  /// The values of the last Period of `manifest`.
  init?(_ manifest: XMLElement) {
    guard let period = manifest.all("Period").last,
      let template = period.everything.first(where: { $0.name == "SegmentTemplate" }),
      let start = Seconds(duration: period["start"] ?? ""),
      // The stream starts in the first minute of 1970.
      let clock = manifest["availabilityStartTime"], clock.hasPrefix("1970-01-01T00:00:"),
      let micro = Seconds(duration: "PT\(clock.dropFirst(17).dropLast())S"),
      let number = template["startNumber"].flatMap({ Int64($0) }),
      let offset = template["presentationTimeOffset"].flatMap({ Int64($0) }),
      let duration = template["duration"].flatMap({ Int64($0) }),
      let timescale = template["timescale"].flatMap({ Int64($0) })
    else { return nil }
    availabilityStart = micro.microseconds
    periodStart = start.microseconds
    startNumber = number
    self.offset = offset
    self.duration = duration
    self.timescale = timescale
    availabilityTimeOffset =
      template["availabilityTimeOffset"].flatMap { Decimal.parse($0, digits: 3) } ?? 0
  }

  /// The number of the segment that is being made at wall time `now`, microseconds since 1970.
  func number(at now: Int64) -> Int64 {
    let elapsed = Int128(now - availabilityStart - periodStart) * Int128(timescale)
    let unit = Int128(duration) * 1_000_000
    let (whole, rest) = elapsed.quotientAndRemainder(dividingBy: unit)
    return Int64(rest < 0 ? whole - 1 : whole) + startNumber
  }

  /// The earliest request for the segment: its end minus availabilityTimeOffset, in microseconds
  /// since 1970.
  func available(_ number: Int64) -> Int64 {
    let end = Int128(number - startNumber + 1) * Int128(duration) * 1_000_000 / Int128(timescale)
    return availabilityStart + periodStart + Int64(end) - availabilityTimeOffset * 1000
  }

  /// The position of a media time in ticks on the presentation's timeline, in microseconds.
  func presentationTime(_ ticks: Int64) -> Int64 {
    periodStart + Int64(Int128(ticks - offset) * 1_000_000 / Int128(timescale))
  }
}
