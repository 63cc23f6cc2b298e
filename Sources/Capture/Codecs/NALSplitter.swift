// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import CMAF
internal import Checked
internal import Media

/// Converts a container's access units to NAL units with four-byte lengths.
struct NALSplitter: Sendable {
  /// The NAL units of an access unit.
  struct Split: Sendable, Equatable {
    /// Slices and SEI, each after its length in four bytes.
    var bytes: [UInt8] = []
    /// Parameter sets without length or start code.
    var parameterSets: [[UInt8]] = []
    /// Whether it contains a slice of a key frame.
    var isKey = false
    /// Whether it contains a slice of a leading picture.
    var isLeading = false
    /// The number of slices.
    var slices = 0
    /// Whether the first slice is not the first one of its picture.
    var continuesPicture = false
    /// The first bytes of the first slice, which contain the fields that order pictures.
    var firstSlice: [UInt8] = []
    /// Whether an access unit delimiter precedes the first slice, or there is no slice.
    var hasDelimiter = false
    /// Whether NAL units follow start codes although the container has lengths.
    var hasForeignStartCodes = false
    /// The rotation for display by the SEI of a key frame; nil if it states none.
    var rotation: Rotation?
  }

  /// The most bytes of a slice up to the fields that order pictures, bytes against start codes
  /// included.
  private static let headSize = 48

  let codec: NALCodec
  /// The size of the container's NAL unit lengths in bytes; nil if it uses start codes.
  private(set) var lengthSize: Int?
  /// Whether NAL units of Dolby Vision stay with their access unit.
  var keepsDolbyVision = false

  /// A splitter for a container's stream.
  ///
  /// - Parameters:
  ///   - codec: the codec.
  ///   - extradata: an `avcC` or `hvcC` box's content, parameter sets with start codes, or nothing.
  init(_ codec: NALCodec, extradata: Span<UInt8>) {
    self.codec = codec
    let place = codec == .h264 ? 4 : 21
    if extradata.count > place, extradata[0] == 1 {
      lengthSize = Int(extradata[place] & 3) + 1
    }
  }

  /// The NAL units in `bytes`.
  func split(_ bytes: Span<UInt8>) -> Split {
    var split = Split()
    var information: [Range<Int>] = []
    let ranges = ranges(bytes, &split.hasForeignStartCodes)
    for range in ranges {
      let kind = codec.kind(bytes[range.lowerBound])
      if kind.isSlice, split.slices == 0 {
        split.continuesPicture = !codec.startsPicture(bytes.extracting(range))
        let end = min(range.upperBound, range.lowerBound + Self.headSize)
        split.firstSlice = Self.copy(bytes, range.lowerBound..<end)
      }
      switch kind {
      case .dolbyVision:
        guard keepsDolbyVision else { continue }
      case .padding:
        let isDelimiter = split.slices == 0 && codec.isDelimiter(bytes[range.lowerBound])
        split.hasDelimiter = split.hasDelimiter || isDelimiter
        continue
      case .parameterSet:
        split.parameterSets.append(Self.copy(bytes, range))
        continue
      case .keySlice:
        split.isKey = true
        split.slices += 1
      case .leadingSlice:
        split.isLeading = true
        split.slices += 1
      case .slice: split.slices += 1
      case .information: information.append(range)
      }
      split.bytes.put(UInt32(range.count))
      unsafe bytes.extracting(range).withUnsafeBufferPointer {
        unsafe split.bytes.append(contentsOf: $0)
      }
    }
    guard split.isKey else { return split }
    for range in information where split.rotation == nil {
      // bounded: the whole array
      split.rotation = Rotation(
        sei: Self.copy(bytes, range)[...], codec)
    }
    return split
  }

  /// The parameter sets in extradata of either form, each without length or start code.
  /// - Source: ISO/IEC 14496-15 §5.3.3.1 and §8.3.3.1
  static func parameterSets(_ codec: NALCodec, extradata: Span<UInt8>) -> [[UInt8]] {
    guard extradata.count > 6, extradata[0] == 1 else {
      return NALUnits.ranges(in: extradata, .annexB)
        .filter { codec.kind(extradata[$0.lowerBound]) == .parameterSet }
        .map { copy(extradata, $0) }
    }
    var sets: [[UInt8]] = []
    // Other code reads the first byte of a set.
    func add(_ set: ArraySlice<UInt8>) { if !set.isEmpty { sets.append(Array(set)) } }
    var cursor = ByteCursor(copy(extradata, 0..<extradata.count), from: codec == .h264 ? 5 : 22)
    if codec == .h264 {
      // The three highest bits before the number of sequence parameter sets are 1.
      for mask in [0x1F, 0xFF] {
        guard let count = cursor.integer(1), cursor.takeSets(count & mask, add) else { break }
      }
    } else {
      for _ in 0..<(cursor.integer(1) ?? 0) {
        guard cursor.take(1) != nil, let count = cursor.integer(2), cursor.takeSets(count, add)
        else { break }
      }
    }
    return sets
  }

  /// The NAL units after lengths or start codes; the extradata may be wrong.
  ///
  /// Some encoders send start codes in containers with lengths, in place of the lengths or within
  /// one of them. A NAL unit contains no start code.
  /// - Source: ITU-T H.264 §7.4.1; H.265 §7.4.2
  private func ranges(_ bytes: Span<UInt8>, _ isForeign: inout Bool) -> [Range<Int>] {
    guard let lengthSize else {
      // A length of 256 to 511 bytes looks like a start code, but lengths lead to the last byte.
      let lengths = NALUnits.lengthPrefixed(bytes)
      if lengths.last?.upperBound == bytes.count { return lengths }
      let found = NALUnits.ranges(in: bytes, .annexB)
      return found.isEmpty ? lengths : found
    }
    let found = NALUnits.lengthPrefixed(bytes, lengthSize: lengthSize)
    guard found.last?.upperBound == bytes.count || !NALUnits.startsWithCode(bytes) else {
      isForeign = true
      return NALUnits.ranges(in: bytes, .annexB)
    }
    guard found.contains(where: { NALUnits.hasStartCode(bytes, in: $0) }) else { return found }
    isForeign = true
    return found.flatMap { NALUnits.split(bytes, in: $0) }
  }

  private static func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    bytes.extracting(range).array
  }
}

extension Span<UInt8> {
  /// A copy of the elements.
  var array: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
