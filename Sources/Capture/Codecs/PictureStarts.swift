// SPDX-License-Identifier: Apache-2.0

internal import CMAF
internal import Media

/// Finds the slices that begin a picture, and the order in which pictures are shown: a pure state
/// machine.
///
/// Both fields of a frame of H.264 begin with the first macroblock, and belong to one access unit.
/// - Source: ITU-T H.264 §7.4.1.2.4, §8.2.1.1
struct PictureStarts: Sendable {
  private let codec: NALCodec
  private var known: [[UInt8]] = []
  private var sets = AVCParameterSets()
  /// The first field of the newest picture; nil if the picture is whole.
  private var field: AVCPictureHead?
  /// Whether a delimiter has arrived after the newest slice.
  private var isDelimited = false
  /// The order counts of the newest reference picture since the newest key frame, and of the key
  /// frame; nil before it.
  private var order: (reference: Int, key: Int)?

  /// The pictures of a codec.
  init(_ codec: NALCodec) { self.codec = codec }

  /// Takes the parameter sets of the stream.
  mutating func take(_ sets: [[UInt8]]) {
    guard codec == .h264, !sets.isEmpty, sets != known else { return }
    known = sets
    for set in sets { self.sets.add(set[...]) }
  }

  /// Whether the first slice of a piece begins a picture, by its header or a delimiter before it.
  ///
  /// A header that cannot be read begins none.
  mutating func starts(_ split: NALSplitter.Split) -> Bool {
    take(split.parameterSets)
    isDelimited = isDelimited || split.hasDelimiter
    guard split.slices > 0 else { return false }
    defer { isDelimited = false }
    guard !split.continuesPicture else { return false }
    guard codec == .h264 else { return isBaseLayer(split.firstSlice) }
    guard let head = sets.pictureHead(split.firstSlice[...]) else { return isDelimited }
    if head.isRedundant { return false }
    let isSecond = !isDelimited && field.map { head.completes($0) } ?? false
    field = isSecond || !head.isField ? nil : head
    return !isSecond
  }

  /// Whether a slice of HEVC is one of the base layer: other layers have pictures of their own in
  /// the same access unit.
  ///
  /// - Source: ITU-T H.265 §7.4.2.2 (nuh_layer_id)
  private func isBaseLayer(_ slice: [UInt8]) -> Bool {
    slice.count > 1 && slice[0] & 1 == 0 && slice[1] & 0xF8 == 0
  }

  /// The order count of the picture of an access unit minus that of the newest key frame; nil if it
  /// is unknown.
  ///
  /// Call it for all access units, in decoding order.
  mutating func order(of split: NALSplitter.Split) -> Int64? {
    guard codec == .h264, !split.continuesPicture,
      let head = sets.pictureHead(split.firstSlice[...]), let least = head.order
    else {
      order = nil
      return nil
    }
    if head.isIDR { order = (least, least) }
    guard let known = order else { return nil }
    let half = head.orderCount / 2
    // The nearest number with these low bits; nil on overflow after too many pictures.
    let (low, isBeyond) = (least - known.reference).addingReportingOverflow(half)
    guard !isBeyond else { return nil }
    let step = ((low % head.orderCount) + head.orderCount) % head.orderCount - half
    let (count, isOver) = known.reference.addingReportingOverflow(step)
    guard !isOver else { return nil }
    if head.isReference { order = (count, known.key) }
    return Int64(count - known.key)
  }
}
