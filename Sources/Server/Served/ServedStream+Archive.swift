// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import HTTP
import Media
import Packaging
import Push
import Sharing
import Streams
package import Time

extension ServedStream {
  /// Pushes the windows from now on; starts threads.
  func push() { options.pushes?.follow(renditions.map { ($0.name, $0.window) }) }

  /// How long a response with media of the archive may take when too much of it is in memory.
  private static let sendingTime = Interval.seconds(10)

  /// Whether a segment that the window does not have may be in the archive.
  func mayBeArchived(_ availability: SegmentAvailability) -> Bool {
    guard options.archive != nil else { return false }
    return switch availability {
    case .evicted, .predating, .never: true
    case .complete, .open, .ahead: false
    }
  }

  /// Whether the archive may have the media of a number for which the window has slate or a gap.
  ///
  /// A program that is restarted within its window has slate under the numbers of the program
  /// before, whose bytes are final. A gap may have been healed since. Reads memory only.
  func mayReplace(_ segment: Segment, of rendition: ServedRendition) -> Bool {
    guard segment.isPrefill || segment.isGap else { return false }
    return options.archive?.mayHave(segment.number, of: rendition.name) ?? false
  }

  /// The response for a number for which the window has slate or a gap, without the archive.
  func substitute(for segment: Segment, of rendition: ServedRendition) -> PreparedResponse {
    if segment.isGap { return absent(segment, of: rendition) }
    return options.archive == nil
      ? rendition.media.response(segment) : rendition.media.response(prefill: segment)
  }

  /// Removes the media, events and captions of a span from the windows, before the archive removes
  /// its media.
  package func removeFromWindows(_ span: Range<WallTime>) {
    let past = span.clamped(to: .distantPast..<max(.distantPast, SystemClock.wallTime))
    if !past.isEmpty { captions?.remove(past) }
    for rendition in renditions where !past.isEmpty {
      rendition.window.remove(past)
      rendition.media.forgetGaps(of: rendition.window.snapshot)
    }
  }

  /// The response for a segment without media in a window.
  ///
  /// A stream with an archive may get the media from a twin, or has removed it by an order.
  func absent(_ segment: Segment, of rendition: ServedRendition) -> PreparedResponse {
    guard let archive = options.archive else { return rendition.media.gap }
    let start = segment.programDateTime
    let end = start + rendition.window.segmentation.video.segmentDuration
    return archive.hasRemoved(start..<max(start, end))
      ? removed(from: rendition.media) : rendition.media.gapForPresent
  }

  /// Whether segment `number` was removed by an order.
  private func isRemoved(_ number: Int64, of rendition: ServedRendition) -> Bool {
    let segmentation = rendition.window.segmentation
    guard let archive = options.archive, hasTimedNumbers else { return false }
    let first = segmentation.frameTime(of: segmentation.firstFrame(of: number))
    let start = WallTime(first, plus: .zero)
    return archive.hasRemoved(start..<start + segmentation.video.segmentDuration)
  }

  private func removed(from media: MediaResponseCache) -> PreparedResponse {
    media.error(410, "the media was removed")
  }

  /// The time to which viewers may go back.
  var oldestPast: WallTime { SystemClock.wallTime - options.reach.dvr }

  /// The refusal of older times.
  var tooOld: String { "viewers may go back \(options.reach.dvr.wholeSeconds) s" }

  /// Asks the archive for segment `number` of a rendition.
  ///
  /// - Parameters:
  ///   - number: its number.
  ///   - rendition: the rendition.
  ///   - isUnlimited: whether the client may go back further than viewers may.
  ///   - absent: the response if the archive does not have it.
  ///   - isInWindow: whether the window has the number, with slate or as a gap: it is replaced by
  ///     media with the header of the window only, since players do not expect another one.
  ///   - answer: takes the response, on any thread.
  func archivedSegment(
    _ number: Int64, of rendition: ServedRendition, isUnlimited: Bool, absent: PreparedResponse,
    isInWindow: Bool, answer: @escaping @Sendable (PreparedResponse) -> Void
  ) {
    let media = rendition.media
    guard let archive = options.archive else { return answer(absent) }
    let limit = isUnlimited || isInWindow ? nil : oldestPast
    let name = rendition.name
    let header = isInWindow ? rendition.window.snapshot.track?.headerHash : nil
    archive.segment(number, of: name, since: limit) { [self] result in
      switch result {
      case .success(let found) where header.map { $0 != found.segment.headerHash } ?? false:
        answer(absent)
      case .failure where isInWindow: answer(absent)
      case .success(let found):
        if case .bytes(let bytes) = found.content {
          PastMedia.add([bytes], until: SystemClock.monotonicTime + Self.sendingTime)
        }
        answer(
          media.response(
            archived: found.segment, found.content, isForOneViewer: isUnlimited))
      case .failure(.missing):
        if let address = archive.object(number, of: name, since: limit) {
          return answer(Self.redirect(to: address, isForOneViewer: isUnlimited))
        }
        if isRemoved(number, of: rendition) { return answer(removed(from: media)) }
        let isGap = archive.extent(of: name)?.contains(number) ?? false
        answer(isGap ? media.gapForPresent : absent)
      case .failure(.tooOld): answer(media.error(410, tooOld))
      case .failure(let failure): answer(.unavailable("the archive: \(failure)"))
      }
    }
  }

  /// The response for media that only the object store has.
  ///
  /// It is kept for a minute: the object may be removed, and its address may change.
  private static func redirect(
    to address: String, isForOneViewer: Bool = false
  ) -> PreparedResponse {
    .redirect(to: address, isForOneViewer ? "private, no-store" : "public, max-age=60")
  }

  /// The response if the archive does not have media of a time.
  func refusal(_ failure: ArchiveFailure) -> PreparedResponse {
    switch failure {
    case .missing: .error(404, "the stream has no media at this time")
    case .tooOld: .error(410, tooOld)
    case .busy, .abandoned, .stored, .disk, .wrong: .unavailable("the archive: \(failure)")
    }
  }

  /// Asks the archive for the CMAF header with this hash.
  func archivedHeader(
    _ hash: String, of rendition: ServedRendition,
    answer: @escaping @Sendable (PreparedResponse) -> Void
  ) {
    let media = rendition.media
    guard let archive = options.archive else { return answer(.notFound) }
    archive.header(hash, of: rendition.name) { result in
      switch result {
      case .success(let bytes): answer(media.response(header: bytes))
      case .failure(.missing), .failure(.tooOld):
        let address = archive.objectHeader(hash, of: rendition.name)
        answer(address.map { Self.redirect(to: $0) } ?? .notFound)
      case .failure(let failure): answer(.unavailable("the archive: \(failure)"))
      }
    }
  }
}
