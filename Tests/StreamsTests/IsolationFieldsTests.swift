// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Logging
import Media
import Packaging
import Sharing
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("Fields between the server and the process of a source")
struct IsolationFieldsTests {
  static let facts = SourceFacts(
    description: InputDescription(
      format: "mpegts",
      video: InputDescription.Video(
        passThroughCodec: .hevc, codec: "hevc", width: 1920, height: 1080, rate: .thirty,
        parameterSets: [[1, 2], [3], []], configuration: []),
      audio: InputDescription.Audio(
        codec: "aac", sampleRate: 48_000, channels: 2, configuration: [0x11, 0x90],
        language: Language("deu")),
      isPaced: false),
    rate: .thirty, inputDelay: .milliseconds(40), audioDelay: .milliseconds(20),
    passThrough: .fits(.init(rate: .thirty, groupFrames: 30, segmentFrames: 30)),
    peakBitrate: 4_000_000, firstCapture: MonotonicTime(nanoseconds: 77))

  @Test(
    "facts are read as they were sent",
    arguments: [
      .undecided, .fits(.init(rate: .thirty, groupFrames: 7, segmentFrames: 21)),
      .unfit(.codec("mjpeg")), .unfit(.reordered), .unfit(.irregularRate(.thirty)),
      .unfit(.longGroup(4)), .unfit(.playlist), .unfit(.openGroup),
    ] as [PassThroughAnalysis.Verdict])
  func facts(_ verdict: PassThroughAnalysis.Verdict) throws {
    let facts = SourceFacts(
      description: Self.facts.description, rate: Self.facts.rate, inputDelay: .nanoseconds(1),
      audioDelay: .nanoseconds(2),
      passThrough: verdict, peakBitrate: 3, firstCapture: nil)
    var ladder = Self.facts
    ladder.otherBitrates = [5, 6]
    ladder.description.video.frames.colour = ColourDescription(
      primaries: 9, transfer: 18, matrix: 9, isFullRange: true)
    ladder.description.video.declaredColour = ColourDescription(
      primaries: 9, transfer: 16, matrix: 9, isFullRange: false)
    ladder.description.video.frames.bitDepth = 10
    ladder.description.video.frames.isInterlaced = true
    ladder.description.otherVideos = [ladder.description.video, ladder.description.video]
    for sent in [facts, Self.facts, ladder] {
      #expect(sent.limited == sent)
      #expect(try SourceFacts(fields: sent.fields) == sent)
    }
  }

  @Test("a start order is read as it was sent, with the address and its secret")
  func start() throws {
    let address = try #require(InputAddress("rtsp://user:secret@camera:8554/live"))
    var order = StartOrder(address, name: "yard")
    order.options.rtspTransport = .udp
    order.options.decoderErrorLimit = 7
    order.loops = true
    order.takesAudio = true
    order.passThrough = PassThroughOptions(segmentMicroseconds: 5, maximumGroupTime: .seconds(6))
    order.memory = 123_456_789
    order.backups = [try #require(InputAddress("backup.mp4"))]
    order.failback = .seconds(7)
    order.drawingFiles = ["/srv/slate.png"]
    order.known = .init(facts: Self.facts, notBefore: MonotonicTime(nanoseconds: 99))
    let read = try StartOrder(fields: order.fields)
    #expect(read.fields == order.fields)
    #expect(read.address == address)
    #expect(read.options == order.options)
    #expect(read.backups == order.backups)
    #expect(read.failback == order.failback)
    #expect(read.files == ["/srv/slate.png", "backup.mp4"])
    #expect(throws: MessageError.self) {
      try StartOrder(fields: Array(order.fields.dropLast()))
    }
  }

