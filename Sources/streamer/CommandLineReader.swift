// SPDX-License-Identifier: Apache-2.0

import CPopt
import Glibc

/// Reads the command line by popt, following the option table.
@safe
struct CommandLineReader {
  /// What the arguments, without the program's name, say.
  static func settings(_ arguments: [String]) throws(UsageError) -> Settings {
    var settings = Settings()
    try SettingsLayer(try occurrences(arguments)).apply(to: &settings)
    return settings
  }

  /// The flags that the arguments, without the program's name, give, in their order.
  static func occurrences(_ arguments: [String]) throws(UsageError) -> [SettingsLayer.Entry] {
    let strings = CStrings()
    let rows = Option.table.flatMap { option in
      [(option.name, option)] + (option.alias.map { [($0, option)] } ?? [])
    }
    var table: [cpopt_option] = unsafe []
    for (index, row) in rows.enumerated() {
      unsafe table.append(
        cpopt_row(
          strings.pointer(row.0), CChar(row.1.letter?.asciiValue ?? 0),
          row.1.placeholder == nil ? 0 : 1, Int32(index + 1)))
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
    _ vector: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>, _ rows: [(String, Option)]
  ) throws(UsageError) -> [SettingsLayer.Entry] {
    let context = unsafe poptGetContext(
      "streamer", Int32(vector.count - 1), vector.baseAddress, table.baseAddress, 0)
    defer { unsafe poptFreeContext(context) }
    var found: [SettingsLayer.Entry] = []
    while true {
      let code = unsafe poptGetNextOpt(context)
      if code == -1 { break }
      guard code > 0 else {
        let flag = unsafe poptBadOption(context, UInt32(POPT_BADOPTION_NOALIAS))
          .map { unsafe String(cString: $0) }
        throw failure(code, flag ?? "?", rows)
      }
      let (name, option) = rows[Int(code) - 1]
      let argument = unsafe poptGetOptArg(context)
      let value = unsafe argument.map { unsafe String(cString: $0) } ?? ""
      unsafe free(argument)
      found.append(SettingsLayer.Entry(option: option, value: value, location: "--" + name))
    }
    if let rest = unsafe poptGetArg(context) {
      let given = unsafe String(cString: rest)
      throw UsageError(
        "\"\(given)\" is not expected; sources and options begin with --, see --help")
    }
    return found
  }

  private static func failure(
    _ code: Int32, _ flag: String, _ rows: [(String, Option)]
  ) -> UsageError {
    if code == POPT_ERROR_NOARG {
      let allowed = rows.first { "--" + $0.0 == flag }?.1.allowed ?? "a value"
      return UsageError("\(flag): a value is missing; allowed is \(allowed)")
    }
    if code == POPT_ERROR_BADOPT { return UsageError("\(flag): no such option; see --help") }
    return UsageError("\(flag): \(unsafe String(cString: poptStrerror(code)))")
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
