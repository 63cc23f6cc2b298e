// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Time

/// `/S/captions-L/cues.json`: all cues of a language in the order of their numbers;
/// `/S/captions-L/cues-R.json`: those after number R, as soon as there is one.
///
/// Times are Unix time of the capture in milliseconds.
struct CueDocument {
  let cues: [Cue]
  /// The number of the newest cue of the stream.
  let revision: UInt32

  /// The JSON text.
  var text: String {
    let objects = cues.map { cue -> JSONObject in
      [
        "id": cue.id, "start": cue.start.milliseconds, "duration": cue.duration.milliseconds,
        "text": cue.text.text, "line": cue.position.line,
        "align": cue.position.align == .center ? nil : cue.position.align.rawValue,
        "runs": cue.text.isColoured ? Self.runs(cue.text) : nil,
      ]
    }
    return (["revision": revision, "cues": objects] as JSONObject).text + "\n"
  }

  /// The parts of each line with their colours.
  private static func runs(_ text: CueText) -> [[JSONObject]] {
    text.runs.map { line in
      line.map { run in ["text": run.text, "color": run.colour?.name] }
    }
  }

  /// The languages of a stream for `/timestamps.json`.
  static func languages(_ tracks: [CaptionTrack]) -> [JSONObject] {
    tracks.map { track in
      [
        "language": track.language.text, "name": track.language.name,
        "default": track.isDefault, "cues": "\(track.rendition)/\(CueName.all.text)",
      ]
    }
  }
}
