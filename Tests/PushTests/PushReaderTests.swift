// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Push
import TestSupport
import Testing

@Suite("The tracks of one connection, read in the order of their media")
struct PushReaderTests {
  /// Video and its audio, both live, in their first segment.
  private func session() throws -> (SyntheticStream, SyntheticAudio) {
    var video = SyntheticStream(.thirty)
    let segmentation = try #require(
      AudioSegmentation(following: video.segmentation, sampleRate: 48_000))
    var audio = SyntheticAudio(segmentation, from: video.segmentation.segment(of: video.next))
    video.window.goLive()
    audio.goLive()
    video.publish(frames: 10)
    audio.publish(parts: 3)
    return (video, audio)
  }

  private func reader(
    _ video: SyntheticStream, _ audio: SyntheticAudio
  ) -> PushReader {
    let tracks = [
      PushTrack(name: "video", window: video.window),
      PushTrack(name: "audio", window: audio.window),
    ]
    return PushReader(
      tracks.map { (track: $0, headerHash: $0.window.snapshot.track?.headerHash ?? "") }, .segment)
  }

  /// All steps: the track and the chunk, or nil for another header.
  private func steps(_ reader: inout PushReader) -> [(track: Int, chunk: Chunk)?] {
    var found: [(track: Int, chunk: Chunk)?] = []
    while let item = reader.next() {
      switch item {
      case .chunk(let track, let chunk): found.append((track, chunk))
      case .otherHeader:
        found.append(nil)
        return found
      }
    }
    return found
  }

  @Test("has each chunk of the next segments once, in the order of all tracks")
  func order() throws {
    var (video, audio) = try session()
    var reader = reader(video, audio)
    let segment = video.segmentation.segment(of: video.next) + 1
    video.publish(frames: 80)
    audio.publish(segments: 3)
    let found = steps(&reader).compactMap(\.self)
    #expect(found.count { $0.track == 0 } == 60)
    #expect(
      found.first { $0.track == 0 }?.chunk.frameIndex == video.segmentation.firstFrame(of: segment))
    // The audio frame that holds the start of the video begins before it.
    let first = try #require(found.first { $0.track == 1 }?.chunk.frameIndex)
    let start = audio.segmentation.firstFrame(of: segment)
    #expect(first > start && first <= start + audio.segmentation.framesPerPart)
    let times = found.map { track, chunk in
      (track == 0 ? video.window : audio.window).segmentation.frameTime(of: chunk.frameIndex)
    }
    #expect(times == times.sorted())
    #expect(reader.dropped == 0 && !reader.hasEnded)
  }

  @Test("leaves out audio before the first video")
  func audioFirst() throws {
    var (video, audio) = try session()
    var reader = reader(video, audio)
    audio.publish(segments: 2)
    #expect(steps(&reader).isEmpty)
    video.publish(frames: 50)
    audio.publish(segments: 1)
    let tracks = steps(&reader).compactMap { $0?.track }
    #expect(tracks.first == 0 && tracks.contains(1))
  }

  @Test("audio alone is not waited for video")
  func audioAlone() throws {
    var (_, audio) = try session()
    let track = PushTrack(name: "audio", window: audio.window)
    var reader = PushReader(
      [(track: track, headerHash: audio.window.snapshot.track?.headerHash ?? "")], .segment)
    audio.publish(segments: 2)
    #expect(!steps(&reader).isEmpty)
  }

  @Test("another CMAF header ends the connection")
  func otherHeader() throws {
    var (video, _) = try session()
    let track = PushTrack(name: "video", window: video.window)
    var reader = PushReader(
      [(track: track, headerHash: "the hash of another header")], .segment)
    video.publish(frames: 50)
    let found = steps(&reader)
    #expect(found.count == 1 && found[0]?.track == nil)
  }

  @Test("has ended when all windows have, and everything was read")
  func ends() throws {
    var (video, audio) = try session()
    var reader = reader(video, audio)
    video.publish(frames: 50)
    audio.publish(segments: 2)
    video.window.end()
    _ = steps(&reader)
    #expect(!reader.hasEnded)
    audio.window.end()
    _ = steps(&reader)
    #expect(reader.hasEnded)
  }

  @Test("counts what a slow receiver has not got, of all tracks")
  func slow() throws {
    var (video, audio) = try session()
    var reader = reader(video, audio)
    video.publish(frames: 50)
    audio.publish(segments: 2)
    _ = steps(&reader)
    video.publish(frames: 120)
    audio.publish(segments: 4)
    _ = steps(&reader)
    // Three segments of video, and their audio.
    #expect(reader.dropped > 90)
  }
}
