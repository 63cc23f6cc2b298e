// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("A passed-through track whose lock is held", .blocking)
struct PassThroughLockTests {
  @Test("/metrics reads its clock error and its counters while an access unit is being published")
  func clockError() throws {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(
      size: try #require(VideoSize("320x180")), segmentation: segmentation)
    configuration.passesThrough = true
    let window = LiveWindow(segmentation: .video(segmentation), playlistLength: 10, retained: 20)
    let now = MediaTime(SystemClock.monotonicTime, plus: SystemClock.wallMinusMonotonic)
    let statistics = Locked(StreamStatistics())
    let track = PassThroughTrack(
      configuration, windows: [window],
      first: segmentation.segment(of: segmentation.grid.nearest(now)),
      statistics: statistics, log: Log(format: .text, least: .error) { _ in })
    let source = try PassThroughTrackTests.Source(
      "320x180", count: 35, from: SystemClock.monotonicTime)
    try track.open([source.video])

    // A reader of the window stops the publication, and with it the thread that has the lock.
    let isPublishing = Monitor(false)
    let isReleased = Monitor(false)
    window.subscribe {
      isPublishing.update { $0 = true }
      _ = isReleased.wait { $0 ? true : nil }
    }
    let publisher = OSThread(name: "publisher") { source.send(to: track) }
    isPublishing.wait { $0 ? () : nil }
    let isRead = Monitor(false)
    let reader = OSThread(name: "reader") {
      _ = track.clockError
      _ = statistics.withLock { $0.inputFrames }
      _ = window.snapshot
      isRead.update { $0 = true }
    }
    let read = isRead.wait(until: .hangLimit) { $0 ? true : nil }
    isReleased.update { $0 = true }
    #expect(read == true)
    #expect(publisher != nil && reader != nil)
    publisher?.join()
    reader?.join()
  }
}

@Suite("The source of a session that the next one continues", .blocking)
struct ContinuedSourceTests {
  /// A session that passes a publisher of 320x180 through.
  private static func session(_ audio: InputDescription.Audio?) throws -> StreamSession {
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 320, height: 180, rate: .thirty,
      parameterSets: [], configuration: [])
    var description = InputDescription(format: "flv", video: video, isPaced: false)
    description.audio = audio
    var configuration = StreamConfiguration(
      size: try #require(VideoSize("320x180")),
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000))
    configuration.passesThrough = true
    configuration.source = .network(
      SourceFacts(
        description: description, rate: .thirty, inputDelay: .zero, audioDelay: .zero,
        passThrough: .fits(.init(rate: .thirty, groupFrames: 30, segmentFrames: 30)),
        peakBitrate: 1_000_000, firstCapture: nil))
    configuration.audioTracks = audio.map { [AudioTrackSettings($0)] } ?? []
    let log = Log(format: .text, least: .error) { _ in }
    let address = try #require(InputAddress(InputAddress.publisherText))
    let source = PulledSource(StartOrder(address, name: "live"), published: nil, log: log)
    return StreamSession(configuration, source: .inProcess(source), log: log)
  }

  @Test(
    "it has the size of the newest publisher, with audio and without", arguments: [false, true])
  func size(hasAudio: Bool) throws {
    let audio = InputDescription.Audio(
      codec: "aac", sampleRate: 48_000, channels: 2, configuration: [17, 144])
    let session = try Self.session(hasAudio ? audio : nil)
    #expect(session.renditions.count == (hasAudio ? 2 : 1))
    let size = try #require(VideoSize("640x360"))
    session.window.describe(
      TrackDescription(
        rendition: "video", codecs: "avc1.64001f", bandwidth: 2_000_000, size: size,
        segmentation: session.configuration.segmentation, header: Array("other".utf8)))
    let continued = try #require(session.leaveSource())
    #expect(continued.facts.description.video.size == size)
    continued.source.stop()
  }
}
