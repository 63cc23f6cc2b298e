// SPDX-License-Identifier: Apache-2.0

package import Packaging
package import Time

/// An order to the thread that writes an archive.
package enum WriterOrder: Sendable {
  /// Reads the folder of a stream.
  case open(StreamCatalog, ArchivePolicy)
  /// Removes hours of a stream by another rule from now on.
  case retain(StreamCatalog, Retention)
  /// The same for the streams that are not archived now.
  case retainOthers(Retention)
  /// Notes in the folder of a stream that a publisher has created it.
  case markCreated(StreamCatalog)
  /// Lists the streams with that note.
  case listCreated(@Sendable ([String]) -> Void)
  /// Writes the windows of a session from now on.
  case follow(StreamCatalog, [(name: String, window: LiveWindow)])
  /// Protects a span, or ends its protection; the answer has the reason of a failure.
  case protect(StreamCatalog, Range<WallTime>, Bool, @Sendable (String?) -> Void)
  /// Removes the segments with media in a span; `hidden` is called when the order is on the disk
  /// and readers do not see them any more, and the answer has the reason of a failure.
  case remove(
    StreamCatalog, Range<WallTime>, hidden: @Sendable () -> Void, @Sendable (String?) -> Void)
  /// Closes an hour file if it is open, and opens it again no earlier than at the time; the answer
  /// has the sums of the file, nil without one.
  case hold(
    StreamCatalog, String, HourName, until: MonotonicTime,
    @Sendable (HourIndex.Summary?) -> Void)
  /// Replaces an hour file by a draft; the answer is the reason of a failure.
  case replace(StreamCatalog, String, HourReplacement, @Sendable (String?) -> Void)
  /// The removal of media has ended, with the reason of a failure; so has the answer.
  case endRemoval(StreamCatalog, RemovedMedia, String?, @Sendable (String?) -> Void)

  /// Answers an order that no thread performs any more.
  func refuse() {
    switch self {
    case .open, .retain, .retainOthers, .markCreated, .follow: break
    case .listCreated(let answer): answer([])
    case .protect(_, _, _, let answer), .remove(_, _, _, let answer): answer("it is closed")
    case .replace(_, _, _, let answer), .endRemoval(_, _, _, let answer): answer("it is closed")
    case .hold(_, _, _, _, let answer): answer(nil)
    }
  }
}

/// An hour file that replaces another one.
package struct HourReplacement: Sendable {
  let name: HourName
  /// The folder of the draft.
  let drafts: HourFolder
  /// The sums of the file that it replaces; nil for none.
  let old: HourIndex.Summary?
  /// The sums of the draft, and the number of segments of a twin in it; nil if no segment is left.
  let new: HourIndex.Summary?
  let healed: Int
  /// The spans that were removed when the draft was begun; nil if the draft removes segments, and
  /// the old file is to be overwritten.
  let removed: WallSpans?
}
