// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Media
import Time

/// Converts the packets of a video stream to access units.
///
/// Confined to one thread.
struct VideoDepacketizer {
  private(set) var video: InputDescription.Video
  /// The number of access units that exceed ``AccessUnitAssembler/most`` and are left out.
  private(set) var oversized: UInt64 = 0
  /// Whether NAL units have followed start codes although the container has lengths.
  private(set) var hasForeignStartCodes = false

  /// How packets carry access units.
  private enum Packets {
    /// Each packet is an access unit.
    case whole
    /// Packets with one timestamp are pieces of an access unit, as RTP carries it.
    case datagrams
    /// A packet has one slice or more. Packets with one timestamp form an access unit.
    case slices
    /// The first packet with a slice is held until the next one decides.
    case undecided
  }

  private var packets: Packets
  private var splitter: NALSplitter?
  private var joined = JoinedPackets()
  /// The pictures in the packets; nil if NAL units are not split.
  private var pictures: PictureStarts?
  /// The packet that is held.
  private var held: (bytes: [UInt8], pts: SourceTime, arrival: MonotonicTime)?
  /// The timestamp of the newest access unit that was a packet.
  private var newest: SourceTime?
  private var extradata: [UInt8] = []
  /// The rotation that the container or the publisher declares.
  private var declaredRotation: Rotation
  /// The rotation in the SEI of the newest key frame, which has priority; nil if it has none.
  private var codedRotation: Rotation?
  /// Whether the next unit must carry parameter sets that arrived outside of the access units.
  private var announces = false

  /// A depacketizer for a stream.
  ///
  /// - Parameters:
  ///   - parameters: libavformat's parameters of the stream.
  ///   - rate: the declared frame rate; nil if undeclared.
  ///   - arePieces: whether packets are pieces of access units.
  ///   - mayBePieces: whether a sender may put each slice into a packet of its own.
  ///   - rotation: the declared rotation for display.
  ///   - sizeLimit: the largest size of a frame.
  @unsafe
  init(
    _ parameters: UnsafePointer<AVCodecParameters>, rate: FrameRate?, arePieces: Bool,
    mayBePieces: Bool = false, rotation: Rotation = .none,
    sizeLimit: FrameSizeLimit = FrameSizeLimit()
  ) {
    let id = unsafe parameters.pointee.codec_id
    let name = unsafe String(cString: avcodec_get_name(id))
    let (width, height) = unsafe Self.squareSize(parameters)
    let extradata = unsafe Extradata.of(parameters)
    let codec = PassThroughCodec(id, extradata: extradata)
    packets =
      codec?.hasUnits != true ? .whole : arePieces ? .datagrams : mayBePieces ? .undecided : .whole
    declaredRotation = rotation
    video = InputDescription.Video(
      passThroughCodec: codec, codec: name, width: width, height: height, rate: rate,
      parameterSets: [], configuration: [], rotation: rotation)
    if codec == nil {
      unsafe video.coded = DecoderHints(parameters)
      video.configuration = extradata
    }
    video.coded.sizeLimit = sizeLimit
    take(extradata: extradata)
  }

  /// A depacketizer for the access units of a codec that can be passed through.
  ///
  /// - Parameters:
  ///   - codec: the codec.
  ///   - sizeLimit: the largest size of a frame.
  ///   - rotation: the declared rotation for display.
  ///   - mayBePieces: whether a sender may put each slice into a packet of its own.
  init(
    _ codec: PassThroughCodec, sizeLimit: FrameSizeLimit, rotation: Rotation = .none,
    mayBePieces: Bool = false
  ) {
    packets = mayBePieces && codec.hasUnits ? .undecided : .whole
    declaredRotation = rotation
    video = InputDescription.Video(
      passThroughCodec: codec, codec: unsafe String(cString: avcodec_get_name(codec.id)), width: 0,
      height: 0, rate: nil, parameterSets: [], configuration: [], rotation: rotation)
    video.coded.sizeLimit = sizeLimit
  }

  /// A depacketizer for whole frames of a codec that must be decoded.
  ///
  /// - Parameters:
  ///   - codec: libavcodec's name of the codec.
  ///   - width: the declared width in pixels.
  ///   - height: the declared height in pixels.
  ///   - sizeLimit: the largest size of a frame.
  init(decoding codec: String, width: Int, height: Int, sizeLimit: FrameSizeLimit) {
    packets = .whole
    declaredRotation = .none
    video = InputDescription.Video(
      passThroughCodec: nil, codec: codec, width: width, height: height, rate: nil,
      parameterSets: [], configuration: [])
    video.coded.sizeLimit = sizeLimit
  }

