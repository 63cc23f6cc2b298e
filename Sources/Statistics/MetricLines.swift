// SPDX-License-Identifier: Apache-2.0

import Logging
package import Sharing

/// Lines in Prometheus' text format.
package struct MetricLines {
  package private(set) var text = ""

  package init() {}

  /// The two lines before the samples of a metric.
  package mutating func family(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  /// One sample.
  package mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
    text += "\(name)\(Self.braces(labels)) \(Self.number(value))\n"
  }

  /// The samples of a histogram.
  package mutating func histogram(
    _ name: String, _ labels: [(String, String)], _ histogram: Histogram
  ) {
    var cumulated: UInt64 = 0
    for (index, count) in histogram.counts.enumerated() {
      // bounded: counts of another process may wrap after many restarts
      cumulated &+= count
      let bound = index < histogram.bounds.count ? Self.number(histogram.bounds[index]) : "+Inf"
      sample(name + "_bucket", labels + [("le", bound)], Double(cumulated))
    }
    sample(name + "_sum", labels, histogram.sum)
    sample(name + "_count", labels, Double(cumulated))
  }

  private static func braces(_ labels: [(String, String)]) -> String {
    if labels.isEmpty { return "" }
    return "{" + labels.map { "\($0.0)=\(JSONText.quoted($0.1))" }.joined(separator: ",") + "}"
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
