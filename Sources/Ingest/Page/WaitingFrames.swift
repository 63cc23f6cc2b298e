// SPDX-License-Identifier: Apache-2.0

/// The tags of a publisher page that its source has not taken: a bounded queue, pure.
///
/// If too much waits, all frames up to the next key frame are dropped: live media has no use for
/// old frames.
package struct WaitingFrames: Sendable {
  /// The most bytes that wait.
  private static let most = 2 << 20

  private var tags: [MediaTag] = []
  private var bytes = 0
  /// Whether video is dropped until a key frame.
  private var skips = false

  /// An empty queue.
  package init() {}

  /// The number of waiting tags.
  package var count: Int { tags.count }

  /// The oldest tag.
  package var first: MediaTag? { tags.first }

  /// Adds a tag.
  ///
  /// - Parameters:
  ///   - tag: the tag.
  ///   - isKey: whether it is a key frame of video.
  /// - Returns: whether a key frame is needed, since frames were dropped.
  package mutating func add(_ tag: MediaTag, isKey: Bool) -> Bool {
    if isKey { skips = false }
    if skips, tag.kind == .videoSample { return false }
    // bounded: at most the limit, and one message
    guard bytes + tag.payload.count <= Self.most || !tag.isSample else {
      tags.removeAll { $0.isSample }
      bytes = tags.reduce(0) { $0 + $1.payload.count }
      skips = !isKey
      if isKey { append(tag) }
      return !isKey
    }
    append(tag)
    return false
  }

  private mutating func append(_ tag: MediaTag) {
    tags.append(tag)
    // bounded: at most the limit, and one message
    bytes += tag.payload.count
  }

  /// Removes the oldest tag.
  package mutating func removeFirst() {
    guard let first = tags.first else { return }
    tags.removeFirst()
    // bounded: its bytes were added
    bytes -= first.payload.count
  }
}

extension MediaTag {
  /// Whether it is a frame and no description.
  fileprivate var isSample: Bool { kind == .videoSample || kind == .audioSample }
}
