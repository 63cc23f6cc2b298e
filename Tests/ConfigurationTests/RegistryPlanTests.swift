// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("The changes of a reload")
struct RegistryPlanTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The streams before: name and length, `(…)` if uploaded, `-` after one that is closing.
    let before: [String]
    /// The streams of the configuration, in the same form.
    let after: [String]
    var requested: Set<String> = []
    let expected: [RegistryPlan.Action]
    var forgotten: [String] = []
  }

  private static let rows = [
    Row(testDescription: "nothing", before: [], after: [], expected: []),
    Row(testDescription: "a new stream", before: [], after: ["a"], expected: [.add("a")]),
    Row(
      testDescription: "streams without a change", before: ["a", "b=2"], after: ["b=2", "a"],
      expected: [.keep("b"), .keep("a")]),
    Row(
      testDescription: "another option", before: ["a=1"], after: ["a=2"],
      expected: [.replace("a")]),
    Row(
      testDescription: "a stream that is no longer in the file", before: ["a", "b"], after: ["b"],
      expected: [.keep("b"), .remove("a")], forgotten: ["a"]),
    Row(
      testDescription: "a stream of a request remains", before: ["a"], after: [],
      requested: ["a"], expected: []),
    Row(
      testDescription: "a stream of a request that the file names too", before: ["a=1"],
      after: ["a=2"], requested: ["a"], expected: [.replace("a")]),
    Row(
      testDescription: "a stream that is being removed", before: ["a-"], after: [], expected: [],
      forgotten: ["a"]),
    Row(
      testDescription: "a stream that is being removed begins again", before: ["a-"],
      after: ["a"], expected: [.replace("a")]),
    Row(
      testDescription: "a new uploaded stream", before: [], after: ["(a)"],
      expected: [.add("a")]),
    Row(
      testDescription: "an unchanged uploaded stream keeps its files", before: ["(a)"],
      after: ["(a)"], expected: [.keep("a")]),
    Row(
      testDescription: "a changed uploaded stream", before: ["(a=1)"], after: ["(a=2)"],
      expected: [.replace("a")]),
    Row(
      testDescription: "an uploaded stream that is no longer in the file", before: ["(a)", "(b)"],
      after: [], requested: ["b"], expected: [.removeUploads("a")]),
    Row(
      testDescription: "a stream becomes an uploaded one", before: ["a"], after: ["(a)"],
      requested: ["a"], expected: [.add("a"), .remove("a")]),
    Row(
      testDescription: "an uploaded stream becomes another one", before: ["(a)"], after: ["a"],
      requested: ["a"], expected: [.removeUploads("a"), .add("a")]),
    Row(
      testDescription: "uploaded streams change first, and removals come last",
      before: ["a", "b", "(c)"], after: ["b=1", "(d)", "e"],
      expected: [.add("d"), .removeUploads("c"), .replace("b"), .add("e"), .remove("a")],
      forgotten: ["a"]),
  ]

  private func definition(_ text: String) throws -> StreamDefinition {
    let isUploaded = text.hasPrefix("(")
    let parts = text.filter { !"()-".contains($0) }.split(separator: "=").map(String.init)
    var json = "\"stream\": \"\(parts[0])\""
    json += isUploaded ? ", \"source\": \"relay\"" : ", \"testSrc\": true"
    if parts.count > 1 { json += ", \"playlistLength\": \(parts[1])0" }
    let settings = try MergedSettings([], environment: [:]).settings(
      of: StreamElement(parsing: Array("{\(json)}".utf8)))
    return try StreamDefinition(settings, isListed: true, isSupervised: false)
  }

  @Test("a plan has the changes, in their order", arguments: rows)
  func changes(_ row: Row) throws {
    let before = try row.before.map { text in
      let definition = try definition(text)
      return RegistryPlan.Entry(
        definition.settings.name, options: definition.settings.requestedOptions,
        isUploaded: definition.isUploaded, isClosing: text.hasSuffix("-"))
    }
    let plan = RegistryPlan(before, try row.after.map(definition), requested: row.requested)
    #expect(plan.uploads + plan.streams == row.expected)
    #expect(plan.forgotten == row.forgotten)
  }
}
