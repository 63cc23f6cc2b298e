// SPDX-License-Identifier: Apache-2.0

/// The rules that were checked, and the broken ones: pure.
package struct Findings: Sendable {
  /// Two findings with the same key are one.
  private struct Key: Hashable {
    let rule: Rule
    let place: String
  }

  /// The most findings that are kept; further ones are counted in ``dropped``.
  private static let most = 1000
  /// The most characters of a value that is reported.
  private static let longestValue = 1000

  /// How often each rule was checked.
  package private(set) var checks: [Rule: Int] = [:]
  /// The findings, the earliest first.
  package private(set) var list: [Finding] = []
  /// Findings that are not in the list.
  package private(set) var dropped = 0
  /// Sentences about media and playlists to which rules were not applied, each once.
  package private(set) var notes: [String] = []
  private var places: [Key: Int] = [:]
  private let onNew: @Sendable (Finding) -> Void

  /// Before the first check; `onNew` is called with each finding of the list when it is new.
  package init(onNew: @escaping @Sendable (Finding) -> Void = { _ in }) { self.onNew = onNew }

  /// Whether a rule with the level must was broken.
  package var areSevere: Bool { list.contains { $0.rule.level == .must } }

  /// Notes what is not checked.
  mutating func note(_ text: String) {
    guard notes.count < Self.most, !notes.contains(text) else { return }
    notes.append(text)
  }

  /// Checks a rule.
  ///
  /// - Parameters:
  ///   - rule: the rule.
  ///   - holds: whether it is obeyed.
  ///   - place: where: the request and its time.
  ///   - seen: the value; evaluated only if the rule is broken.
  ///   - expected: the expected value; the sentence of the rule unless given.
  mutating func check(
    _ rule: Rule, _ holds: Bool, _ place: Place, seen: @autoclosure () -> String,
    expected: @autoclosure () -> String? = nil
  ) {
    checks[rule, default: 0] += 1
    guard !holds else { return }
    let key = Key(rule: rule, place: place.kind)
    if let index = places[key], list.indices.contains(index) {
      list[index].count += 1
      return
    }
    guard list.count < Self.most else {
      dropped += 1
      return
    }
    places[key] = list.count
    let finding = Finding(
      rule: rule, url: place.url, seen: String(seen().prefix(Self.longestValue)),
      expected: expected() ?? rule.sentence,
      time: place.time)
    list.append(finding)
    onNew(finding)
  }
}

/// Where something was seen.
struct Place: Sendable {
  /// The request, with its query.
  let url: String
  /// Seconds since 1970.
  let time: Double

  /// The address with `N` for each number in its last component, so that a fault of every segment
  /// is one finding.
  var kind: String {
    let path = url.prefix { $0 != "?" }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    var name = ""
    for character in path[folder.endIndex...] {
      guard character.isNumber else {
        name.append(character)
        continue
      }
      if name.last != "N" { name.append("N") }
    }
    return folder + name
  }
}
