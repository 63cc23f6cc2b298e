// SPDX-License-Identifier: Apache-2.0

import Ingest
import Media
import TestSupport
import Testing
import Time

@Suite("Events in CMAF tracks")
struct TrackEventTests {
  private static let splice = "urn:scte:scte35:2013:bin"
  private static let header = HeaderBytes.audio(Language("eng"), timescale: 1000)

  private func number(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
  }

  private func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
    number(8 + content.count, 4) + Array(type.utf8) + content
  }

  private func texts(_ uri: String, _ value: String) -> [UInt8] {
    Array(uri.utf8) + [0] + Array(value.utf8) + [0]
  }

  /// An event of version 1 at a time of the track, in thousandths.
  private func event(
    _ uri: String = splice, value: String = "", at time: Int, id: Int = 7, data: [UInt8] = [1, 2]
  ) -> [UInt8] {
    let fields = number(1000, 4) + number(time, 8) + number(0, 4) + number(id, 4)
    return box("emsg", [1, 0, 0, 0] + fields + texts(uri, value) + data)
  }

  /// An event of version 0, in hundredths after the start of the next fragment.
  private func event(after time: Int, data: [UInt8] = [1, 2]) -> [UInt8] {
    let fields = number(100, 4) + number(time, 4) + number(0, 4) + number(7, 4)
    return box("emsg", [0, 0, 0, 0] + texts(Self.splice, "x") + fields + data)
  }

  /// A fragment with one sample of a byte.
  private func fragment(at time: Int) -> [UInt8] {
    func movie(_ offset: Int) -> [UInt8] {
      let run = box(
        "trun", number(0x301, 4) + number(1, 4) + number(offset, 4) + number(20, 4) + number(1, 4))
      let parts =
        box("tfhd", number(0x2_0000, 4) + number(0, 4))
        + box("tfdt", number(0, 4) + number(time, 4))
      return box("moof", box("mfhd", number(0, 8)) + box("traf", parts + run))
    }
    return movie(movie(0).count + 8) + box("mdat", [9])
  }

  /// The events, and the number of samples.
  private func read(
    _ bytes: [UInt8], pieces size: Int = 4096
  ) throws -> (events: [TrackEvent?], samples: Int) {
    var reader = TrackReader()
    var events: [TrackEvent?] = []
    var samples = 0
    for start in stride(from: 0, to: bytes.count, by: size) {
      reader.append(Array(bytes[start..<min(bytes.count, start + size)]))
      while let unit = try reader.next() {
        switch unit {
        case .event(let event): events.append(event)
        case .sample: samples += 1
        case .configuration, .texts: break
        }
      }
    }
    return (events, samples)
  }

  private func expected(
    _ content: TrackEvent.Content = .splice, at milliseconds: Int64, id: UInt32 = 7,
    _ bytes: [UInt8] = [1, 2]
  ) -> TrackEvent {
    TrackEvent(content, id: id, time: .milliseconds(milliseconds), bytes: bytes)
  }

  @Test("the schemes that are used, each with its time", arguments: [1, 3, 4096])
  func schemes(_ size: Int) throws {
    let id3 = "https://aomedia.org/emsg/ID3"
    let klv = "urn:misb:KLV:bin:1910.1"
    let bytes =
      event(at: 100) + Self.header + event(id3, value: "any", at: 200) + fragment(at: 500)
      + event(klv, value: "KLVx:01FC", at: 300) + event(klv, value: "KLVx:01BD", at: 300)
      + event("urn:streamer:event", value: "1", at: 400) + event("urn:x", at: 500)
      + fragment(at: 520)
    let found = try read(bytes, pieces: size)
    #expect(
      found.events == [
        expected(at: 100), expected(.id3, at: 200), expected(.synchronousKLV, at: 300),
        expected(.asynchronousKLV, at: 300),
      ])
    #expect(found.samples == 2)
  }

  @Test("version 0 counts from the start of the fragment that follows")
  func relative() throws {
    let bytes =
      Self.header + event(after: 5) + fragment(at: 500) + event(after: 3) + fragment(at: 520)
    // The second is a repetition of the first.
    #expect(try read(bytes).events == [expected(at: 550)])
    let other = Self.header + event(after: 5) + event(after: 6) + fragment(at: 500)
    #expect(try read(other).events == [expected(at: 550), expected(at: 560)])
    let many = (0..<20).flatMap { event(after: $0) }
    #expect(try read(Self.header + many + fragment(at: 0)).events.compactMap(\.self).count == 16)
  }

  @Test("repetitions are one event; others of the same number are not")
  func repetitions() throws {
    let bytes =
      Self.header + event(at: 700) + fragment(at: 0) + event(at: 700) + fragment(at: 20)
      + event(at: 700, data: [3]) + event(at: 800)
    #expect(
      try read(bytes).events == [expected(at: 700), expected(at: 700, [3]), expected(at: 800)])
  }

  @Test("malformed events are one loss, and the track continues")
  func malformed() throws {
    let large = event(at: 1, data: [UInt8](repeating: 0, count: 8192))
    let faults = [
      box("emsg", []), box("emsg", [1, 0, 0, 0, 0, 0, 0, 0]), box("emsg", [9, 0, 0, 0]), large,
      box("emsg", [1, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 400)),
    ]
    for fault in faults {
      let found = try read(Self.header + fault + fragment(at: 500) + fault + fragment(at: 520))
      #expect(found.events == [nil] && found.samples == 2)
    }
    // Times beyond all clocks are those of the ends of the range.
    let far = event(at: .max)
    #expect(try read(Self.header + far).events.first??.time == .max)
  }

  @Test("records carry events unchanged")
  func records() {
    for time in [Interval.zero, .max, .min, .seconds(1_795_155_720)] {
      let event = TrackEvent(.asynchronousKLV, id: .max, time: time, bytes: [7, 0])
      #expect(TrackEvent(event.tag) == event && !event.tag.isConfiguration)
    }
    #expect(TrackEvent(TrackEvent.malformedTag) == nil)
    for count in 0..<13 {
      let tag = MediaTag(kind: .event, timestamp: 0, payload: [UInt8](repeating: 1, count: count))
      #expect((TrackEvent(tag) == nil) == (count < 13))
    }
    let other = [5] + [UInt8](repeating: 0, count: 12)
    #expect(TrackEvent(MediaTag(kind: .event, timestamp: 0, payload: other)) == nil)
  }
}
