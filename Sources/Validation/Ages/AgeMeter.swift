// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// Measures the ages of media in the responses of one target as they arrive.
///
/// Each chunk or frame counts when its last byte arrives, or else the whole response. Confined to
/// the thread that follows the target.
package final class AgeMeter {
  /// Time without media beyond their duration that is no stall.
  private static let patience = 0.5
  /// The longest duration of media that is believed, in seconds.
  private static let longest = 60.0

  /// Notes the ages, and media without.
  let record: WatchRecord
  private let clock: AgeClock?
  private var times: MediaTimes
  /// The name of the header that `times` has.
  private var header: String?
  private var stallTime = Interval.seconds(1)
  private var hasBoxes = true
  /// Whether the present response has failed.
  private var hasFailed = false
  /// When the newest bytes arrived.
  private var arrival = WallTime.origin

  /// - Parameters:
  ///   - clock: from what ages are known; nil: from `prft`, and without it from
  ///     EXT-X-PROGRAM-DATE-TIME.
  ///   - record: notes the ages.
  package init(_ clock: AgeClock?, _ record: WatchRecord) {
    (self.clock, self.record) = (clock, record)
    times = MediaTimes(clock)
  }

  /// Describes the next responses.
  ///
  /// - Parameters:
  ///   - hasBoxes: whether their boxes can be read.
  ///   - duration: of the media of a response that are sent at once, in seconds.
  func prepare(hasBoxes: Bool, duration: Double) {
    self.hasBoxes = hasBoxes
    let seconds = min(Self.longest, max(0, duration)) + Self.patience
    // bounded: at most 60.5 s
    stallTime = .milliseconds(Int64(seconds * 1000.0))
  }

  /// Takes the header of a track, if it is another one and its media cannot be read without.
  ///
  /// - Parameters:
  ///   - name: tells the headers apart.
  ///   - get: requests the header; nil if that fails.
  func takeHeader(named name: String, _ get: () -> [UInt8]?) {
    guard times.needsHeader, hasBoxes, header != name else { return }
    guard let bytes = get() else { return }
    times = MediaTimes(clock)
    header = name
    attempt { () throws(MediaTimes.Fault) in try times.take(header: bytes) }
  }

  /// A response with media begins.
  func begin() {
    hasFailed = false
    times.begin()
  }

  /// Takes bytes that have arrived now.
  func take(_ piece: [UInt8]) {
    arrival = SystemClock.wallTime
    guard hasBoxes, !hasFailed else { return }
    attempt { () throws(MediaTimes.Fault) in
      record.take(try times.take(piece), at: arrival, stallTime: stallTime)
    }
  }

  /// The response has ended.
  ///
  /// - Parameter date: the announced time of its first frame, in seconds since 1970; nil if it has
  ///   none.
  func end(date: Double?) {
    guard !hasFailed else { return }
    // bounded: a date of four digits of a year
    let date = date.map { WallTime.origin + .microseconds(Int64(clamping: Int128($0 * 1e6))) }
    attempt { () throws(MediaTimes.Fault) in
      guard let whole = try times.end(date: date) else { return }
      record.take([whole], at: arrival, stallTime: stallTime)
    }
  }

  /// Notes a fault; the next response begins again.
  private func attempt(_ body: () throws(MediaTimes.Fault) -> Void) {
    do throws(MediaTimes.Fault) { try body() } catch {
      record.fail("\(error)")
      times = MediaTimes(clock)
      (header, hasFailed) = (nil, true)
    }
  }
}
