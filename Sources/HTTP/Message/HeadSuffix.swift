// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// The end of every HTTP/1.1 head: `Date`, `Connection` if needed, the empty line.
///
/// Rendered once per second for all responses of a loop.
struct HeadSuffix {
  private var validUntil = MonotonicTime.distantPast
  private var persistent = SharedBytes([])
  private var closing = SharedBytes([])
  private var keptAlive = SharedBytes([])
  private var dateText = SharedBytes([])

  /// The `Connection` field of a head.
  enum Persistence {
    /// No field: an HTTP/1.1 connection persists by default.
    case implied
    /// `keep-alive`, which HTTP/1.0 requires.
    case told
    /// `close`.
    case closes
  }

  /// Appends the end of a head that is written at the monotonic time `now`; it lives until a later
  /// time is given.
  mutating func append(_ persistence: Persistence, to batch: WriteBatch, now: MonotonicTime) {
    if now >= validUntil { renew(now) }
    switch persistence {
    case .implied: batch.append(persistent)
    case .told: batch.append(keptAlive)
    case .closes: batch.append(closing)
    }
  }

  /// The value of `Date` alone.
  mutating func date(now: MonotonicTime) -> SharedBytes {
    if now >= validUntil { renew(now) }
    return dateText
  }

  private mutating func renew(_ now: MonotonicTime) {
    let wall = SystemClock.wallTime - .origin
    validUntil = now + (.seconds(wall.wholeSeconds + 1) - wall)
    let text = HTTPDate.text(Int(wall.wholeSeconds))
    dateText = SharedBytes(text)
    let date = "Date: \(text)\r\n"
    persistent = SharedBytes(date + "\r\n")
    closing = SharedBytes(date + "Connection: close\r\n\r\n")
    keptAlive = SharedBytes(date + "Connection: keep-alive\r\n\r\n")
  }
}
