// SPDX-License-Identifier: Apache-2.0

import Archive
import Media
import Time

extension OptionKind where Value == Interval {
  /// A whole number of seconds, minutes, hours or days: `90s`, `15m`, `4h`, `7d`, or `0`.
  static let span = OptionKind(
    placeholder: "TIME",
    expected: "a whole number and s, m, h or d, such as 90m or 7d, at most 10000d",
    parse: { text in
      if text == "0" { return .zero }
      let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
      guard let unit = text.last.flatMap({ units[$0] }),
        let count = Decimal.whole(String(text.dropLast())), count >= 0
      else { return nil }
      // bounded: intervals saturate
      let span = Interval.seconds(unit) * count
      return span <= .seconds(864_000_000) ? span : nil
    },
    print: { Retention.text($0) })
}

extension OptionKind where Value == Int64 {
  /// A number of bytes with a unit of powers of 1000: `500G`.
  static let bytes = OptionKind(
    placeholder: "SIZE", expected: "a whole number and M, G or T, such as 500G, 1M–1000T",
    parse: { text in
      let units: [Character: Int64] = [
        "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000,
      ]
      guard let unit = text.last.flatMap({ units[$0] }),
        let count = Decimal.whole(String(text.dropLast())), count > 0
      else { return nil }
      let size = count.multipliedSaturated(by: unit)
      return size <= 1_000_000_000_000_000 ? size : nil
    },
    print: { Retention.text(bytes: $0) })
}

extension OptionKind where Value == Retention.Floor {
  /// A time as ``span`` has it, or a size as ``bytes`` has it; the case of the unit differs.
  static let floor = OptionKind(
    placeholder: "AMOUNT",
    expected: "a whole number and s, m, h or d, such as 24h, at most 10000d, or M, G or T, such as "
      + "500G, 1M–1000T",
    parse: { text in
      OptionKind<Interval>.span.parse(text).map { .time($0) }
        ?? OptionKind<Int64>.bytes.parse(text).map { .size($0) }
    },
    print: { floor in
      switch floor {
      case .time(let time): Retention.text(time)
      case .size(let size): Retention.text(bytes: size)
      }
    })
}
