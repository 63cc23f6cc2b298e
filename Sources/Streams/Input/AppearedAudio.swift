// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Sharing

/// Ends a session without audio when its source has some: the next session has tracks for it.
final class AppearedAudio: Sendable {
  private let stream: String
  private let facts: SourceFacts
  private let log: Log
  private let isFound = OnceFlag()
  /// Ends the session.
  private let end: @Sendable (SessionOutcome) -> Void

  /// The audio of a source with these facts, that is without audio.
  init(
    stream: String, _ facts: SourceFacts, log: Log,
    end: @escaping @Sendable (SessionOutcome) -> Void
  ) {
    (self.stream, self.facts, self.log, self.end) = (stream, facts, log, end)
  }

  /// Takes the newest description of a live source.
  ///
  /// - Parameters:
  ///   - description: that of the source.
  ///   - hasArrived: whether audio has arrived; else its parameters must be known.
  func take(_ description: InputDescription, hasArrived: Bool) {
    guard let first = description.audio, !first.isAbsent,
      hasArrived || first.sampleRate > 0 && first.channels > 0, isFound.raise()
    else { return }
    log.write(
      .warning, "audio-appeared", stream: stream,
      "the source has audio now (\(AudioReports.text(first))), and had none when the stream began: "
        + "restarting the stream with it")
    end(.audioAppeared(facts.withAudio(of: description)))
  }
}

extension StreamConfiguration {
  /// The facts about a source without audio, whose audio may appear; nil for other sources.
  fileprivate var silentSource: SourceFacts? {
    guard case .network(let facts) = source, facts.description.audio == nil else { return nil }
    return facts
  }

  /// Whether the audio of its source may appear.
  var lacksAudio: Bool { silentSource != nil && audioTracks.isEmpty }
}

extension SessionContext {
  /// Ends the session when its source, which has no audio, has some; nil if that cannot happen.
  func appearedAudio(_ video: InputTarget.Video) -> AppearedAudio? {
    guard audio.isEmpty, let facts = configuration.silentSource else { return nil }
    return AppearedAudio(stream: configuration.name, facts, log: log) { [outcome] found in
      switch video {
      // The next session begins with the key frame, and nothing is lost.
      case .accessUnits(let track): track.end(atKeyFrame: found)
      case .frames: outcome.set(found)
      }
    }
  }
}
