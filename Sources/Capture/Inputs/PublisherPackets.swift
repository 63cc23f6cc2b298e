// SPDX-License-Identifier: Apache-2.0

internal import Checked
internal import Ingest
internal import Media
internal import Sharing
import Time

/// The units of one publisher, from its first record to its end.
///
/// Confined to one thread.
final class PublisherPackets {
  private let media: PublishedMedia
  private let options: InputOptions
  private let cancellation: InputCancellation
  private var unwrapper = TimestampUnwrapper()
  private var video: VideoDepacketizer?
  /// The video tracks beside the first, by their numbers.
  private var otherVideos: [Int: VideoDepacketizer] = [:]
  /// The other tracks whose configuration has arrived; their colours may arrive before it.
  private var configured: Set<Int> = []
  /// Nil before the first access unit.
  private var aligner: RenditionAligner?
  private var audio = PublisherAudio()
  /// The rotation of all video tracks that the publisher declares.
  private var rotation = Rotation.none
  /// The frame rate that the publisher names.
  private var namedMillihertz: Int?
  private var isFLV = true
  private var reported = ReportedMedia()

  /// Waits for a publisher.
  ///
  /// Blocks until one begins.
  init(
    _ media: PublishedMedia, _ options: InputOptions, _ cancellation: InputCancellation
  ) throws(InputError) {
    self.media = media
    self.options = options
    self.cancellation = cancellation
    cancellation.setDeadline(
      options.listensForEver ? nil : SystemClock.monotonicTime + options.openLimit)
    try media.waitForPublisher(cancellation)
  }

  var description: InputDescription? {
    guard let video, video.isComplete else { return nil }
    var description = InputDescription(
      format: isFLV ? "flv" : "mp4", video: video.video, audio: audio.descriptions.first,
      isPaced: false)
    description.video.namedMillihertz = namedMillihertz
    description.otherAudio = Array(audio.descriptions.dropFirst())
    description.leftOutAudio = audio.leftOut
    if let aligner, aligner.fault == nil {
      description.otherVideos = aligner.others.compactMap { otherVideos[$0]?.video }
    }
    return description
  }

  /// The codec of audio that is not accepted; nil if there is none.
  var ignoredAudio: String? { audio.ignoredCodec }

  /// Why a tag of audio was left out; nil if none was.
  var audioFault: TagFault? { audio.fault }

  var trackFault: RenditionAligner.Fault? { aligner?.fault }

  /// Declarations of the publisher that have no effect, each with its reason.
  private(set) var ignoredDeclarations: [String] = []

  var oversized: UInt64 { video?.oversized ?? 0 }

  /// Reads a tag.
  ///
  /// Blocks.
  ///
  /// - Returns: its units; nil after the last tag of the publisher.
  func read() throws(InputError) -> [InputUnit]? {
    cancellation.setDeadline(SystemClock.monotonicTime + options.silenceLimit)
    let record = try media.next(cancellation, silence: Int(options.silenceLimit.wholeSeconds))
    let units = try units(of: record, SystemClock.monotonicTime)
    if let units { reported.note(units, video, audio.reported, to: media) }
    return units
  }

  private func units(
    of record: MediaRecord, _ arrival: MonotonicTime
  ) throws(InputError) -> [InputUnit]? {
    switch record {
    case .end: return nil
    case .begin: return []
    case .tag(let tag):
      switch tag.kind {
      case .video: return try take(video: tag, arrival)
      case .audio: return take(audio: tag, arrival)
      case .videoTrack, .audioTrack:
        if let track = TrackConfiguration(tag) { take(track) }
        return []
      case .videoSample, .audioSample:
        guard let sample = TrackSample(tag) else { return [] }
        return sample.isVideo ? take(video: sample, arrival) : take(audio: sample, arrival)
      case .metadata:
        if let metadata = FLVMetadata(tag) { take(metadata) }
        return []
      case .cuePoint:
        // The splice has the time of the cue point, not one of a transport stream.
        return FLVCuePoint(tag).map { cue in
          let pts = time(Int64(cue.timestamp)) + cue.delay
          return [
            .metadata(
              MetadataPacket(
                format: .splice, bytes: cue.section, pts: pts, ticks: nil, arrival: arrival,
                isImmediate: cue.delay == .zero))
          ]
        } ?? []
      case .event: return [.metadata(MetadataPacket(TrackEvent(tag), arrival))]
      case .text: return TrackText(tag).map { [.metadata(MetadataPacket($0, arrival))] } ?? []
      case .container, .client: return []
      }
    }
  }

