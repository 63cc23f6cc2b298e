// SPDX-License-Identifier: Apache-2.0

package import HTTP
package import Logging
import Sharing

/// The access log: one line per response, in the format of the log, written by another thread.
package final class AccessLog: Sendable {
  private let file: LineFile
  private let format: Log.Format

  package init(_ file: LineFile, _ format: Log.Format) {
    self.file = file
    self.format = format
  }

  /// The number of lines that were not written.
  package var lostCount: UInt64 { file.lostCount }

  /// Adds the line of a response; never blocks.
  package func add(_ record: ExchangeRecord) {
    let (format, wall) = (format, SystemClock.wallTime)
    file.append(size: record.request.headSize + 300) {
      let line = AccessLine(record, wall: wall)
      return format == .json ? line.json : line.text
    }
  }
}
