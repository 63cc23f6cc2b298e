// SPDX-License-Identifier: Apache-2.0

package import Time

/// The publications of one thread whose source does not take their media.
///
/// Confined to that thread.
package final class PublicationQueue {
  /// The time to the next attempt: doubled with each one, up to the last.
  private let intervals: (first: Interval, last: Interval)
  private var interval: Interval
  private var publications: [Publication] = []
  /// The time of the next attempt.
  package private(set) var nextDeadline = MonotonicTime.distantFuture

  /// An empty queue.
  ///
  /// - Parameters:
  ///   - first: the time to the first attempt.
  ///   - last: the longest time between two attempts.
  package init(first: Interval = .milliseconds(1), last: Interval = .milliseconds(16)) {
    intervals = (first, last)
    interval = first
  }

  /// Tries a publication again later.
  func add(_ publication: Publication, at now: MonotonicTime) {
    if !publications.contains(where: { $0 === publication }) { publications.append(publication) }
    nextDeadline = min(nextDeadline, now + interval)
  }

  /// Tries the publications again that are due; those whose source still does not read return.
  package func expire(_ now: MonotonicTime) {
    guard nextDeadline <= now else { return }
    nextDeadline = .distantFuture
    // bounded: intervals saturate
    interval = min(interval * 2, intervals.last)
    let due = publications
    publications = []
    for publication in due { publication.retry(at: now) }
    if publications.isEmpty { interval = intervals.first }
  }
}
