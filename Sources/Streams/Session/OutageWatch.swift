// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Scheduling
import Sharing
import Time

/// Lists segments without media in all windows of a passed-through session while its source is
/// away.
///
/// The windows have no thread of their own then: the timer of the process wakes several times per
/// second. The process of an input may be gone too, so this is the server's work. After a freeze of
/// the process the source has its time again, since its media may wait in a socket.
final class OutageWatch: Sendable {
  private struct State: Sendable {
    var pace: OutagePace
    var freezes = FreezeDetector()
    var isStopped = false
  }

  /// The pause after media that arrived at the last moment.
  private static let retry = Interval.milliseconds(100)

  private let windows: [LiveWindow]
  private let state: Locked<State>
  /// Gets each number that was listed: the source begins no segment with it.
  private let reserve: @Sendable (Int64) -> Void

  /// A watch over the windows of a session, the top rendition first.
  init(_ windows: [LiveWindow], reserve: @escaping @Sendable (Int64) -> Void) {
    self.windows = windows
    self.reserve = reserve
    let video = windows[0].segmentation.video
    state = Locked(
      State(
        pace: OutagePace(
          targetDuration: windows[0].segmentation.targetDuration,
          segmentDuration: video.hasVariableDuration
            ? .seconds(video.targetDuration) : video.segmentDuration)))
  }

  /// Begins.
  func start() { plan(SystemClock.monotonicTime + FreezeDetector.interval) }

  /// Ends; nothing is listed after the return.
  func stop() { state.withLock { $0.isStopped = true } }

  private func plan(_ time: MonotonicTime) {
    TimerThread.ofProcess.run(at: time) { [weak self] in self?.look() }
  }

  /// Lists the segment that is due, if there is one.
  private func look() {
    let next = state.withLock { state -> (time: MonotonicTime, number: Int64?)? in
      guard !state.isStopped else { return nil }
      let now = SystemClock.monotonicTime
      state.freezes.note(now)
      let next = now + FreezeDetector.interval
      guard let found = windows[0].progress else { return (next, nil) }
      let progress = OutagePace.Progress(found, thawed: state.freezes.end)
      switch state.pace.step(now, progress) {
      case .wait(let time): return (min(max(time, now + .milliseconds(1)), next), nil)
      case .list(let number):
        guard windows[0].pass(through: number, since: found.revision) else {
          return (now + Self.retry, nil)
        }
        for window in windows.dropFirst() { _ = window.pass(through: number) }
        state.pace.note(number, now, progress)
        return (now + .milliseconds(1), number)
      }
    }
    guard let next else { return }
    if let number = next.number { reserve(number) }
    plan(next.time)
  }
}

extension OutagePace.Progress {
  /// The progress of a window in a process whose last freeze ended at `thawed`.
  fileprivate init(_ progress: LiveWindow.Progress, thawed: MonotonicTime?) {
    self.init(
      complete: progress.complete, newest: progress.newest, completed: progress.completed,
      heard: thawed.map { max($0, progress.heard) } ?? progress.heard)
  }
}
