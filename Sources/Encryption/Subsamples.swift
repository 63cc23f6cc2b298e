// SPDX-License-Identifier: Apache-2.0

/// The clear and the protected bytes of a video sample, in the order of the sample.
///
/// - Source: ISO/IEC 23001-7 §9.5.2 (subsamples of NAL units), §10.4
package struct Subsamples: Sendable, Equatable {
  /// Clear bytes, and protected bytes after them.
  package struct Entry: Sendable, Equatable {
    package let clear: Int, protected: Int
  }

  /// The entries, whose sum is the size of the sample.
  package private(set) var entries: [Entry] = []
  private var clear = 0

  /// The most entries that `saiz` can state: 2 bytes and 6 for each in a size of one byte.
  static let most = 42
  /// The least and the most clear bytes of a slice whose header cannot be read.
  ///
  /// The length field is included. H.264 has the least: only HEVC has entry points of rows.
  static let unread = 36...256

  /// The subsamples of a sample; nil if the bytes are not NAL units with lengths of 4 bytes.
  ///
  /// Parameter sets in the sample are added to `sets`. The slice header is clear, and nothing of
  /// the slice data; of a slice of HEVC whose header cannot be read, a quarter within ``unread``.
  /// Other NAL units are clear, and slices after the 41st, or earlier ones if the clear bytes need
  /// the entries.
  package init?(
    _ sample: ArraySlice<UInt8>, _ codec: SliceParameterSets.Codec, _ sets: inout SliceParameterSets
  ) {
    var limit = Self.most - 1
    repeat {
      guard fill(sample, codec, &sets, limit: limit) else { return nil }
      limit -= 1
    } while entries.count > Self.most && limit > 0
  }

  /// Finds the subsamples with at most `limit` protected ones; false if the bytes are malformed.
  private mutating func fill(
    _ sample: ArraySlice<UInt8>, _ codec: SliceParameterSets.Codec,
    _ sets: inout SliceParameterSets, limit: Int
  ) -> Bool {
    (entries, clear) = ([], 0)
    var position = sample.startIndex
    while position < sample.endIndex {
      guard sample.endIndex - position >= 4 else { return false }
      let size = (0..<4).reduce(0) { $0 << 8 | Int(sample[position + $1]) }
      guard size <= sample.endIndex - position - 4 else { return false }
      add(sample[position + 4..<position + 4 + size], codec, &sets, limit: limit)
      position += 4 + size
    }
    flush()
    return true
  }

  private mutating func add(
    _ unit: ArraySlice<UInt8>, _ codec: SliceParameterSets.Codec, _ sets: inout SliceParameterSets,
    limit: Int
  ) {
    let size = unit.count
    let lead =
      switch sets.take(unit, codec) {
      case .other: 4 + size
      case .slice(let header?): 4 + header
      case .slice(nil):
        codec == .avc
          ? Self.unread.lowerBound
          : min(max(Self.unread.lowerBound, size / 4), Self.unread.upperBound)
      }
    // bounded: sizes of bytes in memory
    let protected = 4 + size - lead
    guard protected >= 16, entries.count + clear / 0xFFFF < limit else {
      clear += 4 + size
      return
    }
    clear += lead
    flush(protected: protected)
  }

  /// Ends an entry; more than 65,535 clear bytes need several.
  private mutating func flush(protected: Int = 0) {
    while clear > 0xFFFF {
      entries.append(Entry(clear: 0xFFFF, protected: 0))
      clear -= 0xFFFF
    }
    if clear > 0 || protected > 0 { entries.append(Entry(clear: clear, protected: protected)) }
    clear = 0
  }

  /// The protected ranges of a sample that begins at `start`.
  package func ranges(from start: Int) -> [Range<Int>] {
    var position = start
    var ranges: [Range<Int>] = []
    for entry in entries {
      // bounded: the sum is the size of the sample
      let first = position + entry.clear
      position = first + entry.protected
      if entry.protected > 0 { ranges.append(first..<position) }
    }
    return ranges
  }
}
