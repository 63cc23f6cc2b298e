// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
package import Time

/// Why a program with certain streams has nothing to do.
package enum ExitReason: Sendable {
  /// The only stream has failed, and is not retried: its source is of this machine.
  case failed(SessionFailure)
  /// The sources of all streams have ended; players play their windows for this time at most.
  case ended(Interval)

  /// The facts about one stream.
  package typealias Stream = (phase: StreamSupervisor.Phase, isRetried: Bool, isRemote: Bool)

  /// Nil while a stream runs or can run again, and without streams.
  ///
  /// A stream with a remote source is no reason: no other machine ends the program.
  package init?(_ streams: [Stream]) {
    guard !streams.contains(where: { $0.isRemote }) else { return nil }
    if streams.count == 1, !streams[0].isRetried, case .failed(let failure) = streams[0].phase {
      self = .failed(failure)
      return
    }
    var longest = Interval.zero
    for stream in streams {
      guard case .ended(let session) = stream.phase else { return nil }
      let configuration = session.configuration
      longest = max(
        longest, Int64(configuration.playlistLength) * configuration.segmentation.segmentDuration)
    }
    guard !streams.isEmpty else { return nil }
    self = .ended(longest)
  }
}
