// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import Testing

/// A temporary folder with files, deleted with this object.
final class Folder {
  let path: String

  init(_ files: [String: String]) throws {
    path = NSTemporaryDirectory() + "streamer-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files {
      try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The checked configuration, or the line of the error without the path of the folder.
  func outcome(
    _ file: String = "config.json", _ flags: [String] = [], environment: [String: String] = [:]
  ) -> (definition: ValidatedConfiguration?, error: String) {
    do throws(UsageError) {
      let configuration = try configuration(file, flags, environment: environment)
      return (try ValidatedConfiguration(configuration, isSupervised: false), "")
    } catch { return (nil, error.description.replacingOccurrences(of: path + "/", with: "")) }
  }

  func configuration(
    _ file: String = "config.json", _ flags: [String] = [], environment: [String: String] = [:]
  ) throws(UsageError) -> MergedSettings {
    try MergedSettings(
      CommandLineReader.entries(["-c", path + "/" + file] + flags), environment: environment)
  }
}

/// The checked configuration of a command line, or the line of the error.
///
/// The arguments are separated by spaces; two apostrophes are an empty argument.
func outcome(
  _ line: String, environment: [String: String] = [:]
) -> (configuration: ValidatedConfiguration?, error: String) {
  let arguments = line.split(separator: " ").map { $0 == "''" ? "" : String($0) }
  do throws(UsageError) {
    let merged = try MergedSettings(
      CommandLineReader.entries(arguments), environment: environment)
    return (try ValidatedConfiguration(merged, isSupervised: false), "")
  } catch { return (nil, "\(error)") }
}
