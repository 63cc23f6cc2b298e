// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Sharing

/// A camera's thread: opens it, takes its pictures, and opens it again when it was unplugged.
struct CameraSource: Sendable {
  /// How long after a failure the camera is tried again; nanoseconds.
  static var retryInterval: Int64 { 500_000_000 }

  let path: String
  let configuration: StreamConfiguration
  let feed: SlotFeed
  let stop: StopFlag
  let statistics: Locked<StreamStatistics>
  let log: Log

  /// Runs until told to stop.
  ///
  /// - Parameter opened: called once, with nil when the camera gives pictures or with what is wrong with it.
  func run(opened: @Sendable (CameraError?) -> Void) {
    var wasOpen = false
    var isReported = false
    while !stop.isSet {
      do throws(CameraError) {
        try capture { mode in
          opened(nil)
          statistics.withLock { statistics in
            statistics.isSourceOnline = true
            if wasOpen { statistics.reconnects += 1 }
          }
          log.write(.info, "source-open", stream: configuration.name, "\(path): \(mode)")
          wasOpen = true
          isReported = false
        }
      } catch {
        statistics.withLock { $0.isSourceOnline = false }
        if !wasOpen { opened(error) }
        // Once for each time it goes; what it says while it is away is for those who look closer.
        let isWaitedFor = wasOpen || configuration.waitsForSource
        log.write(
          isReported || !isWaitedFor ? .debug : .warning, "source-gone", stream: configuration.name,
          "\(error); the stream goes on, trying again every half second")
        isReported = true
        SystemClock.sleep(until: SystemClock.monotonic + Self.retryInterval)
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
