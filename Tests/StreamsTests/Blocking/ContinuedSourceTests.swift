// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Streams

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
