// SPDX-License-Identifier: Apache-2.0

import Checked
import Logging

/// The result of a validation as text, as JSON and as JUnit: pure.
package enum ValidationReport {
  /// A report for a person.
  package static func text(_ validation: Validation) -> String {
    let findings = validation.findings
    let url = Redaction.redact(validation.url)
    if let failure = validation.failure, findings.list.isEmpty { return "\(url): \(failure)\n" }
    let broken = findings.brokenRules
    let reason = validation.failure.map { "\($0); " } ?? ""
    var text =
      "\(url): \(reason)\(findings.checks.count) rules checked in "
      + "\(Findings.rounded(validation.seconds)) s, "
      + (broken == (0, 0)
        ? "none broken\n" : "broken: \(broken.must) must, \(broken.should) should\n")
    for finding in findings.list {
      let rule = finding.rule
      text += """

        \(rule.name) (\(rule.level.rawValue), \(rule.clause)), \
        \(finding.count == 1 ? "once" : "\(finding.count) times")
          rule      \(rule.sentence)
          request   \(Redaction.redact(finding.url))
          seen      \(finding.seen)
          expected  \(finding.expected)

        """
    }
    if findings.dropped > 0 { text += "\n\(findings.dropped) further findings\n" }
    if !findings.notes.isEmpty { text += "\n" }
    for note in findings.notes { text += "not checked: \(note)\n" }
    let rows = Measurements.Kind.allCases.compactMap { kind in
      validation.times.summary(kind).map { (kind, $0) }
    }
    if !rows.isEmpty || validation.earlyHints > 0 { text += "\n" }
    for (kind, row) in rows {
      text +=
        "\(kind.rawValue): median \(milliseconds(row.median)), p95 \(milliseconds(row.p95)), "
        + "most \(milliseconds(row.most)) ms of \(row.count)\n"
    }
    if validation.earlyHints > 0 { text += "early hints: \(validation.earlyHints)\n" }
    if let requests = validation.requests {
      text += "\nrequests: \(requests) of at most \(EdgePace.most)\n"
    }
    return text
  }

  /// One JSON object and a line end.
  package static func json(_ validation: Validation) -> String {
    let findings = validation.findings
    let list = findings.list.map { finding in
      let texts = [
        ("rule", finding.rule.name), ("level", finding.rule.level.rawValue),
        ("clause", finding.rule.clause), ("url", Redaction.redact(finding.url)),
        ("seen", finding.seen), ("expected", finding.expected),
      ].map { "\"\($0.0)\":\(JSONText.quoted($0.1))," }
      return "{\(texts.joined())\"time\":\(finding.time),\"count\":\(finding.count)}"
    }
    let times = Measurements.Kind.allCases.compactMap { kind in
      validation.times.summary(kind).map {
        "\(JSONText.quoted(kind.rawValue)):{\"count\":\($0.count),"
          + "\"p50\":\(milliseconds($0.median)),\"p95\":\(milliseconds($0.p95)),"
          + "\"max\":\(milliseconds($0.most))}"
      }
    }
    let broken = findings.brokenRules
    let checked = validation.rules.filter { findings.checks[$0] != nil }
      .map { JSONText.quoted($0.name) }
    return
      "{\"url\":\(JSONText.quoted(Redaction.redact(validation.url))),"
      + "\"seconds\":\(Findings.rounded(validation.seconds)),"
      + "\"failure\":\(validation.failure.map { JSONText.quoted($0) } ?? "null"),"
      + "\"earlyHints\":\(validation.earlyHints),"
      + (validation.requests.map { "\"requests\":\($0)," } ?? "")
      + "\"broken\":{\"must\":\(broken.must),\"should\":\(broken.should)},"
      + "\"checked\":[\(checked.joined(separator: ","))],"
      + "\"notChecked\":[\(findings.notes.map { JSONText.quoted($0) }.joined(separator: ","))],"
      + "\"findings\":[\(list.joined(separator: ","))],"
      + "\"milliseconds\":{\(times.joined(separator: ","))}}\n"
  }

  /// All results as one document of JUnit: a suite for each address, a case for each rule.
  ///
  /// A case fails if its rule has the level must, as the status of the command; findings of the
  /// level should are the output of a case that is passed.
  ///
  /// - Source: the schema of Jenkins' xUnit plugin, `junit-10.xsd`
  package static func junit(_ validations: [Validation]) -> String {
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
    for validation in validations {
      let findings = validation.findings
      let broken = Dictionary(grouping: findings.list, by: \.rule)
      let rules = validation.rules
      let skipped = rules.count { findings.checks[$0] == nil }
      let failures = broken.keys.count { $0.level == .must }
      let errors = validation.failure == nil ? 0 : 1
      let suite = XMLElement.escaped(Redaction.redact(validation.url))
      text +=
        "<testsuite name=\"\(suite)\" tests=\"\(rules.count + errors)\" "
        + "failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\" "
        + "time=\"\(Findings.rounded(validation.seconds))\">\n"
      if let failure = validation.failure {
        text +=
          "<testcase classname=\"\(suite)\" name=\"followed\"><error message=\""
          + "\(XMLElement.escaped(failure))\"/></testcase>\n"
      }
      for rule in rules {
        text += "<testcase classname=\"\(suite)\" name=\"\(rule.name)\">"
        if let found = broken[rule] {
          for finding in found {
            let words = XMLElement.escaped(
              "\(rule.sentence) (\(rule.clause)) \(Redaction.redact(finding.url)): seen "
                + "\(finding.seen), expected \(finding.expected), \(finding.count) times")
            text +=
              rule.level == .must
              ? "<failure type=\"must\" message=\"\(XMLElement.escaped(finding.seen))\">"
                + "\(words)</failure>"
              : "<system-out>should: \(words)</system-out>"
          }
        } else if findings.checks[rule] == nil {
          text += "<skipped/>"
        }
        text += "</testcase>\n"
      }
      if !findings.notes.isEmpty {
        let notes = findings.notes.map { "not checked: \($0)" }.joined(separator: "\n")
        text += "<system-out>\(XMLElement.escaped(notes))</system-out>\n"
      }
      text += "</testsuite>\n"
    }
    return text + "</testsuites>\n"
  }

  /// All rules as a table of Markdown.
  package static func rules() -> String {
    Rule.all.reduce("| rule | level | clause | sentence |\n|---|---|---|---|\n") { text, rule in
      text + "| `\(rule.name)` | \(rule.level.rawValue) | \(rule.clause) | \(rule.sentence) |\n"
    }
  }

  private static func milliseconds(_ seconds: Double) -> Double { (seconds * 1000).rounded() }
}
