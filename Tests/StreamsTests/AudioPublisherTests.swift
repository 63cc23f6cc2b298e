// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Streams

@Suite("The statistics of parts of audio")
struct AudioPublisherTests {
  /// Takes chunks, and keeps none.
  private struct EmptySink: ChunkSink {
    func describe(_ track: TrackDescription) {}
    func appendPrefill(_ chunk: Chunk) {}
    func goLive() {}
    func publish(_ chunk: Chunk, offset: Interval?) {}
    func announce(offset: Interval, skipped: Int64) {}
    func begin(_ chunks: [Chunk], offset: Interval, skipped: Int64, track: TrackDescription?) {}
    func leaveOut(_ number: Int64) {}
  }

  /// The publisher of an audio track, and what it counts.
  private struct Track {
    let segmentation: AudioSegmentation
    let statistics = Locked(StreamStatistics(renditions: 1))
    var publisher: AudioPublisher
    let period = PeriodAlignment(
      index: 0, first: .init(number: 0, firstFrame: 0, offset: .zero), captured: .origin,
      offset: .zero, newest: (.origin, MediaTime(MonotonicTime.origin, plus: .zero)))

    init() throws {
      let video = Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
      segmentation = try #require(AudioSegmentation(following: video, sampleRate: 48_000))
      let never = ClockStep(segment: 0, offset: 0, skipped: 0)
      publisher = AudioPublisher(
        SyntheticAudio.description(segmentation), segmentation: segmentation, window: EmptySink(),
        clock: AudioTrackPipelineTests.SkippingClock(skip: never), statistics: statistics,
        rendition: 0)
    }

    /// Publishes AAC frames, counted from the start of a segment.
    mutating func publish(_ places: Range<Int64>) {
      let first = segmentation.firstFrame(of: AudioTrackPipelineTests.segment)
      for place in places {
        let position = segmentation.ticks(first + place)
        let frame = EncodedAudioFrame(position: position, bytes: [1])
        _ = publisher.publish(frame, in: period)
      }
    }

    /// The number of parts, and the AAC frames in all of them.
    var parts: [Double] {
      let statistics = statistics.withLock { $0.renditions[0] }
      let lateness = statistics.partLateness.counts.reduce(0, +)
      #expect(lateness == statistics.partDuration.counts.reduce(0, +))
      return [Double(lateness), (statistics.partDuration.sum * 48_000 / 1024).rounded()]
    }
  }

  @Test("a part that is cut after a complete chunk, or by a missing frame, is counted for itself")
  func cut() throws {
    var track = try Track()
    let whole = track.segmentation.framesPerPart
    #expect(whole == 5)
    track.publish(0..<5)
    #expect(track.parts == [1, 5])
    track.publish(5..<7)
    #expect(track.parts == [1, 5])
    track.publisher.flush(track.period)
    #expect(track.parts == [2, 7])
    track.publisher.flush(track.period)
    #expect(track.parts == [2, 7])
    // The unfinished chunk of one frame.
    track.publish(10..<13)
    track.publisher.flush(track.period)
    #expect(track.parts == [3, 10])
    track.publish(15..<17)
    track.publish(20..<25)
    #expect(track.parts == [5, 17])
  }
}
