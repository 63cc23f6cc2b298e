// SPDX-License-Identifier: Apache-2.0

package import CMAF
package import Sharing
import System

/// The digests of a segment.
package struct SegmentDigest: Sendable, Equatable {
  /// The SHA-256 of each `moof` and `mdat`: equal on two origins that pass one source through.
  package let media: [UInt8]
  /// The first 16 bytes of the SHA-256 of ``media`` and of all other bytes, which differ in the
  /// times of arrival (`prft`).
  package let content: [UInt8]

  /// The sizes of the digests.
  static let sizes = (media: 32, content: 16)

  /// The digests of a whole segment; nil if the bytes are none.
  package static func of(_ segment: SharedBytes) -> SegmentDigest? {
    var index = SegmentIndex()
    guard (try? index.append(segment)) != nil else { return nil }
    let digester = SegmentDigester()
    digester.add(segment, of: index)
    return digester.digest()
  }

  /// These digests; nil if they have other sizes.
  init?(media: [UInt8], content: [UInt8]) {
    guard media.count == Self.sizes.media, content.count == Self.sizes.content else { return nil }
    self.media = media
    self.content = content
  }
}

/// Makes the digests of a segment, chunk by chunk.
///
/// Confined to one thread.
package final class SegmentDigester {
  private let media = RunningDigest(), other = RunningDigest()

  /// A digester of no chunk.
  package init() {}

  /// Adds the chunk that was added last to `index`.
  package func add(_ chunk: SharedBytes, of index: SegmentIndex) {
    let start = index.size - chunk.count
    var position = start
    let ranges = index.media.reversed().prefix { $0.upperBound > start }.reversed()
    for range in ranges {
      let first = max(start, range.lowerBound)
      other.add(chunk, position - start..<first - start)
      media.add(chunk, first - start..<range.upperBound - start)
      position = range.upperBound
    }
    other.add(chunk, position - start..<chunk.count)
  }

  /// The digests; called once.
  ///
  /// - Returns: nil if OpenSSL refuses the algorithm.
  package func digest() -> SegmentDigest? {
    let media = media.bytes()
    other.add(media)
    let content = other.bytes().prefix(SegmentDigest.sizes.content)
    return SegmentDigest(media: media, content: Array(content))
  }
}
