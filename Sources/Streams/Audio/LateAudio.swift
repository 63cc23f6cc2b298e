// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Sharing

/// Takes the audio of an input whose stream began without any: names it once.
final class LateAudio: Sendable {
  private let stream: String
  private let log: Log
  private let statistics: Locked<StreamStatistics>
  private let isNamed = Locked(false)

  /// The audio of a stream.
  init(stream: String, statistics: Locked<StreamStatistics>, log: Log) {
    (self.stream, self.statistics, self.log) = (stream, statistics, log)
  }

  /// Takes a packet of an input with this description.
  func take(_ packet: AudioPacket, _ description: InputDescription) {
    let found = description.audioTracks
    guard found.indices.contains(packet.track) else { return }
    let isFirst = isNamed.withLock { isNamed in
      defer { isNamed = true }
      return !isNamed
    }
    guard isFirst else { return }
    statistics.withLock { _ = $0.audioFaults.insert(.late) }
    log.write(
      .warning, "audio-late", stream: stream,
      "the source sends audio now (\(AudioReports.text(found[packet.track]))), and had none when "
        + "the stream began: it is left out until the stream begins again (--audio-tracks declares "
        + "it)")
  }
}
