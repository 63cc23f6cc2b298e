// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logging
import Statistics
import System

/// The file of the times of deliveries, `segments.csv`.
enum StatisticsFile {
  /// Opens the file in the folder of `--stats-dir`, or in the default folder if a stream saves
  /// statistics.
  ///
  /// - Throws: an error for a requested folder that takes no files. Without a default folder a line
  ///   in the log says so.
  static func open(_ configuration: ValidatedConfiguration, _ log: Log) throws(UsageError)
    -> LineFile?
  {
    guard let folder = configuration.statisticsFolder else { return nil }
    // If it fails, the file cannot be opened either.
    PrivateFile.makeFolder(folder, permissions: 0o750)
    let path = folder + "/segments.csv"
    do throws(LineFile.Failure) {
      let file = try LineFile(path, .statistics(header: SegmentRows.header), log: log)
      log.write(.info, "statistics", "saving the times of deliveries in \(path)")
      return file
    } catch {
      guard configuration.settings.statisticsFolder == nil else {
        throw configuration.settings.refusal(
          "stats-dir", .problem("\(error)"), expected: "the path of a writable folder")
      }
      log.write(
        .warning, "statistics",
        "the times of deliveries are not saved: \(error); --stats-dir names another folder")
      return nil
    }
  }
}
