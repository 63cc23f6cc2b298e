// SPDX-License-Identifier: Apache-2.0

import Media
package import Time

/// Cues as WebVTT.
///
/// - Source: W3C WebVTT, Candidate Recommendation of 4 April 2019, §4; RFC 8216bis §3.1.4
package enum WebVTT {
  /// A segment of a text rendition, whose cue times are media times: there is no X-TIMESTAMP-MAP.
  ///
  /// A cue that spans segments is in each of them, with the same times and the same identifier.
  ///
  /// - Parameters:
  ///   - cues: the cues of the segment.
  ///   - offset: wall clock minus media time in the segment.
  /// - Returns: the text.
  package static func segment(_ cues: [Cue], offset: Interval) -> String {
    var text = "WEBVTT\n\n"
    for cue in cues {
      let (start, end) = (MediaTime(cue.start, minus: offset), MediaTime(cue.end, minus: offset))
      let settings = cue.position.settings
      text += "cue-\(cue.id)\n\(timestamp(start)) --> \(timestamp(end))"
      text += (settings.isEmpty ? "" : " \(settings)") + "\n\(payload(cue.text))\n\n"
    }
    return text
  }

  /// The text of a cue: without markup but the classes of colours, since each character that could
  /// begin some is escaped.
  ///
  /// The result contains no `-->` and no empty line.
  package static func payload(_ text: CueText) -> String {
    text.runs.map { line in
      line.map { run in
        let words = escaped(run.text)
        return run.colour.map { "<c.\($0.name)>\(words)</c>" } ?? words
      }.joined()
    }.joined(separator: "\n")
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// `498725:15:36.250`: hours of at least two digits, and milliseconds.
  static func timestamp(_ time: MediaTime) -> String {
    let milliseconds = max(0, time.milliseconds)
    let hours = milliseconds / 3_600_000
    let rest = UTCTime(.origin + .milliseconds(milliseconds % 3_600_000)).timeOfDay
    return (hours < 10 ? "0\(hours)" : "\(hours)") + rest.dropFirst(2)
  }
}

extension Segment {
  /// Its capture times, by the dates of playlists.
  package func span(timescale: Int32) -> Range<WallTime> {
    let end = programDateTime + Interval(ticks: duration, timescale: Int64(timescale))
    return programDateTime..<max(programDateTime, end)
  }
}
