// SPDX-License-Identifier: Apache-2.0

import Logging

/// The figures of all targets, as lines for a person, as JSON, and for Prometheus: pure.
package enum CanaryReport {
  /// One line; addresses are without their secrets.
  package static func line(_ target: CanaryTarget, _ summary: AgeFigures.Summary) -> String {
    let age =
      summary.age.map {
        "age p50 \(whole($0.p50)) p95 \(whole($0.p95)) p99 \(whole($0.p99)) ms by \(names(summary))"
      } ?? "no media"
    return "\(Redaction.redact(target.url)) \(target.form.rawValue): \(age), "
      + "\(summary.count) chunks, since the start \(summary.stalls) stalls, "
      + "\(summary.errors) errors, \(summary.broken) broken rules\n"
  }

  /// One JSON object and a line end.
  package static func json(
    _ target: CanaryTarget, _ summary: AgeFigures.Summary, milliseconds: Int64
  ) -> String {
    let age =
      summary.age.map {
        "{\"p50\":\(tenths($0.p50)),\"p95\":\(tenths($0.p95)),\"p99\":\(tenths($0.p99))}"
      } ?? "null"
    let clock = summary.clocks.isEmpty ? "null" : "\"\(names(summary))\""
    return
      "{\"t\":\(milliseconds),\"url\":\"\(label(target))\",\"form\":\"\(target.form.rawValue)\","
      + "\"age\":\(age),\"clock\":\(clock),\"chunks\":\(summary.count),"
      + "\"stalls\":\(summary.stalls),\"errors\":\(summary.errors),"
      + "\"broken\":\(summary.broken)}\n"
  }

  /// One line for a broken rule.
  package static func line(_ finding: Finding) -> String {
    let (url, seen) = (Redaction.redact(finding.url), Redaction.redact(finding.seen))
    let rule = "\(finding.rule.name) (\(finding.rule.level.rawValue), \(finding.rule.clause))"
    return "\(url): \(rule): \(seen); expected: \(finding.expected)\n"
  }

  /// A file for the collector of text files of Prometheus' node exporter.
  ///
  /// - Source: Prometheus text exposition format 0.0.4
  package static func metrics(_ found: [(CanaryTarget, AgeFigures.Summary)]) -> String {
    func family(
      _ name: String, _ type: String, _ help: String,
      _ samples: (AgeFigures.Summary) -> [(more: String, value: String)]
    ) -> String {
      var text = "# HELP streamer_canary_\(name) \(help)\n# TYPE streamer_canary_\(name) \(type)\n"
      for (target, summary) in found {
        for (more, value) in samples(summary) {
          text += "streamer_canary_\(name){url=\"\(label(target))\","
          text += "form=\"\(target.form.rawValue)\"\(more)} \(value)\n"
        }
      }
      return text
    }
    let ages = family(
      "age_seconds", "gauge", "Capture of a chunk to its last byte, in the last interval."
    ) { summary in
      guard let age = summary.age else { return [] }
      return [("0.5", age.p50), ("0.95", age.p95), ("0.99", age.p99)].map {
        (",quantile=\"\($0.0)\"", "\($0.1 / 1000)")
      }
    }
    let clocks = family("clock", "gauge", "The clock of the ages.") { summary in
      summary.clocks.map { (",clock=\"\($0.rawValue)\"", "1") }
    }
    return ages + clocks
      + family("up", "gauge", "Whether media arrived in the last interval.") {
        [("", $0.count > 0 ? "1" : "0")]
      }
      + family("chunks_total", "counter", "Chunks that arrived.") { [("", "\($0.chunks)")] }
      + family("stalls_total", "counter", "Times without media.") { [("", "\($0.stalls)")] }
      + family("errors_total", "counter", "Requests that failed, and responses that were cut.") {
        [("", "\($0.errors)")]
      }
      + family("broken_rules_total", "counter", "Rules that were broken, once per address.") {
        [("", "\($0.broken)")]
      }
  }

  private static func names(_ summary: AgeFigures.Summary) -> String {
    summary.clocks.map(\.rawValue).joined(separator: "+")
  }

  /// An address within quotation marks; a target has no control characters.
  private static func label(_ target: CanaryTarget) -> String {
    Redaction.redact(target.url).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  private static func whole(_ value: Double) -> String {
    // bounded: an interval in milliseconds
    "\(Int64(value.rounded()))"
  }

  private static func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
