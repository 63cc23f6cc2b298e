// SPDX-License-Identifier: Apache-2.0

/// Why a session could not start or continue.
package enum SessionFailure: Error, CustomStringConvertible {
  /// The source is missing or unusable.
  case source(String)
  /// No encoder could be opened.
  case encoder(String)
  /// The requested options do not fit the source.
  case configuration(String)
  /// The system refused a thread.
  case thread

  /// One line for a person.
  package var description: String {
    switch self {
    case .source(let reason), .configuration(let reason): reason
    case .encoder(let reason): "no encoder could be opened: \(reason)"
    case .thread: "the system refuses another thread"
    }
  }
}

/// How a session ended by itself.
package enum SessionOutcome: Sendable {
  /// The source, a file or standard input, has ended.
  case sourceEnded
  /// The key frames of the passed-through source are irregular: segments of a fixed duration
  /// cannot begin with key frames.
  case irregularKeyFrames
  /// The publisher no longer sends all renditions, or their key frames differ.
  case tracksChanged
  /// The passed-through source must be encoded from now on, with the reason.
  case unfit(String)
  /// The timestamps of the passed-through source cannot be used, with the reason; it is encoded
  /// from now on without another examination.
  case unpaced(String)
  /// The next publisher has another rate, with the reason and the facts about it; it is encoded at
  /// the rate of the session from now on.
  case otherRate(String, SourceFacts)
  /// The source has audio, and had none when the session began; with the facts about it now.
  case audioAppeared(SourceFacts)
  /// The encoder that continues after a crash has another CMAF header.
  case encoderChanged
  /// The upstream has begun another session, or its window lacks the next segment.
  case upstreamChanged
  /// A running thread has failed.
  case failed(SessionFailure)
}
