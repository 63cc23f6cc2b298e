// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Sharing
import Time

/// The thread of a camera: opens it, takes its frames, and opens it again after it was unplugged.
struct CameraSource: Sendable {
  /// The time from a failure to the next attempt.
  private static let retryInterval = Interval.milliseconds(500)

  let path: String
  let configuration: StreamConfiguration
  let feed: SlotFeed
  let stop: StopFlag
  let statistics: Locked<StreamStatistics>
  let outages: SourceOutages
  let log: Log

  /// Runs until stopped; `opening` is the result of the first attempt.
  func run(_ opening: OpeningResult) {
    var wasOpen = false
    var isReported = false
    while !stop.isSet {
      do throws(CameraError) {
        try capture { mode in
          opening.succeed()
          statistics.withLock { statistics in
            statistics.isSourceOnline = true
            if wasOpen { statistics.reconnects += 1 }
          }
          outages.clear()
          log.write(.info, "source-open", stream: configuration.name, "\(path): \(mode)")
          wasOpen = true
          isReported = false
        }
      } catch {
        statistics.withLock { $0.isSourceOnline = false }
        opening.fail(error)
        // Warn once per outage; later failures are logged at debug level, as is the error of a
        // start that fails with it.
        let isWarning = !isReported && (wasOpen || configuration.waitsForSource)
        log.write(
          isWarning ? .warning : .debug, "source-gone", stream: configuration.name,
          "\(error); the stream continues, retrying every 0.5 s")
        isReported = true
        let retryAt = SystemClock.monotonicTime + Self.retryInterval
        outages.note(.init(message: "\(error)"), "\(error)", retryAt: retryAt)
        _ = stop.sleep(until: retryAt)
      }
    }
  }

  private func capture(_ opened: (CameraMode) -> Void) throws(CameraError) {
    var camera = try Camera(
      path: path, requested: configuration.size, rate: configuration.segmentation.grid.rate)
    opened(camera.mode)
    while !stop.isSet {
      guard let frame = try camera.next() else { continue }
      if frame.skipped > 0 {
        statistics.withLock { $0.lostFrames += UInt64(frame.skipped) }
      }
      feed.offer(frame.frame, captured: frame.captureMonotonic)
    }
  }
}
