// SPDX-License-Identifier: Apache-2.0

import CPopt
import Glibc

/// Reads the command line with popt, by the option table.
@safe
package enum CommandLineReader {
  private typealias Row = (name: String, option: Option)

  /// The flags of `arguments`, which are without the name of the program, in their order.
  ///
  /// - Throws: an error for the first argument that is no flag, with those of all wrong values.
  package static func entries(_ arguments: [String]) throws(UsageError) -> [SettingsLayer.Entry] {
    let strings = CStrings()
    let rows = Option.table.flatMap { option in
      ([option.name] + option.aliases).map { Row($0, option) }
    }
    var table: [cpopt_option] = unsafe []
    for (index, row) in rows.enumerated() {
      let letter = row.name == row.option.name ? row.option.letter?.asciiValue : nil
      let takesValue = row.option.placeholder != nil
      unsafe table.append(
        cpopt_row(
          strings.pointer(row.name), CChar(letter ?? 0), takesValue ? 1 : 0,
          row.option.impliedValue == nil ? 0 : 1, Int32(index + 1)))
    }
    unsafe table.append(cpopt_end())
    var vector: [UnsafePointer<CChar>?] = unsafe (["streamer"] + arguments).map {
      unsafe strings.pointer($0)
    }
    unsafe vector.append(nil)
    // The context keeps pointers to all three.
    return try withExtendedLifetime(strings) { () throws(UsageError) in
      try unsafe table.withUnsafeBufferPointer { table throws(UsageError) in
        try unsafe vector.withUnsafeMutableBufferPointer { vector throws(UsageError) in
          try unsafe read(table, vector, rows)
        }
      }
    }
  }

  private static func read(
    _ table: UnsafeBufferPointer<cpopt_option>,
    _ vector: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>, _ rows: [Row]
  ) throws(UsageError) -> [SettingsLayer.Entry] {
    let context = unsafe poptGetContext(
      "streamer", Int32(vector.count - 1), vector.baseAddress, table.baseAddress, 0)
    defer { unsafe poptFreeContext(context) }
    var found: [SettingsLayer.Entry] = []
    var faults: [UsageError] = []
    while true {
      let code = unsafe poptGetNextOpt(context)
      if code == -1 { break }
      guard code > 0 else {
        let flag = unsafe poptBadOption(context, UInt32(POPT_BADOPTION_NOALIAS))
          .map { unsafe String(cString: $0) }
        faults.append(failure(code, flag ?? "?", rows))
        break
      }
      let (name, option) = rows[Int(code) - 1]
      let argument = unsafe poptGetOptArg(context)
      let given = unsafe argument.map { unsafe String(cString: $0) }
      let value = given ?? option.impliedValue ?? "true"
      unsafe free(argument)
      do throws(UsageError) {
        found.append(try SettingsLayer.Entry(option, value, at: .flag("--" + name)))
      } catch { faults.append(error) }
    }
    if let fault = UsageError(all: faults) { throw fault }
    if let rest = unsafe poptGetArg(context) {
      let given = unsafe String(cString: rest)
      let hint = NearestName.hint(for: given, among: Command.all.map(\.name) + ["--help"])
      throw UsageError(
        .other("\"\(given)\""), .problem(OptionText("unexpected argument" + hint)),
        expected: "a flag, see --help")
    }
    return found
  }

  private static func failure(_ code: Int32, _ flag: String, _ rows: [Row]) -> UsageError {
    let subject = UsageError.Subject.location(.flag(flag))
    switch code {
    case POPT_ERROR_NOARG:
      let expected = rows.first { "--" + $0.name == flag }?.option.expected ?? "a value"
      return UsageError(subject, .missingValue, expected: OptionText(expected))
    case POPT_ERROR_BADOPT:
      let names = rows.filter { $0.name.count > 1 }.map { "--" + $0.name }
      let nearest = flag.hasPrefix("--") ? NearestName.hint(for: flag, among: names) : ""
      return UsageError(
        subject, .problem(OptionText("unknown option" + nearest)), expected: "an option of --help")
    default:
      return UsageError(subject, .problem("\(unsafe String(cString: poptStrerror(code)))"))
    }
  }

  /// C strings that live as long as this object; popt keeps pointers to them.
  @safe
  private final class CStrings {
    private var all: [UnsafeMutablePointer<CChar>?] = unsafe []

    @unsafe func pointer(_ text: String) -> UnsafePointer<CChar>? {
      let copy = unsafe strdup(text)
      unsafe all.append(copy)
      return unsafe UnsafePointer(copy)
    }

    deinit { unsafe all.forEach { unsafe free($0) } }
  }
}
