// SPDX-License-Identifier: Apache-2.0

import Logging
package import Sharing

/// Metrics in Prometheus' text format.
///
/// A metric whose name ends with `_total` is a counter; any other one is a gauge or a histogram.
package struct MetricLines {
  /// The names and values of the labels of a sample.
  package typealias Labels = [(String, String)]
  /// Metrics of several elements: name, explanation, and the property that is counted.
  package typealias Counters<Element> = [(String, String, KeyPath<Element, UInt64>)]

  package private(set) var text = ""

  package init() {}

  /// A metric with one sample, which has no labels.
  package mutating func add(_ name: String, _ help: String, _ value: Double) {
    add(name, help, [([], value)])
  }

  /// A metric with one sample, which has no labels.
  package mutating func add(_ name: String, _ help: String, _ count: some BinaryInteger) {
    add(name, help, Double(count))
  }

  /// A metric with these samples.
  package mutating func add(_ name: String, _ help: String, _ samples: [(Labels, Double)]) {
    begin(name, name.hasSuffix("_total") ? "counter" : "gauge", help)
    for (labels, value) in samples { sample(name, labels, value) }
  }

  /// Counters that have a sample of each element; their names begin with `prefix` and end with
  /// `_total`.
  package mutating func add<Element>(
    _ elements: [(labels: Labels, value: Element)], _ prefix: String, counters: Counters<Element>
  ) {
    for (name, help, count) in counters {
      let samples = elements.map { ($0.labels, Double($0.value[keyPath: count])) }
      add("\(prefix)\(name)_total", help, samples)
    }
  }

  /// A metric with these histograms.
  package mutating func add(
    _ name: String, _ help: String, histograms: [(labels: Labels, value: Histogram)]
  ) {
    begin(name, "histogram", help)
    for (labels, histogram) in histograms { add(name, labels, histogram) }
  }

  private mutating func add(_ name: String, _ labels: Labels, _ histogram: Histogram) {
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

  private mutating func begin(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
    text += "\(name)\(Self.braces(labels)) \(Self.number(value))\n"
  }

  private static func braces(_ labels: Labels) -> String {
    if labels.isEmpty { return "" }
    return "{" + labels.map { "\($0.0)=\(JSONText.quoted($0.1))" }.joined(separator: ",") + "}"
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
