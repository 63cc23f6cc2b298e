// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Server
import Statistics

/// The file of the statistics of deliveries.
enum StatisticsFile {
  /// Opens `segments.csv` in a folder, which is created if it does not exist.
  ///
  /// - Throws: the system's reason.
  static func open(in folder: String, log: Log) throws(LineFile.Failure) -> LineFile {
    // If it fails, the file cannot be opened either.
    _ = unsafe mkdir(folder, 0o750)
    return try LineFile(
      folder + "/segments.csv", .statistics(header: SegmentRows.header), log: log)
  }
}
