// SPDX-License-Identifier: Apache-2.0

package import Time

/// The publications of one thread whose source does not take their media.
///
/// Confined to that thread.
package final class PublicationQueue {
  /// The time to the next attempt.
  private var pause: DoublingPause
  private var publications: [Publication] = []
  /// The time of the next attempt.
  package private(set) var nextDeadline = MonotonicTime.distantFuture

  /// An empty queue whose attempts become less frequent within these pauses.
  package init(pauses: ClosedRange<Interval> = .milliseconds(1) ... .milliseconds(16)) {
    pause = DoublingPause(pauses)
  }

  /// Tries a publication again later.
  func add(_ publication: Publication, at now: MonotonicTime) {
    if !publications.contains(where: { $0 === publication }) { publications.append(publication) }
    nextDeadline = min(nextDeadline, now + pause.length)
  }

  /// Tries the publications again that are due; those whose source still does not read return.
  package func expire(_ now: MonotonicTime) {
    guard nextDeadline <= now else { return }
    nextDeadline = .distantFuture
    pause.double()
    let due = publications
    publications = []
    for publication in due { publication.retry(at: now) }
    if publications.isEmpty { pause.reset() }
  }
}
