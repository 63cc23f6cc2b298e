// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Net
import Packaging
import Sharing
import Time

/// The text of the past segments of a playlist, to which segments are appended, and the responses
/// of one version.
struct RewoundList {
  /// The most pieces of a text.
  private static let maximumPieces = 64

  /// The number with which the list began; retention may have taken its first segments.
  let key: Int64
  var lines: PastLines
  /// The text of the lines.
  var text: [SharedBytes]
  let discontinuitySequence: Int64
  var lastUse = MonotonicTime.origin
  /// The responses of one version.
  var version = Int64.min
  var hasEnded = false
  var responses: [RewoundCache.Key: PreparedResponse] = [:]

  /// The bytes of the text.
  var size: Int { text.reduce(0) { $0 + $1.count } }

  /// Appends the segments before `end` that the window has, and forgets the responses.
  mutating func advance(to end: Int64, _ snapshot: WindowSnapshot) {
    let before = text
    if end > lines.next {
      for segment in snapshot.pastSegments(lines.next..<end) { lines.append(segment) }
      let added = lines.takeText()
      if !added.isEmpty { text.append(SharedBytes(added)) }
      if text.count > Self.maximumPieces { merge() }
    }
    forget(before)
  }

  /// The list is forgotten.
  mutating func leave() {
    let before = text
    text = []
    forget(before)
  }

  /// Forgets the responses; their texts and those of `before` are past media, unless the list
  /// still has them.
  private mutating func forget(_ before: [SharedBytes]) {
    var texts: [SharedBytes] = []
    for piece in responses.values.flatMap(\.body).map(\.bytes) + before
    where !text.contains(where: { $0 === piece }) && !texts.contains(where: { $0 === piece }) {
      texts.append(piece)
    }
    responses = [:]
    if !texts.isEmpty { PastMedia.add(texts: texts, at: SystemClock.monotonicTime) }
  }

  /// Joins the pieces that were appended; the first one is the long one.
  private mutating func merge() {
    let size = text.dropFirst().reduce(0) { $0 + $1.count }
    let isLong = size > text[0].count / 4
    let joined = text.dropFirst(isLong ? 0 : 1)
    text = text.dropLast(joined.count) + [SharedBytes(joined.flatMap { $0.prefix($0.count) })]
  }
}
