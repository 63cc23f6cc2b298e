// SPDX-License-Identifier: Apache-2.0

import Media
import Net
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Sockets

@Suite("Parts of llws.v1: messages, cursors and queues")
struct SocketPartsTests {
  @Test("a head is the head of the frame, then 12 bytes in network order")
  func head() {
    let message = MediaMessage(
      .video, [.key, .last], channel: 0x0102, sequence: 0xFFFF_FFFE,
      published: WallTime(nanoseconds: (0x1_0000_0000 + 5) * 1_000_000 + 999_999),
      SharedBytes([UInt8](repeating: 7, count: 200)))
    #expect(
      message.head.array == [
        0x82, 126, 0, 212, 1, 5, 1, 2, 0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 0, 5,
      ])
    #expect(message.isKey)
    #expect(message.count == 216)
  }

  struct Times: Sendable, CustomTestStringConvertible {
    /// Nanoseconds since 1970.
    let captured, presented: Int64
    /// The bytes after the 12 of every message.
    let bytes: [UInt8]
    var testDescription: String { "captured \(captured), presented \(presented)" }
  }

  @Test(
    "a coded frame has flag 16, the capture time in µs, and the presentation time relative to it",
    arguments: [
      Times(captured: 0, presented: 0, bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      Times(
        captured: 1_795_155_720_000_000_499, presented: 1_795_155_720_033_333_333,
        bytes: [0, 0x06, 0x60, 0xAF, 0x43, 0x01, 0xD2, 0x00, 0, 0, 0x82, 0x35]),
      Times(
        captured: 2_000, presented: 1_000, bytes: [0, 0, 0, 0, 0, 0, 0, 2, 255, 255, 255, 255]),
      // More than 32 bits of µs.
      Times(
        captured: 0, presented: 3_600_000_000_000,
        bytes: [0, 0, 0, 0, 0, 0, 0, 0, 127, 255, 255, 255]),
    ])
  func sampleHead(row: Times) {
    let chunk = SharedBytes([1, 2, 3, 4])
    let message = MediaMessage(
      .sample, .key, channel: 1, sequence: 2, published: WallTime(nanoseconds: 3_000_000),
      sample: MediaMessage.SampleTime(
        captured: WallTime(nanoseconds: row.captured),
        presented: WallTime(nanoseconds: row.presented)),
      ByteSlice(chunk, 1..<3))
    #expect(message.head.array == [0x82, 26, 4, 17, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3] + row.bytes)
    #expect(message.count == 28 && message.payload.bytes === chunk)
  }

  struct Text: Sendable, CustomTestStringConvertible {
    let text: String
    let type: String?
    var testDescription: String { text }
  }

  @Test(
    "messages of clients: unknown members are ignored, wrong types are absent",
    arguments: [
      Text(text: #"{"t":"hello","v":1,"codecs":["avc1"],"x":{"y":[]}}"#, type: "hello"),
      Text(text: #"{"t":"ping","id":"7","c":[]}"#, type: "ping"),
      Text(text: #"{"t":"nonsense"}"#, type: "nonsense"),
      Text(text: #"{"t":1}"#, type: nil), Text(text: #"{}"#, type: nil),
      Text(text: "[]", type: nil), Text(text: "null", type: nil), Text(text: "", type: nil),
      Text(text: "{", type: nil), Text(text: String(repeating: "[", count: 10_000), type: nil),
      Text(text: #"{"t":"ping","c":1e999}"#, type: "ping"),
    ])
  func clientMessages(row: Text) {
    #expect(ClientMessage(row.text)?.type == row.type)
  }

  @Test("a subscription has the tracks, the rendition and the start of its message")
  func subscriptions() throws {
    func request(_ text: String) throws -> SubscriptionRequest {
      try SubscriptionRequest(try #require(ClientMessage(text)))
    }
    let usual = try request(#"{"t":"subscribe","rendition":"auto"}"#)
    #expect(usual.rendition == nil && usual.tracks == [.video, .audio] && usual.startsLive)
    let other = try request(
      #"{"t":"subscribe","rendition":"360p","tracks":["a","x"],"start":"key","format":"fmp4"}"#)
    #expect(other.rendition == "360p" && other.tracks == [.audio] && !other.startsLive)
    #expect(usual.format == .chunks && other.format == .chunks)
    #expect(try request(#"{"t":"subscribe","format":"raw"}"#).format == .samples)
    #expect(throws: SocketError.unknownFormat) {
      try request(#"{"t":"subscribe","format":"ts"}"#)
    }
    #expect(throws: SocketError.unknownStart) {
      try request(#"{"t":"subscribe","start":"now"}"#)
    }
  }

  @Test("a cursor reads each chunk once, in order, over the ends of segments")
  func cursor() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 2)
    stream.publish(frames: 3)
    var cursor = ChunkCursor(atEndOf: stream.window.snapshot)
    var first = try #require(ChunkCursor(beforeNewestKeyOf: stream.window.snapshot))
    #expect(first.advance(stream.window.snapshot).count == 3)
    #expect(first.advance(stream.window.snapshot).isEmpty)
    let start = stream.next
    var read: [PlacedChunk] = []
    for count in [1, 0, 2, 40, 70] {
      stream.publish(frames: Int64(count))
      read += cursor.advance(stream.window.snapshot)
    }
    #expect(read.map(\.chunk.frameIndex) == Array(start..<stream.next))
    let length = stream.segmentation.framesPerSegment
    for placed in read {
      let position = stream.segmentation.position(of: placed.chunk.frameIndex)
      #expect(placed.isFirst == (position == 0))
      #expect(placed.isLast == (position == length - 1) || placed.segment == read.last?.segment)
    }
  }

  @Test("a group has the chunks of its own period only, wherever its viewers begin")
  func periods() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 1)
    stream.publish(segments: 2)
    let (first, old) = (stream.next, stream.segmentation.segment(of: stream.next - 1))
    // Another publisher follows within a frame.
    stream.window.announce(offset: .milliseconds(9), skipped: 0)
    stream.publish(frames: 3)
    let group = try #require(
      BroadcastGroup(
        SocketRendition(name: "audio", window: stream.window), .chunks, of: "live", { 1 }))
    let starts: [BroadcastGroup.Start] = [
      .newestKey, .session, .segment(old), .time(stream.segmentation.grid.frameTime(of: first)),
      .time(stream.segmentation.grid.frameTime(of: first - 20)),
    ]
    for start in starts {
      let frames = group.backlog(from: start).map(\.chunk.frameIndex)
      #expect(frames == Array(first..<stream.next), "\(start)")
    }
  }

  @Test("a cursor that the window has left behind continues with the oldest chunk")
  func evicted() {
    var stream = SyntheticStream(.thirty, playlistLength: 6, retained: 8)
    stream.goLive(prefill: 1)
    var cursor = ChunkCursor(atEndOf: stream.window.snapshot)
    stream.publish(segments: 20)
    let read = cursor.advance(stream.window.snapshot)
    #expect(read.first?.segment == stream.window.snapshot.segments.first?.number)
    #expect(read.last?.chunk.frameIndex == stream.next - 1)
  }

  @Test("the lateness is that of the oldest unsent frame; a backlog is due later")
  func lateness() {
    var queue = SendQueue()
    let start = MonotonicTime.origin + .seconds(100)
    #expect(queue.lateness(unsent: 0, now: start) == .zero)
    queue.wrote(1000, due: start)
    queue.wrote(500, due: start + .milliseconds(100))
    let now = start + .milliseconds(400)
    #expect(queue.lateness(unsent: 0, now: now) == .zero)
    queue.wrote(100, due: start + .milliseconds(200))
    #expect(queue.lateness(unsent: 101, now: now) == .milliseconds(200))
    #expect(queue.lateness(unsent: 100, now: now) == .milliseconds(200))
    queue.wrote(100, due: start + .seconds(2))
    queue.wrote(100, due: start + .milliseconds(300))
    #expect(queue.lateness(unsent: 100, now: now) == .milliseconds(400) - .seconds(2))
    #expect(queue.lateness(unsent: .max, now: now) < .zero)
  }

  @Test("the memory of waiting frames that are never dropped is counted")
  func essentials() {
    var queue = SendQueue()
    let frame = OutgoingFrame(SharedBytes([UInt8](repeating: 1, count: 100)))
    #expect(queue.essentialBytes == 0)
    queue.append(frame, due: .origin)
    queue.append(frame, due: .origin)
    #expect(queue.essentialBytes == 2 * (100 + SharedBytes.objectSize))
    _ = queue.dropChunks()
    _ = queue.removeFirst()
    #expect(queue.essentialBytes == 100 + SharedBytes.objectSize)
    _ = queue.removeFirst()
    #expect(queue.essentialBytes == 0)
  }

  @Test("the oldest unsent frame stays known behind hundreds of sent ones")
  func manyMarks() {
    var queue = SendQueue()
    let start = MonotonicTime.origin + .seconds(100)
    for index in 0..<300 as Range<Int64> { queue.wrote(10, due: start + .milliseconds(index * 10)) }
    // All but the first 100 bytes are not acknowledged: the frame after them was due at 100 ms.
    let lateness = queue.lateness(unsent: 2900, now: start + .seconds(3))
    #expect(lateness <= .milliseconds(2900) && lateness > .milliseconds(2500), "\(lateness)")
    #expect(queue.lateness(unsent: 10, now: start + .seconds(3)) <= .milliseconds(30))
  }

  @Test("a picture fills a screen if one of its sides is as long as that of the screen")
  func screens() throws {
    let phone = try #require(ScreenSize(width: 1080, height: 2400))
    let sizes = ["1920x1080", "1280x720", "640x360"].compactMap { VideoSize($0) }
    #expect(sizes.map(phone.isFilled) == [true, false, false])
    let small = try #require(ScreenSize(width: 800, height: 600))
    #expect(sizes.map(small.isFilled) == [true, true, false])
    let ladder = ["1280x720", "1280x720", "640x360", "960x540"].map { VideoSize($0) }
    for (width, height, index) in [(1280, 800, 0), (960, 600, 3), (640, 400, 2), (3840, 2160, 0)]
      as [(Double, Double, Int)]
    {
      let screen = try #require(ScreenSize(width: width, height: height))
      #expect(screen.smallestFilling(ladder) == index, "\(width)")
      #expect(screen.smallestFilling([nil, nil]) == 0)
    }
    for (width, height) in [(nil, 5), (5, nil), (0, 5), (5, -1)] as [(Double?, Double?)] {
      #expect(ScreenSize(width: width, height: height) == nil)
    }
  }

  @Test("a connection speaks for or against the next higher rendition")
  func evidence() {
    func evidence(
      rate: Int64, isLowerBound: Bool = true, roundTrip: Int64 = 20
    ) -> BandwidthEvidence {
      BandwidthEvidence(
        TransmissionState(
          acknowledged: 0, unacknowledged: 0, roundTrip: .milliseconds(roundTrip),
          minimumRoundTrip: .milliseconds(10), deliveryRate: rate, isLowerBound: isLowerBound),
        bandwidth: 1_000_000)
    }
    #expect(BandwidthEvidence(nil, bandwidth: 1) == .unknown)
    #expect(evidence(rate: 1_390_000) == .unknown)
    #expect(evidence(rate: 1_410_000) == .proven)
    #expect(evidence(rate: 1_390_000, isLowerBound: false) == .against)
    #expect(evidence(rate: 1_410_000, isLowerBound: false) == .proven)
    #expect(evidence(rate: 9_000_000, roundTrip: 111) == .against)
    #expect(evidence(rate: 0) == .unknown)
  }

  private func connection(_ rate: Int64, isLowerBound: Bool = false) -> TransmissionState {
    TransmissionState(
      acknowledged: 0, unacknowledged: 0, roundTrip: .milliseconds(20),
      minimumRoundTrip: .milliseconds(10), deliveryRate: rate, isLowerBound: isLowerBound)
  }

  @Test("the rate of a connection, if it is known, says which rendition it carries")
  func carriedRendition() {
    let ladder: [Int64?] = [4_000_000, nil, 2_000_000, 500_000]
    for (rate, index) in [
      (9_000_000, 0), (4_000_000, 0), (3_999_999, 2), (1_999_999, 3), (100_000, 3), (0, nil),
    ] as [(Int64, Int?)] {
      #expect(BandwidthEvidence.carried(ladder, over: connection(rate)) == index, "\(rate)")
      #expect(BandwidthEvidence.carried(ladder, over: connection(rate, isLowerBound: true)) == nil)
    }
    #expect(BandwidthEvidence.carried(ladder, over: nil) == nil)
    #expect(BandwidthEvidence.carried([], over: connection(1)) == nil)
  }

  @Test("media of the past is sent if it soon reaches the viewer")
  func catchUp() {
    struct Row {
      let kilobytes: Int
      let milliseconds: Int64
      /// kbit/s of a connection that is known; nil for an unknown one.
      let rate: Int64?
      let isShort: Bool
    }
    // A rendition of 1 Mbit/s.
    for row in [
      // 400 kbit, of which a connection of 2 Mbit/s has 1 Mbit/s to spare.
      Row(kilobytes: 50, milliseconds: 900, rate: 2_000, isShort: true),
      Row(kilobytes: 63, milliseconds: 900, rate: 2_000, isShort: false),
      Row(kilobytes: 500, milliseconds: 4_000, rate: 9_100, isShort: true),
      // A slower connection than the rendition: only what takes 250 ms by itself.
      Row(kilobytes: 25, milliseconds: 200, rate: 800, isShort: true),
      Row(kilobytes: 26, milliseconds: 200, rate: 800, isShort: false),
      Row(kilobytes: 0, milliseconds: 0, rate: 1, isShort: true),
      Row(kilobytes: 1, milliseconds: 10, rate: 0, isShort: false),
      Row(kilobytes: 63, milliseconds: 500, rate: nil, isShort: true),
      Row(kilobytes: 63, milliseconds: 501, rate: nil, isShort: false),
    ] {
      let catchUp = CatchUp(
        byteCount: row.kilobytes * 1000, duration: .milliseconds(row.milliseconds),
        bandwidth: 1_000_000)
      #expect(catchUp.isShort(over: row.rate.map { connection($0 * 1000) }) == row.isShort)
      if row.rate == nil {
        #expect(catchUp.isShort(over: connection(10_000, isLowerBound: true)) == row.isShort)
      }
    }
  }

  @Test("a frame that waits is as old as its chunk, also after the connection has taken it")
  func waiting() {
    var queue = SendQueue()
    let start = MonotonicTime.origin + .seconds(100)
    let frame = OutgoingFrame(SharedBytes("x"))
    for index in 0..<10 as Range<Int64> {
      queue.append(frame, due: start + .milliseconds(100 * index))
    }
    let now = start + .seconds(1)
    #expect(queue.lateness(unsent: 0, now: now) == .seconds(1))
    guard let first = queue.removeFirst() else { return }
    queue.wrote(first.frame.count, due: first.due)
    #expect(queue.lateness(unsent: 1, now: now) == .seconds(1))
    #expect(queue.lateness(unsent: 0, now: now) == .milliseconds(900))
    // Behind a backlog that may take two seconds nothing is due before it.
    var burst = SendQueue()
    burst.wrote(1000, due: start + .seconds(2))
    burst.append(frame, due: start)
    #expect(burst.lateness(unsent: 1000, now: now) == -.seconds(1))
    #expect(burst.removeFirst()?.due == start + .seconds(2))
  }

  @Test("chunks are dropped, control messages and headers stay in order")
  func drops() {
    var queue = SendQueue()
    func message(_ channel: UInt16, _ sequence: UInt32) -> MediaMessage {
      MediaMessage(
        .video, [], channel: channel, sequence: sequence, published: .origin, SharedBytes("x"))
    }
    let control = SharedBytes("control")
    queue.append(OutgoingFrame(message(1, 7)), due: .origin)
    queue.append(OutgoingFrame(control), due: .origin)
    queue.append(OutgoingFrame(message(2, 3)), due: .origin)
    queue.append(OutgoingFrame(message(1, 8)), due: .origin)
    queue.append(OutgoingFrame(header: message(1, 9)), due: .origin)
    #expect(queue.dropChunks() == [1: 7, 2: 3])
    #expect(queue.removeFirst()?.frame.head === control)
    #expect(queue.removeFirst()?.frame.payload?.count == 1)
    #expect(queue.isEmpty)
  }
}
