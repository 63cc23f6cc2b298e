// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The values of an option: how they are read and printed, and which are expected.
struct OptionKind<Value: Sendable>: Sendable {
  /// The name of the value in `--help`; nil for a flag without a value.
  let placeholder: String?
  /// The expected values, for error texts and `--help`.
  let expected: String
  var form = OptionForm.text
  /// Nil for a value outside the range.
  let parse: @Sendable (String) -> Value?
  let print: @Sendable (Value) -> String
}

/// The form of a value, for readers of files and for the completion of command lines.
package enum OptionForm: Sendable, Equatable {
  case text
  /// A decimal number.
  case number
  case boolean
  case choice([String])
  /// The path of a file.
  case path
  /// A URL, the path of a file, or `-`.
  case input
  /// A hash, or the path of a file with it.
  case hashOrPath
}

extension OptionKind where Value == Bool {
  /// A flag without a value; true or false in files and in the environment.
  static let toggle = OptionKind(
    placeholder: nil, expected: "true or false", form: .boolean, parse: { Bool($0) },
    print: { "\($0)" })

  /// A flag with the value true or false.
  static let boolean = OptionKind(
    placeholder: "BOOL", expected: "true or false", form: .boolean, parse: { Bool($0) },
    print: { "\($0)" })
}

extension OptionKind where Value == Int {
  /// A whole number within `range`.
  static func integer(_ range: ClosedRange<Int>, _ placeholder: String = "N") -> OptionKind {
    OptionKind(
      placeholder: placeholder, expected: "\(range.lowerBound)–\(range.upperBound)", form: .number,
      parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } }, print: { "\($0)" })
  }
}

extension OptionKind where Value == UInt16 {
  /// A port; 0: any free port.
  static let port = OptionKind(
    placeholder: "PORT", expected: "0–65535", form: .number,
    parse: { UInt16($0) }, print: { "\($0)" })
}

extension OptionKind where Value == Interval {
  /// Seconds within `range`, with at most `digits` digits after the point.
  static func seconds(_ range: ClosedRange<Interval>, digits: Int = 6) -> OptionKind {
    OptionKind(
      placeholder: "S",
      expected: "\(range.lowerBound.secondsText)–\(range.upperBound.secondsText) seconds",
      form: .number,
      parse: { text in
        let units = Decimal.parse(text, digits: digits)
        // bounded: at most 10^9; `digits` is 0 to 9
        let scale = (digits..<9).reduce(Int64(1)) { scale, _ in scale * 10 }
        // bounded: intervals saturate
        return units.map { .nanoseconds(scale) * $0 }.flatMap { range.contains($0) ? $0 : nil }
      }, print: \.secondsText)
  }
}

extension Interval {
  /// Seconds as the shortest decimal number.
  var secondsText: String { Decimal.shortString(nanoseconds, digits: 9) }
}

extension OptionKind where Value == String {
  /// A text for which `isValid` returns true.
  static func text(
    _ placeholder: String, expected: String, isValid: @escaping @Sendable (String) -> Bool
  ) -> OptionKind {
    OptionKind(
      placeholder: placeholder, expected: expected, parse: { isValid($0) ? $0 : nil },
      print: { $0 })
  }

  /// The path of a file.
  static func path(_ expected: String) -> OptionKind {
    OptionKind(
      placeholder: "FILE", expected: expected, form: .path, parse: { $0.isEmpty ? nil : $0 },
      print: { $0 })
  }
}

extension OptionKind {
  /// Different items with commas, of which at most one is the default, or none.
  ///
  /// - Parameters:
  ///   - placeholder: the name of the value in `--help`.
  ///   - expected: the expected values.
  ///   - limit: how many items are permitted.
  ///   - key: two items with the same one exclude each other.
  ///   - isDefault: whether an item is the default.
  ///   - item: reads an item; nil for a wrong one.
  ///   - text: prints an item.
  /// - Returns: the values.
  static func list<Item>(
    _ placeholder: String, expected: String, limit: Int = .max,
    key: @escaping @Sendable (Item) -> some Hashable & SendableMetatype,
    isDefault: @escaping @Sendable (Item) -> Bool = { _ in false },
    item: @escaping @Sendable (Substring) -> Item?, text: @escaping @Sendable (Item) -> String
  ) -> OptionKind where Value == [Item] {
    let none = "none"
    return OptionKind(
      placeholder: placeholder, expected: expected,
      parse: { given in
        if given == none { return [] }
        let words = given.split(separator: ",", omittingEmptySubsequences: false)
        let items = words.compactMap(item)
        guard items.count == words.count, items.count <= limit,
          Set(items.map(key)).count == items.count, items.count(where: isDefault) <= 1
        else { return nil }
        return items
      },
      print: { $0.isEmpty ? none : $0.map(text).joined(separator: ",") })
  }
}

extension OptionKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the cases of an enumeration, by its raw value; `ignoresCase`: `INFO` is `info`.
  static func choice(_ placeholder: String, ignoresCase: Bool = false) -> OptionKind {
    let names = Value.allCases.map(\.rawValue)
    return OptionKind(
      placeholder: placeholder,
      expected: names.dropLast().joined(separator: ", ") + " or " + (names.last ?? ""),
      form: .choice(names),
      parse: { Value(rawValue: ignoresCase ? $0.lowercased() : $0) }, print: \.rawValue)
  }
}

extension OptionKind where Value == ProgramSettings.Action {
  /// One of the texts that are written from the option table.
  static let printedText: OptionKind = {
    let kind = OptionKind<PrintedText>.choice("TEXT")
    return OptionKind(
      placeholder: kind.placeholder, expected: kind.expected, form: kind.form,
      parse: { kind.parse($0).map(Value.print) }, print: { _ in "" })
  }()

  /// A flag that makes the program do something other than streaming.
  static func action(_ action: Value) -> OptionKind {
    OptionKind(placeholder: nil, expected: "", parse: { _ in action }, print: { _ in "" })
  }
}
