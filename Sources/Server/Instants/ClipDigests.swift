// SPDX-License-Identifier: Apache-2.0

import Archive
import Checked
import HTTP
import Packaging
import System

/// The digests of a clip, made from those of its segments in their order.
struct ClipDigests {
  /// The digest of the common media, and of everything on which the bytes depend.
  private let media = RunningDigest(), content = RunningDigest()
  private var isWhole = true

  /// The digests of a clip of `span`, in ticks of its first track, with these CMAF headers.
  init(_ span: Range<Int64>, headerHashes: [String]) {
    let hashes = headerHashes.joined(separator: " ")
    content.add(
      Array("\(ClipPlan.layout) \(span.lowerBound) \(span.upperBound) \(hashes)".utf8))
  }

  /// Adds a segment; `text` is different for segments with other bytes if the digest is unknown.
  mutating func add(_ digest: SegmentDigest?, else text: @autoclosure () -> String) {
    if let digest {
      media.add(digest.media)
      content.add(digest.content)
    } else {
      isWhole = false
      content.add(Array(text().utf8))
    }
  }

  /// The fields of the response; called once.
  func fields(isVideo: Bool, _ caching: ResponseFields.Caching) -> [HeaderField] {
    var fields =
      ResponseFields.fields(isVideo ? "video/mp4" : "audio/mp4", caching) + [
        PreparedResponse.acceptRanges,
        HeaderField("ETag", "\"\(hexadecimal(content.bytes().prefix(16)))\""),
      ]
    if isWhole {
      fields.append(HeaderField("X-Media-Digest", "sha-256=\(hexadecimal(media.bytes()))"))
    }
    return fields
  }
}
