// SPDX-License-Identifier: Apache-2.0

package import Sharing
import Time

/// The samples of a chunk: the ranges of their bytes, and their times.
///
/// Accepts any bytes; bounded in time and memory. Sizes and durations of samples are those of
/// `tfhd` and `trun`, not of `trex`: `ChunkWriter` states all of them.
/// - Source: ISO/IEC 14496-12 §8.8
package struct ChunkSamples: Sendable, Equatable {
  /// One sample.
  package struct Entry: Sendable, Equatable {
    /// The bytes of the sample in the chunk.
    package let range: Range<Int>
    /// The presentation time, in ticks of the track's timescale.
    package let time: Int64
    /// Presentation minus decode time, in ticks.
    package let shift: Int64
    /// Whether decoding can start here.
    package let isSync: Bool
  }

  /// The maximum number of samples of a chunk.
  package static let maximumSamples = 1024

  /// The samples in the order of decoding; at least one.
  package let entries: [Entry]

  /// The bytes of a chunk that are copied at first; the boxes before the media of one frame fit.
  private static let usualHead = 512

  /// Parses `[styp] [prft] [emsg …] moof mdat`, whose media is not copied.
  ///
  /// - Throws: ``BoxError`` if there is not one `moof` with one track and one run before the bytes
  ///   of its samples.
  package init(_ chunk: SharedBytes) throws(BoxError) {
    var bytes = chunk.prefix(Self.usualHead)
    let end = Self.fragmentEnd(bytes) ?? chunk.count
    if end > bytes.count { bytes = chunk.prefix(end) }
    let box = try BoxFields(bytes, "chunk").first("moof")
    let fragment = try MovieFragment(box, maximumSamples: Self.maximumSamples)
    guard fragment.tracks == 1 else {
      throw fragment.tracks == 0 ? .missing("traf") : .several("traf")
    }
    guard fragment.runs == 1 else { throw fragment.runs == 0 ? .missing("trun") : .several("trun") }
    guard !fragment.samples.isEmpty else { throw .missing("sample") }
    let media = box.content.upperBound
    var entries: [Entry] = []
    entries.reserveCapacity(fragment.samples.count)
    for sample in fragment.samples {
      // bounded: offsets and sizes of 32 bits, at most 1024 times, and a position in the chunk
      let first = media - box.size + sample.offset
      guard first >= media, sample.size <= chunk.count - first else {
        throw .truncated("mdat", needed: first + sample.size, have: chunk.count)
      }
      entries.append(
        Entry(
          range: first..<first + sample.size,
          time: sample.decodeTime.addingSaturated(sample.shift), shift: sample.shift,
          isSync: sample.isSync))
    }
    self.entries = entries
  }

  /// Where `moof` ends; nil if it does not begin in `head`.
  private static func fragmentEnd(_ head: [UInt8]) -> Int? {
    var position = 0
    while let box = try? BoxHead(head, at: position, end: head.count), let size = box.size {
      // bounded: a size below 2^48, and a position in the chunk
      if box.type == "moof" { return position + size }
      position += size
    }
    return nil
  }
}
