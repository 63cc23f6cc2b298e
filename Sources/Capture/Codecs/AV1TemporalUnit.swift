// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The OBUs of a frame of AV1, without temporal delimiters and padding.
///
/// - Source: AV1 Bitstream & Decoding Process Specification §5.3 and §6.2.2; AV1 Codec ISO Media
///   File Format Binding v1.2.0 §2.4
package struct AV1TemporalUnit {
  /// The kinds of OBUs that are distinguished.
  private enum Kind {
    static let sequenceHeader = 1
    static let temporalDelimiter = 2
    static let frameHeader = 3
    static let frame = 6
    static let padding = 15
  }

  /// The OBUs, each with its size.
  package private(set) var bytes: [UInt8] = []
  /// The content of the first sequence header; nil if there is none.
  package private(set) var sequenceHeader: [UInt8]?
  /// Whether one is a frame or the header of a frame.
  package private(set) var hasFrame = false

  /// Reads OBUs with sizes; the rest after one that is damaged or has no size is left out.
  package init(_ coded: Span<UInt8>) {
    var offset = 0
    while let head = coded.bigEndian(at: offset, count: 1) {
      // The forbidden bit, the extension, the size.
      guard head & 0x80 == 0, head & 2 != 0 else { return }
      let start = offset
      offset += head & 4 != 0 ? 2 : 1
      guard let size = Self.size(coded, at: &offset), size <= coded.count - offset else { return }
      let content = offset
      offset += size
      let kind = head >> 3 & 15
      switch kind {
      case Kind.temporalDelimiter, Kind.padding: continue
      case Kind.sequenceHeader where sequenceHeader == nil:
        sequenceHeader = coded.extracting(content..<offset).array
      case Kind.frameHeader, Kind.frame: hasFrame = true
      default: break
      }
      unsafe coded.extracting(start..<offset).withUnsafeBufferPointer {
        unsafe bytes.append(contentsOf: $0)
      }
    }
  }

  /// A number of at most 32 bits in groups of seven, the lowest first; nil if it is too large.
  /// - Source: AV1 Bitstream & Decoding Process Specification §4.10.5
  private static func size(_ coded: Span<UInt8>, at offset: inout Int) -> Int? {
    var value = 0
    for index in 0..<5 {
      guard let byte = coded.bigEndian(at: offset, count: 1) else { return nil }
      offset += 1
      value |= (byte & 0x7F) << (7 * index)  // bounded: five groups of seven bits
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}
