// SPDX-License-Identifier: Apache-2.0

import Sharing

/// The delays that players report, and changes of automatic renditions, on one loop.
package struct ViewerDelays: Sendable {
  private static let empty = Histogram(
    bounds: [0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30])

  /// The delays by transport, at the index of the transport.
  private var histograms = [Histogram](
    repeating: empty, count: ViewerTransport.allCases.count)
  package private(set) var switchesUp: UInt64 = 0
  package private(set) var switchesDown: UInt64 = 0

  /// Counts a delay in milliseconds.
  package mutating func observe(_ milliseconds: Double, _ transport: ViewerTransport) {
    guard (0...10_000_000).contains(milliseconds) else { return }
    histograms[transport.index].observe(milliseconds / 1000)
  }

  /// Counts a change of the rendition that the server chooses.
  package mutating func countSwitch(isUp: Bool) {
    if isUp { switchesUp += 1 } else { switchesDown += 1 }
  }

  /// Adds the counts of another loop.
  package mutating func add(_ other: ViewerDelays) {
    for index in histograms.indices { histograms[index].add(other.histograms[index]) }
    switchesUp += other.switchesUp
    switchesDown += other.switchesDown
  }

  /// Writes the series of `/metrics`.
  package func write(to out: inout MetricLines) {
    out.add(
      "streamer_viewer_delay_seconds", "Time from frame time to display, as players report it.",
      histograms: ViewerTransport.allCases.map {
        ([("transport", $0.rawValue)], histograms[$0.index])
      })
    out.add(
      "streamer_abr_switches_total",
      "Changes of the rendition that the server chooses for a viewer.",
      [([("dir", "up")], Double(switchesUp)), ([("dir", "down")], Double(switchesDown))])
  }
}
