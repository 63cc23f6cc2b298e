// SPDX-License-Identifier: Apache-2.0

internal import Ingest
internal import Media
import Time

/// The audio tracks of a publisher.
///
/// Their ranks are in the order of their names, then of their numbers, whichever begins first. They
/// are fixed some time after the first access unit, and tracks that begin later follow. The indices
/// of packets are constant. Confined to one thread.
struct PublisherAudio {
  private struct Track {
    let number: Int
    var name = ""
    var depacketizer: AudioDepacketizer
    /// The description of a CMAF track.
    var configuration: TrackConfiguration?
    /// The codec of a track of FLV.
    var codec: TagCodec?
  }

  /// The time after the first access unit at which ranks are fixed; no survey is shorter.
  private static let settling = Interval.milliseconds(500)
  /// The most tracks that are named in the log as left out.
  private static let maximumLeftOut = 16

  private var tracks: [Track] = []
  private var firstVideo: MonotonicTime?
  private var areRanksFixed = false
  /// The indices of ``tracks`` by rank.
  private var order: [Int] = []
  /// The tracks, in the order in which they have begun.
  private(set) var descriptions: [InputDescription.Audio] = []
  /// The languages of the tracks of FLV, by their numbers.
  private var languages = FLVAudioLanguages()
  /// The codecs of tracks of FLV that are not supplied, by their numbers.
  private var leftOutCodecs: [Int: String] = [:]
  /// The same as descriptions, in the order of their numbers.
  private(set) var leftOut: [InputDescription.Audio] = []
  /// The codec of the only track, if it is not accepted.
  private var refusedCodec: String?
  /// The codec of audio whose decoder configuration has not arrived; nil if there is none.
  private(set) var undescribedCodec: String?
  /// The first fault of a tag; nil if there is none.
  private(set) var fault: TagFault?

  /// Notes an access unit.
  mutating func noteVideo(at arrival: MonotonicTime) {
    guard !areRanksFixed else { return }
    let first = firstVideo ?? arrival
    firstVideo = first
    areRanksFixed = arrival - first >= Self.settling
  }

  /// Takes the description of a CMAF track.
  mutating func take(_ configuration: TrackConfiguration) {
    guard let name = configuration.codec.audioName else { return }
    let known = tracks.firstIndex { $0.number == configuration.number }
    guard known.map({ tracks[$0].configuration != configuration }) ?? true else { return }
    var depacketizer = AudioDepacketizer(
      codec: name, configuration: configuration.setup, sampleRate: Int(configuration.sampleRate),
      channels: Int(configuration.channels), language: Language(packed: configuration.language),
      purpose: configuration.purpose)
    depacketizer.audio.label = configuration.label
    put(
      Track(
        number: configuration.number, name: configuration.name, depacketizer: depacketizer,
        configuration: configuration))
  }

  /// The packets in a sample of a CMAF track; none if the track is not described.
  mutating func take(
    _ sample: TrackSample, pts: SourceTime, arrival: MonotonicTime
  ) -> [AudioPacket] {
    guard let index = tracks.firstIndex(where: { $0.number == sample.track }) else { return [] }
    return packets(sample.bytes, of: index, pts: pts, arrival: arrival)
  }

  /// The first track for the owner of the publisher, of any codec; nil before audio.
  var reported: PublisherReport.Audio? {
    if let undescribedCodec {
      return PublisherReport.Audio(codec: undescribedCodec, isUndescribed: true)
    }
    let name = descriptions.first?.codec ?? refusedCodec
    return (name ?? leftOutCodecs.min { $0.key < $1.key }?.value)
      .map { PublisherReport.Audio(codec: PublisherReport.words($0)) }
  }

  // MARK: FLV

  /// The codec of audio that is not accepted; nil if other audio may be there.
  var ignoredCodec: String? {
    refusedCodec
      ?? (areRanksFixed && tracks.isEmpty ? leftOutCodecs.min { $0.key < $1.key }?.value : nil)
  }