  private func take(_ metadata: FLVMetadata) {
    if !metadata.languages.isEmpty { audio.take(metadata.languages) }
    namedMillihertz = metadata.millihertz ?? namedMillihertz
    switch metadata.rotation {
    case nil: break
    case .quarterTurns(let turns): declare(turns: turns)
    case .refused(let value):
      ignore("the rotation \(value) of onMetaData is ignored (expected a multiple of 90 degrees)")
    }
  }

  private func ignore(_ declaration: String) {
    guard ignoredDeclarations.count < Self.maximumIgnored,
      !ignoredDeclarations.contains(declaration)
    else { return }
    ignoredDeclarations.append(declaration)
  }

  /// The most declarations that are kept as ignored.
  private static let maximumIgnored = 32

  // MARK: Video

  private func declare(turns: Int) {
    rotation = Rotation(rawValue: turns) ?? .none
    video?.declare(rotation)
    for number in otherVideos.keys { otherVideos[number]?.declare(rotation) }
  }

  private func newVideo(_ codec: PassThroughCodec) -> VideoDepacketizer {
    VideoDepacketizer(
      codec, sizeLimit: options.frameSizeLimit, rotation: rotation, mayBePieces: isFLV)
  }

  private func take(
    video tag: MediaTag, _ arrival: MonotonicTime
  ) throws(InputError) -> [InputUnit] {
    var units: [InputUnit] = []
    for head in FLVVideoTag.tracks(of: tag.payload) ?? [] {
      units += try head.track == 0 ? take(tag, head, arrival) : take(tag, other: head, arrival)
    }
    return units
  }

  /// Takes the first track of a tag.
  private func take(
    _ tag: MediaTag, _ head: FLVVideoTag, _ arrival: MonotonicTime
  ) throws(InputError) -> [InputUnit] {
    guard let codec = try codec(of: head) else { return [] }
    if video == nil || head.content == .configuration && video?.video.passThroughCodec != codec {
      // Another encoder in the same connection: other tracks follow it.
      (video, otherVideos, configured, aligner) = (newVideo(codec), [:], [], nil)
    }
    guard video?.video.passThroughCodec == codec else { return [] }
    let units = units(tag, head, arrival, &video)
    return align(units, track: 0)
  }

  /// Takes another track of a tag; one that begins after the first access unit is ignored.
  private func take(
    _ tag: MediaTag, other head: FLVVideoTag, _ arrival: MonotonicTime
  ) -> [InputUnit] {
    let number = head.track
    guard options.takesRenditions, case .known(let known) = head.codec,
      let codec = PassThroughCodec(known)
    else { return [] }
    if otherVideos[number] == nil {
      guard aligner == nil, head.content.isDescription, video != nil else { return [] }
      otherVideos[number] = newVideo(codec)
    }
    guard otherVideos[number]?.video.passThroughCodec == codec,
      aligner?.others.contains(number) ?? true
    else { return [] }
    if head.content == .configuration { configured.insert(number) }
    guard head.content.isDescription || configured.contains(number) else { return [] }
    let units = units(tag, head, arrival, &otherVideos[number])
    return align(units, track: number)
  }

  /// Joins the access units of a track with those of the others.
  private func align(_ units: [AccessUnit], track: Int) -> [InputUnit] {
    guard let first = units.first else { return [] }
    audio.noteVideo(at: first.arrival)
    var aligner = aligner ?? newAligner()
    defer { self.aligner = aligner }
    return units.flatMap { aligner.take($0, track: track) }.map { .video($0) }
  }

  /// The aligner of the tracks that have begun before the first access unit.
  private func newAligner() -> RenditionAligner {
    var aligner = RenditionAligner(others: Array(configured))
    let codec = video?.video.passThroughCodec
    if let other = aligner.others.first(where: {
      otherVideos[$0]?.video.passThroughCodec != codec
    }) {
      aligner.fail(.codec(other))
    }
    return aligner
  }

