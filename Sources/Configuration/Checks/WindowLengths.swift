// SPDX-License-Identifier: Apache-2.0

import Media

/// How many segments are listed, kept and prefilled.
struct WindowLengths {
  let listed: Int
  let retained: Int
  let prefill: Int

  /// Checks the lengths against each other and completes them.
  init(_ settings: StreamSettings, _ segmentation: Segmentation) throws(UsageError) {
    let least = Self.minimumListed(segmentation)
    listed = settings.playlistLength ?? max(StreamSettings.defaultPlaylistLength, least)
    guard listed >= least else {
      throw UsageError(
        .option("playlist-length"), .value("\(listed)"),
        expected: "at least \(least), three target durations of \(segmentation.targetDuration) s")
    }
    retained = settings.retained ?? max(StreamSettings.defaultRetained, listed + 10)
    guard retained >= listed + 2 else {
      throw UsageError(
        .option("max-files"), .value("\(retained)"),
        expected: "at least two more than \(option: "playlist-length"), \(listed)")
    }
    prefill = settings.prefill ?? listed
    guard prefill <= retained else {
      throw UsageError(
        .option("prefill"), .value("\(prefill)"),
        expected: "at most \(option: "max-files"), \(retained)")
    }
  }

  /// The number of segments that are never shorter than three Target Durations.
  /// - Source: RFC 8216bis §6.2.2
  static func minimumListed(_ segmentation: Segmentation) -> Int {
    let three = 3 * segmentation.targetDuration * Int64(segmentation.grid.rate.timescale)
    return Int((three + segmentation.segmentTicks - 1) / segmentation.segmentTicks)
  }
}