  /// Notes a malformed tag.
  mutating func note(_ fault: TagFault) { self.fault = self.fault ?? fault }

  /// Takes the languages of tracks.
  mutating func take(_ languages: FLVAudioLanguages) {
    guard languages != self.languages else { return }
    self.languages = languages
    for index in tracks.indices {
      tracks[index].depacketizer.audio.language = languages[tracks[index].number]
    }
    describe()
  }

  /// The packets in the body of a track of a tag; `pts` is evaluated only for audio.
  mutating func take(
    _ head: FLVAudioTag, _ body: [UInt8], pts: @autoclosure () -> SourceTime,
    arrival: MonotonicTime
  ) -> [AudioPacket] {
    guard !body.isEmpty else { return [] }
    guard case .known(let codec) = head.codec, let name = codec.audioName else {
      if case .other(let other) = head.codec { leaveOut(head, other) }
      return []
    }
    var known = tracks.firstIndex { $0.number == head.track }
    if head.isConfiguration || known.map({ tracks[$0].codec != head.codec }) ?? true {
      // AAC is undecodable before its configuration.
      guard head.isConfiguration || codec != .aac else {
        undescribedCodec = tracks.isEmpty ? "AAC" : nil
        return []
      }
      undescribedCodec = nil
      guard known != nil || tracks.count < InputDescription.maximumAudioTracks else {
        leaveOut(head, name)
        return []
      }
      let depacketizer = AudioDepacketizer(
        codec: name, configuration: head.isConfiguration ? body : [],
        sampleRate: head.sampleRate, channels: head.channels, language: languages[head.track])
      put(Track(number: head.track, depacketizer: depacketizer, codec: head.codec))
      known = tracks.firstIndex { $0.number == head.track }
    }
    guard !head.isConfiguration, let known else { return [] }
    return packets(body, of: known, pts: pts(), arrival: arrival)
  }

  private mutating func leaveOut(_ head: FLVAudioTag, _ codec: String) {
    guard head.isMultitrack else {
      refusedCodec = refusedCodec ?? codec
      return
    }
    guard leftOutCodecs[head.track] == nil, leftOutCodecs.count < Self.maximumLeftOut else {
      return
    }
    leftOutCodecs[head.track] = codec
    leftOut = leftOutCodecs.sorted { $0.key < $1.key }.map {
      InputDescription.Audio(
        codec: "\($0.value) (track \($0.key))", sampleRate: 0, channels: 0, configuration: [])
    }
  }

  // MARK: Tracks

  /// Adds a track, or replaces the one with its number.
  private mutating func put(_ track: Track) {
    if let known = tracks.firstIndex(where: { $0.number == track.number }) {
      tracks[known] = track
    } else if tracks.count < InputDescription.maximumAudioTracks {
      order.append(tracks.count)
      tracks.append(track)
    }
    if !areRanksFixed {
      order.sort { (tracks[$0].name, tracks[$0].number) < (tracks[$1].name, tracks[$1].number) }
    }
    describe()
  }

  private mutating func packets(
    _ bytes: [UInt8], of index: Int, pts: SourceTime, arrival: MonotonicTime
  ) -> [AudioPacket] {
    let before = tracks[index].depacketizer.audio
    var packets = tracks[index].depacketizer.take(bytes, pts: pts, arrival: arrival)
    if tracks[index].depacketizer.audio != before { describe() }
    for packet in packets.indices { packets[packet].track = index }
    return packets
  }

  private mutating func describe() {
    descriptions = tracks.map(\.depacketizer.audio)
    for (rank, track) in order.enumerated() { descriptions[track].rank = rank }
  }
}

extension TrackConfiguration.Codec {
  /// libavcodec's name of a codec of audio; nil for video.
  fileprivate var audioName: String? {
    switch self {
    case .h264, .hevc, .vp8, .vp9, .av1: nil
    case .aac: "aac"
    case .mp3: "mp3"
    case .opus: "opus"
    case .ac3: "ac3"
    case .eac3: "eac3"
    case .flac: "flac"
    }
  }
}
