// SPDX-License-Identifier: Apache-2.0

import HTTP
package import Net
package import Time

/// The deliveries of one stream on one loop whose times are measured.
///
/// Sockets do not report acknowledgements, so they are looked for every 25 ms while there are
/// unacknowledged bytes. Confined to the loop's thread.
package final class MeasuredDeliveries {
  private static let interval = Interval.milliseconds(25)

  private unowned let loop: EventLoop
  private var deliveries: [Delivery] = []
  /// The time of the next look.
  package private(set) var nextDeadline = MonotonicTime.distantFuture

  package init(_ loop: EventLoop) { self.loop = loop }

  package var now: MonotonicTime { loop.now }

  /// Looks for the acknowledgements of a response that begins.
  package func follow(_ delivery: Delivery) { deliveries.append(delivery) }

  /// Looks for acknowledgements after the interval.
  func lookSoon() { nextDeadline = min(nextDeadline, loop.now + Self.interval) }

  /// Looks for acknowledgements if it is time.
  package func expire(_ now: MonotonicTime) {
    guard nextDeadline <= now else { return }
    // A loop that is late itself has not seen the acknowledgements.
    let delay = now - nextDeadline
    nextDeadline = .distantFuture
    // Deliveries of one connection are looked at with one state.
    var states: [ObjectIdentifier: TransmissionState] = [:]
    deliveries.removeAll { delivery in
      guard delivery.isAwaiting else {
        if delivery.isOver { delivery.save(now) }
        return delivery.isOver
      }
      let state = delivery.stream.flatMap { stream in
        let known = states[ObjectIdentifier(stream)] ?? stream.transmission
        states[ObjectIdentifier(stream)] = known
        return known
      }
      let isOver = delivery.look(state, now: now, delay: delay)
      if isOver { delivery.save(now) }
      if delivery.isAwaiting, !isOver { nextDeadline = now + Self.interval }
      return isOver
    }
  }

  /// Ends all measurements.
  package func close() {
    for delivery in deliveries { delivery.save(loop.now) }
    deliveries = []
    nextDeadline = .distantFuture
  }
}