  /// Whether units can be formed and decoded: all parameter sets are known.
  var isComplete: Bool {
    guard let codec = video.passThroughCodec else { return true }
    return video.parameterSets.count >= codec.minimumParameterSets
  }

  /// Whether NAL units are not split yet.
  private var needsSplitter: Bool { splitter == nil && video.passThroughCodec?.hasUnits == true }

  /// Updates libavformat's parameters of the stream: FLV may send new sequence headers.
  @unsafe
  mutating func update(_ parameters: UnsafePointer<AVCodecParameters>) {
    take(extradata: unsafe Extradata.of(parameters))
  }

  /// Updates the declared rotation; that in the SEI of a key frame has priority.
  mutating func declare(_ rotation: Rotation) {
    declaredRotation = rotation
    video.rotation = codedRotation ?? rotation
  }

  /// Updates the declared Dolby Vision, whose NAL units are then kept.
  mutating func declare(_ dolbyVision: DolbyVision?) {
    video.dolbyVision = dolbyVision
    splitter?.keepsDolbyVision = dolbyVision != nil
  }

  /// Updates the declared colours; those of the codec have priority.
  mutating func declare(_ colour: ColourDescription?) {
    video.declaredColour = colour?.statesCodePoint == true ? colour : nil
  }

  /// Expects parameter sets in access units, if no extradata has arrived.
  mutating func expectUnits() { if needsSplitter { take(extradata: []) } }

  /// Updates the extradata.
  mutating func take(extradata bytes: [UInt8]) {
    guard let codec = video.passThroughCodec, bytes != extradata || needsSplitter else { return }
    extradata = bytes
    guard let units = codec.units else {
      if codec == .av1, let record = AV1Configuration(bytes) {
        video.parameterSets = [record.bytes]
      }
      return
    }
    splitter = NALSplitter(units, extradata: bytes.span)
    if pictures == nil { pictures = PictureStarts(units) }
    splitter?.keepsDolbyVision = video.dolbyVision != nil
    let sets = NALSplitter.parameterSets(units, extradata: bytes.span)
    guard !sets.isEmpty, sets != video.parameterSets else { return }
    announces = !video.parameterSets.isEmpty
    video.parameterSets = sets
  }

