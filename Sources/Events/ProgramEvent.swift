// SPDX-License-Identifier: Apache-2.0

package import Logging
import Media
package import Time

/// One line of a log in parts, for programs.
package struct LogRecord: Sendable, Equatable {
  /// The severity.
  package let level: Log.Level
  /// A constant word in kebab-case.
  package let event: String
  /// The stream that the line is about; nil for the program.
  package let stream: String?
  /// The sentence for people, without the secrets that `Redaction` recognises.
  package let message: String
  /// When it was written.
  package let time: WallTime
}

/// Something that has happened in the program, for other programs: a line of the log, or a change
/// that the log does not have, such as the number of viewers.
package struct ProgramEvent: Sendable, Equatable {
  /// Rises with each event, also over restarts of the program unless the clock steps back; below
  /// 2⁵³, so that JSON parsers keep it.
  package let number: Int64
  /// Level, name, stream, message and time.
  package let record: LogRecord
  /// More about the event as a JSON value; nil for nothing.
  package let data: String?
  /// The time of the media that it is about; nil for none.
  let mediaTime: WallTime?
  /// The JSON object, one line: rendered once for all readers.
  package let json: String

  /// An event with these properties.
  init(number: Int64, record: LogRecord, data: String?, mediaTime: WallTime?) {
    (self.number, self.record, self.data, self.mediaTime) = (number, record, data, mediaTime)
    let object: JSONObject = [
      "id": number, "time": UTCTime(record.time).text, "level": record.level.rawValue,
      "stream": record.stream, "event": record.event, "message": record.message,
      "data": data.map(RawJSON.init),
    ]
    json = object.text
  }
}
