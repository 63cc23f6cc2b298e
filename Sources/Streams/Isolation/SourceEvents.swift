// SPDX-License-Identifier: Apache-2.0

import Logging

/// The events of the log that the process of a source may name.
///
/// It chooses the name of each line's event, and the log counts lines per event: without this list
/// a hostile source would have as many lines as it finds names, and could imitate the server.
enum SourceEvents {
  /// The event of lines with any other name.
  static let other = "source"

  static let names: Set<String> = [
    "audio-appeared", "audio-back", "audio-drift", "audio-failed", "audio-gone", "audio-ignored",
    "audio-late", "audio-parameters", "audio-refused", "audio-tracks",
    "captions-undeclared", "captions-undecodable", "caught-up", "clock-step", "codec-hangs",
    "declaration-ignored", "demuxer-hangs",
    "encoder-effort", "encoder-failed", "encoder-fallback",
    "input-not-shared", "input-switched", "irregular", "metadata-flood", "metadata-invalid",
    "out-of-memory", "overlay-font", "overloaded", "parameters", "publisher-media",
    "publisher-no-audio", "publisher-no-picture", "rendition-back",
    "rendition-left-out", "segment-skipped", "slate", "source-damaged", "source-ended",
    "source-failed", "source-gone", "source-missed", "source-open", "source-resumed",
    "source-silent", "source-transport", "splice-key", "thread-left", "tracks-ignored",
    "video-back", "video-gone",
  ]

  /// The event under which a line is logged.
  static func known(_ event: String) -> String { names.contains(event) ? event : other }
}

extension Log {
  /// Writes a line of the process of a source.
  func relay(source level: UInt8, _ event: String, stream: String, _ text: String) {
    let levels = Level.allCases
    relay(
      levels[min(Int(level), levels.count - 1)], SourceEvents.known(event), stream: stream, text)
  }
}