  /// The units that this packet completes.
  ///
  /// - Parameters:
  ///   - bytes: the packet.
  ///   - pts: its presentation timestamp.
  ///   - dts: its decode timestamp; nil if it has none.
  ///   - isKey: whether the container marks a key frame.
  ///   - arrival: its arrival.
  ///   - senderTime: the declared capture time; nil if undeclared.
  /// - Returns: the units, oldest first.
  mutating func take(
    _ bytes: Span<UInt8>, pts: SourceTime, dts: SourceTime?, isKey: Bool, arrival: MonotonicTime,
    senderTime: WallTime?
  ) -> [AccessUnit] {
    // The demuxer of MPEG-TS cuts an access unit between two packets of 188 bytes.
    guard bytes.count <= AccessUnitAssembler.most - 188 else {
      oversized += 1
      return []
    }
    if video.passThroughCodec == .vp9 {
      // Not all containers mark key frames, and some mark frames that are only intra-coded.
      let bytes = bytes.array
      let header = VP9FrameHeader(bytes)
      if let header { video.parameterSets = [header.configuration] }
      return [
        AccessUnit(
          bytes: bytes, parameterSets: [], isKey: header != nil, pts: pts, dts: dts,
          arrival: arrival, senderTime: senderTime)
      ]
    }
    if video.passThroughCodec == .av1 {
      let unit = AV1TemporalUnit(bytes)
      let isKey = isKey && unit.sequenceHeader != nil
      if isKey, let header = unit.sequenceHeader { remember(sequenceHeader: header) }
      return unit.hasFrame
        ? [
          AccessUnit(
            bytes: unit.bytes, parameterSets: [], isKey: isKey, pts: pts, dts: dts,
            arrival: arrival, senderTime: senderTime)
        ] : []
    }
    guard let splitter else {
      return [
        AccessUnit(
          bytes: bytes.array, parameterSets: [],
          isKey: isKey, pts: pts, dts: dts, arrival: arrival, senderTime: senderTime)
      ]
    }
    let split = packets == .datagrams ? NALSplitter.Split() : splitter.split(bytes)
    if packets == .undecided, split.slices > 0, held == nil {
      guard split.continuesPicture else {
        held = (bytes.array, pts, arrival)
        joined.note(.init(decoding: dts, sent: senderTime), at: pts)
        return []
      }
      // The connection began within a picture, which is left out.
      packets = .slices
      newest = pts
    }
    if packets == .undecided, split.slices > 0, let first = held {
      held = nil
      packets = split.continuesPicture && pts == first.pts ? .slices : .whole
      let times = joined.takeTimes(at: first.pts)
      return take(
        first.bytes.span, pts: first.pts, dts: times.decoding, isKey: false,
        arrival: first.arrival, senderTime: times.sent)
        + take(bytes, pts: pts, dts: dts, isKey: isKey, arrival: arrival, senderTime: senderTime)
    }
    if packets == .whole, split.continuesPicture, pts == newest { packets = .slices }
    var piece = AccessUnitAssembler.Piece(
      timestamp: pts, bytes: [], startsUnit: true, slices: split.slices, isKey: split.isKey,
      arrival: arrival)
    switch packets {
    case .whole, .undecided:
      if split.slices > 0 { newest = pts }
      return unit(split, pts, dts, arrival, senderTime).map { [$0] } ?? []
    case .slices:
      remember(split.parameterSets)
      // The rest of a picture whose beginning has left as an access unit comes too late.
      guard split.slices > 0, pts != newest else { return [] }
      piece.isDatagram = false
      joined.note(.init(decoding: dts, sent: senderTime), at: pts)
    case .datagrams:
      piece.startsUnit = NALUnits.startsWithCode(bytes)
      // A piece that continues a NAL unit has no header.
      let found = piece.startsUnit ? splitter.split(bytes) : split
      (piece.slices, piece.isKey) = (found.slices, found.isKey)
      piece.startsPicture = piece.startsUnit && pictures?.starts(found) ?? false
      joined.note(.init(sent: senderTime), at: pts)
    }
    piece.bytes = bytes.array
    return joined.take(piece).compactMap { whole in
      guard !whole.unit.isCut else {
        oversized += 1
        return nil
      }
      return unit(
        splitter.split(whole.unit.bytes.span), whole.unit.timestamp, whole.times.decoding,
        whole.unit.arrival, whole.times.sent)
    }
  }

  private mutating func unit(
    _ split: NALSplitter.Split, _ pts: SourceTime, _ dts: SourceTime?, _ arrival: MonotonicTime,
    _ sent: WallTime?
  ) -> AccessUnit? {
    remember(split.parameterSets)
    hasForeignStartCodes = hasForeignStartCodes || split.hasForeignStartCodes
    guard split.slices > 0 else { return nil }
    if split.isKey {
      codedRotation = split.rotation
      video.rotation = codedRotation ?? declaredRotation
    }
    let sets = announces ? video.parameterSets : split.parameterSets
    announces = false
    pictures?.take(video.parameterSets)
    return AccessUnit(
      bytes: split.bytes, parameterSets: sets, isKey: split.isKey, pts: pts,
      dts: dts, arrival: arrival, senderTime: sent, isLeading: split.isLeading,
      pictureOrder: pictures?.order(of: split))
  }

  /// Takes the parameter sets of an access unit, which may be some of those of the stream.
  private mutating func remember(_ sets: [[UInt8]]) {
    guard !sets.isEmpty, let units = video.passThroughCodec?.units else { return }
    var stored = StoredParameterSets(video.parameterSets, units)
    stored.take(sets)
    video.parameterSets = stored.sets
  }

  /// Takes the sequence header of a key frame of AV1, from which the configuration follows if the
  /// container has another one, or none.
  private mutating func remember(sequenceHeader header: [UInt8]) {
    let known = video.parameterSets.first.flatMap { AV1Configuration($0) }
    guard known?.sequenceHeader != header,
      let record = AV1Configuration(sequenceHeader: header)
    else { return }
    video.parameterSets = [record.bytes]
  }

  /// Displayed size in square pixels.
  @unsafe
  private static func squareSize(_ parameters: UnsafePointer<AVCodecParameters>) -> (Int, Int) {
    let (width, height) = unsafe (
      Int(parameters.pointee.width), Int(parameters.pointee.height)
    )
    let aspect = unsafe parameters.pointee.sample_aspect_ratio
    return (SampleAspect(aspect.num, aspect.den).width(width), max(0, height))
  }
}
