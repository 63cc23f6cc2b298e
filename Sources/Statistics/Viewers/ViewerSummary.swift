// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import Time

/// The figures of several viewers together.
struct ViewerSummary: Sendable {
  /// The number of viewers by transport, at the index of the transport.
  private(set) var counts = [Int](repeating: 0, count: ViewerTransport.allCases.count)
  /// The sum of the rates of sent bytes, in kbit/s.
  private(set) var kilobits: Int64 = 0
  /// Minimum, mean, median, 95 % quantile and maximum of the reported delays, in milliseconds; nil
  /// without a delay.
  let delay: [Double]?
  /// The median of the reported and measured round trips, in milliseconds; nil if none is known.
  let roundTrip: Double?

  init(_ viewers: some Collection<ViewerReport>) {
    for viewer in viewers {
      counts[viewer.transport.index] += 1
      kilobits = kilobits.addingSaturated(viewer.kilobits)
    }
    let delays = viewers.compactMap(\.figures.delay).sorted()
    if let first = delays.first, let last = delays.last {
      let mean = delays.reduce(0, +) / Double(delays.count)
      delay = [first, mean, Self.quantile(delays, 50), Self.quantile(delays, 95), last]
    } else {
      delay = nil
    }
    let roundTrips = viewers.compactMap(\.figures.roundTrip).sorted()
    roundTrip = roundTrips.isEmpty ? nil : Self.quantile(roundTrips, 50)
  }

  /// The names of the members of ``delay``.
  static let delayNames = ["min", "avg", "p50", "p95", "max"]

  private static func quantile(_ sorted: [Double], _ percent: Int) -> Double {
    // bounded: a number of connections
    sorted[min(sorted.count - 1, sorted.count * percent / 100)]
  }

  /// The JSON members; a value that is unknown is left out.
  var object: JSONObject {
    let transports = ViewerTransport.allCases.filter { counts[$0.index] > 0 }
    let delays = delay.map { delay in
      JSONObject(zip(Self.delayNames, delay).map { ($0, RawJSON(ViewerReport.number($1))) })
    }
    return [
      "viewers": counts.reduce(0, +),
      "transports": JSONObject(transports.map { ($0.rawValue, counts[$0.index]) }),
      "kbps": kilobits, "delay": delays,
      "rtt": roundTrip.map { RawJSON(ViewerReport.number($0)) },
    ]
  }
}