  /// The access units in the body of a track.
  private func units(
    _ tag: MediaTag, _ head: FLVVideoTag, _ arrival: MonotonicTime,
    _ depacketizer: inout VideoDepacketizer?
  ) -> [AccessUnit] {
    // bounded: the range is within the tag
    let body = Array(tag.payload[head.body])
    switch head.content {
    case .nothing: return []
    case .colour(let colour):
      depacketizer?.declare(colour)
      return []
    case .configuration:
      depacketizer?.take(extradata: body)
      return []
    case .accessUnit(let compositionTime):
      let offset = Interval.nanoseconds(Int64(head.timeOffset))
      let dts = time(Int64(tag.timestamp)) + offset
      let pts = time(Int64(tag.timestamp) + Int64(compositionTime)) + offset
      depacketizer?.expectUnits()
      return depacketizer?.take(
        body.span, pts: pts, dts: dts, isKey: head.isKey, arrival: arrival, senderTime: nil) ?? []
    }
  }

  private func codec(of head: FLVVideoTag) throws(InputError) -> PassThroughCodec? {
    switch head.codec {
    case .known(let codec): return PassThroughCodec(codec)
    case .other(let name):
      guard head.content != .nothing, video == nil else { return nil }
      throw .noVideo("\(name) is not accepted (expected H.264, HEVC, AV1 or VP9)")
    }
  }

  /// A timestamp in milliseconds, which wraps at 32 bits.
  private func time(_ milliseconds: Int64) -> SourceTime {
    unwrapper.time(of: milliseconds, bits: 32, numerator: 1, denominator: 1000)
  }

  // MARK: Audio

  private func take(audio tag: MediaTag, _ arrival: MonotonicTime) -> [InputUnit] {
    let heads: [FLVAudioTag]
    do throws(TagFault) { heads = try FLVAudioTag.tracks(of: tag.payload) } catch {
      // Encoders send empty tags of the classic form.
      if FLVAudioTag.isEnhanced(tag.payload) { audio.note(error) }
      return []
    }
    return heads.flatMap { head in
      // bounded: the range is within the tag
      let body = Array(tag.payload[head.body])
      return audio.take(
        head, body, pts: time(Int64(tag.timestamp)) + .nanoseconds(Int64(head.timeOffset)),
        arrival: arrival)
    }.map { .audio($0) }
  }

  // MARK: CMAF

  /// The largest difference of a declared capture time from the arrival.
  private static let clockTolerance = Interval.seconds(1)

  private func take(_ track: TrackConfiguration) {
    isFLV = false
    if let codec = PassThroughCodec(track.codec) {
      if video?.video.passThroughCodec != codec { video = newVideo(codec) }
      video?.take(extradata: track.setup)
      declare(turns: track.quarterTurns)
      video?.declare(track.dolbyVision)
      video?.declare(track.colour)
    } else if track.codec == .vp8 {
      guard let width = track.setup.span.bigEndian(at: 0, count: 2),
        let height = track.setup.span.bigEndian(at: 2, count: 2)
      else { return }
      video = VideoDepacketizer(
        decoding: "vp8", width: width, height: height, sizeLimit: options.frameSizeLimit)
    } else {
      audio.take(track)
      if track.hasMalformedLabel {
        ignore("a malformed label (labl) of the audio track \(track.name) is ignored")
      }
    }
  }

  private func take(video sample: TrackSample, _ arrival: MonotonicTime) -> [InputUnit] {
    let now = WallTime(arrival, plus: SystemClock.wallMinusMonotonic)
    let declared = sample.captured.map { WallTime(nanoseconds: $0) }
    let isCredible = declared.map { ($0 - now).magnitude <= Self.clockTolerance } ?? false
    let units = video?.take(
      sample.bytes.span, pts: time(sample.pts, sample), dts: time(sample.dts, sample),
      isKey: sample.isKey, arrival: arrival, senderTime: isCredible ? declared : nil)
    if units?.isEmpty == false { audio.noteVideo(at: arrival) }
    return (units ?? []).map { .video($0) }
  }

  private func take(audio sample: TrackSample, _ arrival: MonotonicTime) -> [InputUnit] {
    audio.take(sample, pts: time(sample.pts, sample), arrival: arrival).map { .audio($0) }
  }

  /// A timestamp of a track, which never wraps.
  private func time(_ ticks: Int64, _ sample: TrackSample) -> SourceTime {
    unwrapper.time(of: ticks, bits: 64, numerator: 1, denominator: Int64(sample.timescale))
  }
}