  @Test(
    "the right to a playlist is that to its folder, but never to /",
    arguments: [
      ("film.ts", "film.ts", false), ("/srv/film/x.m3u8", "/srv/film/", false),
      ("x.mpd", ".", false), ("/x.m3u8", nil, true), ("file:///x.M3U8", nil, true),
      ("/usr/../x.m3u", nil, true),
    ] as [(String, String?, Bool)])
  func folder(_ input: String, _ file: String?, _ isRefused: Bool) throws {
    var order = StartOrder(try #require(InputAddress(input)), name: "yard")
    #expect(order.files == [file].compactMap(\.self))
    #expect((order.refusal != nil) == isRefused)
    order.backups = [try #require(InputAddress("/y.m3u8"))]
    #expect(!order.files.contains("/") && order.refusal != nil)
  }

  @Test("a session order has the configuration and the place in time of the session")
  func session() throws {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 2_000_000, partMicroseconds: 200_000,
      maximumGroupMicroseconds: 4_000_000)
    var configuration = StreamConfiguration(
      renditions: RenditionSettings.ladder([(.hd720, 2500), (.hd720, 800)]),
      segmentation: segmentation)
    configuration.source = .network(Self.facts)
    var tone = AudioTrackSettings(
      .tone, encoder: AudioEncoderSettings(sampleRate: 44_100, language: Language("fra")))
    (tone.name, tone.isDefault) = ("tone", false)
    configuration.audioTracks = [
      AudioTrackSettings(try #require(Self.facts.description.audio)), tone,
    ]
    configuration.keepAudio(of: ["audio": AudioEncoderSettings(sampleRate: 32_000, channels: 1)])
    configuration.overlay = Overlay("{name} at {utc}")
    configuration.overlay?.font = "/srv/font.ttf"
    configuration.slate = "/srv/slate.png"
    configuration.numbering = .run
    let anchor = SessionAnchor(
      clock: StreamClock(
        anchorOffset: .nanoseconds(5), shift: 60, announcedOffset: .nanoseconds(-7)),
      firstSegment: 9,
      published: [ResumePoint(segment: 10, end: 300), nil])
    let order = SessionOrder(configuration, anchor)
    let read = try SessionOrder(fields: order.fields, facts: Self.facts)
    #expect(read.fields == order.fields)
    #expect(read.anchor == anchor)
    #expect(read.configuration.segmentation == segmentation)
    #expect(read.configuration.audioTracks == configuration.audioTracks)
    #expect(read.configuration.renditions == configuration.renditions)
    #expect(read.configuration.overlay == configuration.overlay)
    #expect(read.configuration.slate == configuration.slate)
  }

  @Test("counters continue after those of an earlier process")
  func status() throws {
    var statistics = StreamStatistics(renditions: 2)
    statistics.inputFrames = 5
    statistics.isSourceOnline = true
    statistics.shownInput = 1
    statistics.inputSwitches = 3
    statistics.lostPackets = 4
    statistics.irregularities.displacedPerMinute = 2
    statistics.irregularities.timestampStep = .milliseconds(22)
    statistics.irregularities.audioLag = .milliseconds(-300)
    statistics.changedFrames = ChangedFrames(10, .yuv444, isInterlaced: true)
    statistics.sharedWith = ["yard", "gate"]
    statistics.renditions[1].mediaBytes = 100
    statistics.renditions[1].partLateness.observe(0.03)
    let sent = SessionStatus(statistics, clockError: .nanoseconds(-4))
    let read = try SessionStatus(fields: sent.fields)
    #expect(read.fields == sent.fields)
    var present = StreamStatistics(renditions: 2)
    present.take(read.statistics, after: statistics)
    #expect(present.inputFrames == 10)
    #expect(present.shownInput == 1)
    #expect(present.inputSwitches == 6 && present.lostPackets == 8)
    #expect(present.irregularities == statistics.irregularities)
    #expect(present.changedFrames == statistics.changedFrames)
    #expect(present.sharedWith == ["yard", "gate"])
    #expect(present.isSourceOnline)
    #expect(present.renditions[1].mediaBytes == 200)
    #expect(present.renditions[1].partLateness.counts.reduce(0, +) == 2)
  }
}
