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
    /// Whether decoding can start here.
    package let isSync: Bool
  }

  /// The maximum number of samples of a chunk.
  package static let mostSamples = 1024

  /// The samples in the order of decoding; at least one.
  package let entries: [Entry]

  /// The bytes of a chunk that are copied at first; the boxes before the media of one frame fit.
  private static let usualHead = 512

  /// Parses a chunk, whose media is not copied.
  ///
  /// - Throws: ``TrackHeaderError`` if there is not one `moof` with one track and one run before
  ///   the bytes of its samples.
  package init(_ chunk: SharedBytes) throws(TrackHeaderError) {
    var head = chunk.prefix(Self.usualHead)
    let end = Self.fragmentEnd(head) ?? chunk.count
    if end > head.count { head = chunk.prefix(end) }
    try self.init(parsing: head, count: chunk.count)
  }

  /// Where `moof` ends; nil if it does not begin in `head`.
  private static func fragmentEnd(_ head: [UInt8]) -> Int? {
    var position = 0
    while head.count - position >= 8 {
      let size = head.unsigned32(at: position)
      guard size >= 8 else { return nil }
      // bounded: a size of 32 bits and a position in the chunk
      if head.fourCharacters(at: position + 4) == "moof" { return position + size }
      position += size
    }
    return nil
  }

  /// Parses `[styp] [prft] [emsg …] moof mdat`.
  ///
  /// - Parameters:
  ///   - bytes: the chunk, at least to the end of `moof`.
  ///   - total: the number of bytes of the whole chunk.
  /// - Throws: ``TrackHeaderError`` if there is not one `moof` with one track and one run before
  ///   the bytes of its samples.
  private init(parsing bytes: [UInt8], count total: Int) throws(TrackHeaderError) {
    var top = BoxReader(bytes)
    var position = 0
    var fragment: (start: Int, content: Range<Int>)?
    while fragment == nil, let box = try top.next() {
      if box.type == "moof" { fragment = (position, box.content) }
      position = box.content.upperBound
    }
    guard let fragment else { throw .missing("moof") }
    var movie = BoxReader(bytes, fragment.content)
    let track = try movie.only("traf")
    func child(_ type: String) throws(TrackHeaderError) -> Fields {
      var reader = BoxReader(bytes, track)
      return Fields(bytes, try reader.only(type), type)
    }

    var head = try child("tfhd")
    let stated = try head.number() & 0xFF_FFFF
    _ = try head.number()  // track_ID
    // An absolute position is of a file, which a chunk is not.
    guard stated & 0x1 == 0 else { throw .unexpected("tfhd.base_data_offset") }
    if stated & 0x2 != 0 { _ = try head.number() }
    let duration = stated & 0x8 != 0 ? try head.number() : nil
    let size = stated & 0x10 != 0 ? try head.number() : nil
    let flags = stated & 0x20 != 0 ? try head.number() : nil

    var decodeTime = try child("tfdt")
    let isWide = try decodeTime.number() >> 24 == 1
    let high = isWide ? try decodeTime.number() : 0
    guard high <= Int(Int32.max) else { throw .tooLarge("tfdt") }
    var time = Int64(high << 32 | (try decodeTime.number()))

    var run = try child("trun")
    let version = try run.number()
    let count = try run.number()
    guard count <= Self.mostSamples else { throw .tooLarge("trun") }
    // Without an offset the samples follow the head of `mdat`.
    var next = fragment.content.upperBound + 8
    if version & 0x1 != 0 {
      let offset = Int(Int32(truncatingIfNeeded: try run.number()))
      // bounded: an offset of 32 bits and a position in the chunk
      next = fragment.start + offset
    }
    let firstFlags = version & 0x4 != 0 ? try run.number() : nil
    var entries: [Entry] = []
    for index in 0..<count {
      let ticks = version & 0x100 != 0 ? try run.number() : duration
      let length = version & 0x200 != 0 ? try run.number() : size
      var word = version & 0x400 != 0 ? try run.number() : flags
      if index == 0, let firstFlags { word = firstFlags }
      let shift = version & 0x800 != 0 ? Int32(truncatingIfNeeded: try run.number()) : 0
      guard let ticks, let length, let word else { throw .missing("sample size or duration") }
      guard next >= fragment.content.upperBound, length <= total - next else {
        throw .truncated("mdat", needed: next + length, have: total)
      }
      entries.append(
        Entry(
          range: next..<next + length, time: time.addingSaturated(Int64(shift)),
          isSync: word & 0x1_0000 == 0))
      next += length
      time = time.addingSaturated(Int64(ticks))
    }
    guard !entries.isEmpty else { throw .missing("sample") }
    self.entries = entries
  }

  /// Consecutive numbers of 32 bits in a box.
  private struct Fields {
    private let bytes: [UInt8]
    private let type: String
    private let start: Int
    private var content: Range<Int>

    init(_ bytes: [UInt8], _ content: Range<Int>, _ type: String) {
      self.bytes = bytes
      self.type = type
      self.content = content
      start = content.lowerBound
    }

    mutating func number() throws(TrackHeaderError) -> Int {
      let offset = content.lowerBound
      guard content.count >= 4 else {
        throw .truncated(type, needed: offset - start + 4, have: content.upperBound - start)
      }
      content = offset + 4..<content.upperBound
      return bytes.unsigned32(at: offset)
    }
  }
}
