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
    let objects = cues.map { cue in
      "{\"id\":\(cue.id),\"start\":\(cue.start.milliseconds)"
        + ",\"duration\":\(cue.duration.milliseconds),\"text\":\(JSONText.quoted(cue.text.text))}"
    }
    return "{\"revision\":\(revision),\"cues\":[\(objects.joined(separator: ","))]}\n"
  }

  /// The languages of a stream for `/timestamps.json`.
  static func languages(_ tracks: [CaptionTrack]) -> String {
    let objects = tracks.map { track in
      "{\"language\":\(JSONText.quoted(track.language.text))"
        + ",\"name\":\(JSONText.quoted(track.language.name))"
        + ",\"default\":\(track.isDefault)"
        + ",\"cues\":\(JSONText.quoted("\(track.rendition)/\(CueName.all.text)"))}"
    }
    return "[\(objects.joined(separator: ","))]"
  }
}
