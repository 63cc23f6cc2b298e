// SPDX-License-Identifier: Apache-2.0

package import CMAF
package import System

/// The beginning of an hour file: the CMAF header, and the room for a `sidx`.
package struct FileHead: Sendable, Equatable {
  /// The bytes of the CMAF header, `ftyp` and `moov`.
  package let headerSize: Int
  /// The positions of the boxes between the header and the first mark: `free`, or `free` and
  /// `sidx`.
  package let reserve: Range<Int>
  /// Ticks per second; at least 1.
  package let timescale: Int
  /// The defaults of the track's samples.
  package let defaults: SampleDefaults
  /// The KID in the CMAF header; nil if the media is clear.
  package let keyIdentifier: [UInt8]?

  /// Reads bytes of a file: `count` from a position on, or fewer at its end.
  package typealias Reader = (_ offset: Int, _ count: Int) throws(SystemError) -> [UInt8]

  /// The largest CMAF header.
  package static let headerLimit = 1 << 20
  /// The bytes of a `sidx` without references, and of each reference.
  package static let referencesSize = (fixed: 40, each: 12)

  /// The most references.
  private static let maximumReferences = 60_000

  /// Reads the head of a file of `size` bytes; nil if it is none.
  package init?(size: Int, _ read: Reader) throws(SystemError) {
    var (position, headerEnd): (Int, Int?) = (0, nil)
    var header: MovieHeader?
    scan: while position < size {
      let bytes = try read(position, SegmentMark.size)
      guard let head = try? BoxHead(bytes, at: 0, end: bytes.count), let boxSize = head.size,
        boxSize <= size - position
      else { break }
      switch head.type {
      case "ftyp" where headerEnd == nil: break
      case "moov" where headerEnd == nil:
        guard boxSize <= Self.headerLimit else { return nil }
        let box = try read(position, boxSize)
        var reader = BoxReader(box)
        guard let fields = try? reader.next(), let movie = try? MovieHeader(fields) else {
          return nil
        }
        header = movie
        headerEnd = position + boxSize
      case "free" where headerEnd != nil:
        var reader = BoxReader(bytes)
        if boxSize == SegmentMark.size, let box = try? reader.next(), SegmentMark(box) != nil {
          break scan
        }
      case "sidx" where headerEnd != nil: break
      default: break scan
      }
      position += boxSize
    }
    guard let headerEnd, let header else { return nil }
    headerSize = headerEnd
    reserve = headerEnd..<position
    timescale = max(1, header.timescale)
    defaults = header.extends.first?.samples ?? SampleDefaults()
    keyIdentifier = header.entry.protection
  }

  /// The head of a file with these bytes; nil if they begin with no CMAF header.
  static func of(_ bytes: [UInt8]) -> FileHead? {
    try? FileHead(size: bytes.count, reader(of: bytes))
  }

  /// Reads bytes in place of a file.
  static func reader(of bytes: [UInt8]) -> Reader {
    { offset, count in Array(bytes.dropFirst(offset).prefix(count)) }
  }

  /// The KID of a segment, of which a fragment states `stated`; nil if the media is clear.
  func keyIdentifier(stated: [UInt8]?) -> [UInt8]? { keyIdentifier.map { stated ?? $0 } }

  /// The position of the first mark.
  package var mediaStart: Int { reserve.upperBound }

  /// The number of references that fit into the room.
  package var references: Int {
    // bounded: 12 bytes each
    max(0, reserve.count - Self.referencesSize.fixed) / Self.referencesSize.each
  }

  /// The head of a file with room for `references` segments.
  package static func bytes(header: [UInt8], references: Int) -> [UInt8] {
    let count = min(max(1, references), maximumReferences)
    // bounded: at most 60,000 references
    let room = referencesSize.fixed + referencesSize.each * count
    var bytes = header
    bytes.putHead(room, "free")
    bytes += [UInt8](repeating: 0, count: room - 8)
    return bytes
  }
}
