// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Media

/// Makes access units from the packets of a video stream; one thread's own.
struct VideoDepacketizer {
  private(set) var video: InputDescription.Video

  private let isAssembled: Bool
  private var splitter: NALSplitter?
  private var assembler = AccessUnitAssembler()
  private var senderTimes: [Int64: Int64] = [:]
  private var extradata: [UInt8] = []
  /// Whether the next unit must carry parameter sets that came beside it.
  private var announces = false

  /// Units of a stream.
  ///
  /// - Parameters:
  ///   - parameters: what libavformat knows of the stream.
  ///   - rate: pictures a second, where it knows them.
  ///   - arePieces: whether packets are pieces of access units.
  ///   - turn: how the container wants the pictures turned.
  @unsafe
  init(
    _ parameters: UnsafePointer<AVCodecParameters>, rate: FrameRate?, arePieces: Bool,
    turn: Rotation = .none
  ) {
    let id = unsafe parameters.pointee.codec_id
    let name = unsafe String(cString: avcodec_get_name(id))
    let (width, height) = unsafe Self.squareSize(parameters)
    let codec = NALCodec(id)
    isAssembled = arePieces && codec != nil
    video = InputDescription.Video(
      nalCodec: codec, codec: name, width: width, height: height, rate: rate, parameterSets: [],
      configuration: [], turn: turn)
    if codec == nil {
      unsafe video.coded = DecoderHints(parameters)
      video.configuration = unsafe Array(
        UnsafeBufferPointer(
          start: parameters.pointee.extradata, count: Int(parameters.pointee.extradata_size)))
    }
    unsafe update(parameters)
  }

  /// Whether units can be made and decoded: all parameter sets are known.
  var isComplete: Bool {
    guard let codec = video.nalCodec else { return true }
    return video.parameterSets.count >= (codec == .h264 ? 2 : 3)
  }

  /// Takes what libavformat knows of the stream now, which may have changed: FLV brings new sequence headers.
  @unsafe
  mutating func update(_ parameters: UnsafePointer<AVCodecParameters>) {
    take(
      extradata: unsafe Array(
        UnsafeBufferPointer(
          start: parameters.pointee.extradata, count: Int(parameters.pointee.extradata_size))))
  }

  /// Takes new extradata.
  mutating func take(extradata bytes: [UInt8]) {
    guard let codec = video.nalCodec, splitter == nil || bytes != extradata else { return }
    extradata = bytes
    splitter = NALSplitter(codec, extradata: bytes.span)
    let sets = NALSplitter.parameterSets(codec, extradata: bytes.span)
    guard !sets.isEmpty, sets != video.parameterSets else { return }
    announces = !video.parameterSets.isEmpty
    video.parameterSets = sets
  }

  /// The units that are whole with this packet.
  ///
  /// - Parameters:
  ///   - bytes: the packet.
  ///   - pts: its stamp, unwrapped; nanoseconds.
  ///   - dts: the same for decoding; nil where it has none.
  ///   - isKey: what the container says.
  ///   - arrival: monotonic nanoseconds.
  ///   - senderTime: nanoseconds since 1970.
  /// - Returns: the units, oldest first.
  mutating func take(
    _ bytes: Span<UInt8>, pts: Int64, dts: Int64?, isKey: Bool, arrival: Int64, senderTime: Int64?
  ) -> [AccessUnit] {
    guard let splitter else {
      return [
        AccessUnit(
          bytes: bytes.array, parameterSets: [],
          isKey: isKey, pts: pts, dts: dts, arrival: arrival, senderTime: senderTime)
      ]
    }
    guard isAssembled else {
      return unit(splitter.split(bytes), pts, dts, arrival, senderTime).map { [$0] } ?? []
    }
    if let senderTime { senderTimes[pts] = senderTime }
    let startsUnit =
      bytes.count > 4 && bytes[0] == 0 && bytes[1] == 0
      && (bytes[2] == 1 || bytes[2] == 0 && bytes[3] == 1)
    // A piece within a NAL unit has none of its own; its bytes are no headers.
    let found = startsUnit ? splitter.split(bytes) : NALSplitter.Split()
    let piece = AccessUnitAssembler.Piece(
      timestamp: pts, bytes: bytes.array,
      startsUnit: startsUnit, slices: found.slices, isKey: found.isKey, arrival: arrival)
    return assembler.take(piece).compactMap { whole in
      let sent = senderTimes.removeValue(forKey: whole.timestamp)
      if senderTimes.count > 8 { senderTimes.removeAll() }
      return unit(splitter.split(whole.bytes.span), whole.timestamp, nil, whole.arrival, sent)
    }
  }

  private mutating func unit(
    _ split: NALSplitter.Split, _ pts: Int64, _ dts: Int64?, _ arrival: Int64, _ sent: Int64?
  ) -> AccessUnit? {
    remember(split.parameterSets)
    guard split.slices > 0 else { return nil }
    let sets = announces ? video.parameterSets : split.parameterSets
    announces = false
    return AccessUnit(
      bytes: split.bytes, parameterSets: sets, isKey: split.isKey, pts: pts,
      dts: dts, arrival: arrival, senderTime: sent)
  }

  /// New parameter sets take the place of those of the same kind.
  private mutating func remember(_ sets: [[UInt8]]) {
    guard !sets.isEmpty, let codec = video.nalCodec else { return }
    func type(_ set: [UInt8]) -> UInt8 { codec == .h264 ? set[0] & 0x1F : set[0] >> 1 & 0x3F }
    let types = Set(sets.map(type))
    var seen: [[UInt8]] = []
    for set in video.parameterSets.filter({ !types.contains(type($0)) }) + sets
    where !seen.contains(set) { seen.append(set) }
    video.parameterSets = seen.sorted { type($0) < type($1) }
  }

  /// Pixels as shown where they are square.
  @unsafe
  private static func squareSize(_ parameters: UnsafePointer<AVCodecParameters>) -> (Int, Int) {
    let (width, height) = unsafe (
      Int(parameters.pointee.width), Int(parameters.pointee.height)
    )
    let aspect = unsafe parameters.pointee.sample_aspect_ratio
    return (SampleAspect(aspect.num, aspect.den).width(width), height)
  }
}

/// The shape of pixels.
struct SampleAspect: Sendable, Hashable {
  let numerator, denominator: Int

  /// Square where the numbers make no sense.
  init(_ numerator: Int32, _ denominator: Int32) {
    let isSensible =
      numerator > 0 && denominator > 0 && numerator < 8 * denominator
      && denominator < 8 * numerator
    self.numerator = isSensible ? Int(numerator) : 1
    self.denominator = isSensible ? Int(denominator) : 1
  }

  /// The width that so many pixels have, in square pixels.
  func width(_ pixels: Int) -> Int { (2 * pixels * numerator + denominator) / (2 * denominator) }
}
