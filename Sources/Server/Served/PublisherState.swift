// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Logging
import Publishing
import Sharing
import Streams
import Time

/// The state of the publisher of a stream, for people.
struct PublisherState {
  /// What viewers see of it.
  enum Word: String {
    /// It publishes, and its frames are shown.
    case live
    /// It is connected, and the stream has no picture yet.
    case starting
    /// It is away or silent, and an encoded stream shows the slate.
    case slate
    /// It is away or silent, and the stream has no slate, or shows another input.
    case away
  }

  let word: Word
  /// When the state began, or when the publisher began to publish; nil before the first one.
  let since: WallTime?
  /// `rtmp`, `rtmps`, `srt` or `http`; nil before the first one.
  let transport: String?

  /// The state of a stream; nil if clients do not publish it.
  ///
  /// - Parameters:
  ///   - options: its options.
  ///   - served: its session; nil if none runs.
  init?(_ options: StreamServingOptions, _ served: ServedStream?) {
    guard let status = options.publishers?() else { return nil }
    // A publisher is preferred to the other inputs of its stream.
    self.init(
      status, served?.measures.statistics(), hasBackups: !options.inputs.isEmpty,
      hasSlate: served?.source.map { !$0.configuration.passesThrough } ?? false)
  }

  /// The state of a publisher.
  ///
  /// - Parameters:
  ///   - status: its connection.
  ///   - statistics: the counters of the session; nil if none runs.
  ///   - hasBackups: whether the session has other inputs after the publisher.
  ///   - hasSlate: whether the session shows a slate while its source is away.
  init(
    _ status: PublishedStream.Status, _ statistics: StreamStatistics?, hasBackups: Bool = false,
    hasSlate: Bool
  ) {
    transport = status.transport?.rawValue
    let changed = status.since.map { WallTime($0, plus: SystemClock.wallMinusMonotonic) }
    guard status.isConnected else {
      word = hasSlate && statistics?.isSourceOnline == false ? .slate : .away
      since = changed
      return
    }
    if hasBackups, let statistics {
      let isShown = statistics.shownInput == 0
      word = isShown ? .live : hasSlate && statistics.shownInput == nil ? .slate : .away
      since =
        isShown
        ? max(changed ?? statistics.shownSince, statistics.shownSince)
        : statistics.shownSince
      return
    }
    guard let statistics, !statistics.isSourceOnline else {
      word = statistics == nil ? .starting : .live
      since = changed
      return
    }
    // It is connected and silent.
    word = hasSlate ? .slate : .away
    since = statistics.sourceChanged
  }

  /// The state of the media of the present publisher in words; nil without one.
  ///
  /// It contains nothing that the publisher has chosen.
  static func note(_ stream: StreamEntry) -> PublisherNote? {
    guard let status = stream.options.publishers?(), status.isConnected else { return nil }
    guard let note = stream.supervisor?.plan.outages.publisher else {
      return status.hasMedia
        ? PublisherNote(.waiting, "media has arrived: the first picture is awaited")
        : PublisherNote(.waiting, "connected; no media has arrived yet (\(expectation))")
    }
    return note
  }

  /// The media that a publisher may send.
  static let expectation = "expected H.264, HEVC, AV1 or VP9 with a key frame per second"

  /// The JSON object; times are Unix time in nanoseconds.
  var object: JSONObject {
    ["state": word.rawValue, "protocol": transport, "since": since?.nanoseconds]
  }
}
