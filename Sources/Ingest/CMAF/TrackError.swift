// SPDX-License-Identifier: Apache-2.0

package import CMAF

/// Why the bytes of a publisher are not a CMAF track that can be packaged.
package enum TrackError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The boxes of a header or of a fragment are malformed.
  case boxes(TrackHeaderError)
  /// A box states an impossible size.
  case size(String)
  /// A field is beyond its box.
  case truncated(String)
  /// A box precedes the one that it needs.
  case misplaced(String)
  /// The header does not have one track.
  case tracks(Int)
  /// Samples of this type are not accepted.
  case codec(String)
  /// A fragment has more samples than permitted.
  case samples
  /// A sample is empty, or larger than permitted.
  case sampleSize(Int)
  /// The bytes of a sample are not within the `mdat` of its fragment, in the order of the samples.
  case sampleRange
  /// A timestamp is out of range.
  case time
  /// A later header has another codec.
  case codecChange

  package var description: String {
    switch self {
    case .boxes(let error): "\(error)"
    case .size(let box): "\(box) has an impossible size"
    case .truncated(let box): "\(box) is cut off"
    case .misplaced(let box): "\(box) is before the box that it needs"
    case .tracks(let count): "the header has \(count) tracks (expected 1)"
    case .codec(let name):
      "\(name) is not accepted (expected H.264, HEVC, AAC, MP3, Opus, AC-3 or E-AC-3)"
    case .samples: "a fragment has more than \(TrackFragment.mostSamples) samples"
    case .sampleSize(let size):
      "a sample has \(size) bytes (expected 1–\(TrackSample.largest))"
    case .sampleRange: "a sample is not within the mdat of its fragment"
    case .time: "a timestamp is out of range"
    case .codecChange: "the codec of the track has changed"
    }
  }
}

/// Checked fields of one box.
struct BoxFields {
  private let bytes: [UInt8]
  private let type: String
  private(set) var offset: Int
  let end: Int

  /// The fields in `range` of `bytes`, the content of a box of `type`.
  init(_ bytes: [UInt8], _ range: Range<Int>, _ type: String) {
    self.bytes = bytes
    self.type = type
    offset = range.lowerBound
    end = range.upperBound
  }

  /// A number of 1 to 4 bytes.
  mutating func integer(_ count: Int) throws(TrackError) -> Int {
    let start = try skip(count)
    // bounded: the box is within the bytes
    return bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
  }

  /// A number of 8 bytes with a sign.
  mutating func wide() throws(TrackError) -> Int64 {
    let (high, low) = (try integer(4), try integer(4))
    return Int64(bitPattern: UInt64(high) << 32 | UInt64(low))
  }

  /// Skips bytes, and returns the offset of the first.
  @discardableResult
  mutating func skip(_ count: Int) throws(TrackError) -> Int {
    guard count >= 0, count <= end - offset else { throw .truncated(type) }
    defer { offset += count }
    return offset
  }

  /// The version, and the flags after it.
  mutating func versionAndFlags() throws(TrackError) -> (version: Int, flags: Int) {
    (try integer(1), try integer(3))
  }

  var rest: Range<Int> { offset..<end }
}

/// The boxes in a range; malformed ones are errors of a track.
func boxes(_ bytes: [UInt8], _ range: Range<Int>) throws(TrackError) -> [BoxReader.Box] {
  var reader = BoxReader(bytes, range)
  var found: [BoxReader.Box] = []
  do throws(TrackHeaderError) {
    while let box = try reader.next() { found.append(box) }
  } catch { throw .boxes(error) }
  return found
}

extension [BoxReader.Box] {
  /// The content of the first box of a type.
  func first(_ type: String) throws(TrackError) -> Range<Int> {
    guard let box = first(where: { $0.type == type }) else { throw .boxes(.missing(type)) }
    return box.content
  }
}
