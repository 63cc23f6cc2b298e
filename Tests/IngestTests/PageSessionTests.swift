// SPDX-License-Identifier: Apache-2.0

import Checked
import Ingest
import Testing
import Time

private let now = WallTime.origin + .seconds(1_795_000_000)
private let sets: [UInt8] = [0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 1]
private let key: [UInt8] = sets + [0, 0, 0, 1, 0x65, 1, 2]
private let delta: [UInt8] = [0, 0, 0, 1, 0x41, 1, 2]

/// The message with a frame, `shift` µs before its presentation.
private func message(
  _ bytes: [UInt8], isKey: Bool = false, group: UInt32 = 1, number: UInt32 = 0,
  age: Interval = .zero, shift: Int32 = 0, kind: UInt8 = 4
) -> [UInt8] {
  let captured = UInt64(bitPattern: (now - age - .origin).microseconds)
  return [kind, isKey ? 17 : 16] + group.bigEndianBytes(2) + number.bigEndianBytes()
    + UInt32(0).bigEndianBytes() + UInt32(truncatingIfNeeded: captured >> 32).bigEndianBytes()
    + UInt32(truncatingIfNeeded: captured).bigEndianBytes()
    + UInt32(bitPattern: shift).bigEndianBytes() + bytes
}

private let video = #"{"t":"track","kind":"video","cid":1,"codec":"avc1.42001f","w":640,"h":360}"#
private let audio = #"{"t":"track","kind":"audio","cid":2,"codec":"opus","channels":2}"#

/// A session whose client has said these texts, the first of which is `hello`.
private func session(_ texts: String...) throws -> PageSession {
  var session = PageSession()
  _ = try session.take(#"{"t":"hello","v":1,"key":"k","sid":"0123456789abcdef"}"#)
  session.welcome()
  for text in texts { _ = try session.take(text) }
  return session
}

/// A control message that ends the connection, and the code of the error.
private struct TextRow: Sendable, CustomTestStringConvertible {
  let text: String
  let code: String
  var testDescription: String { String(text.prefix(70)) }

  init(_ text: String, _ code: String) { (self.text, self.code) = (text, code) }
}

private let textRows = [
  TextRow("", "protocol"), TextRow("[]", "protocol"), TextRow(#"{"v":1}"#, "protocol"),
  TextRow(#"{"t":"begin"}"#, "protocol"), TextRow(#"{"t":"hello","v":1}"#, "protocol"),
  TextRow(#"{"t":"track","kind":"video","cid":0,"codec":"vp8","w":64,"h":64}"#, "protocol"),
  TextRow(#"{"t":"track","kind":"video","cid":1.5,"codec":"vp8","w":64,"h":64}"#, "protocol"),
  TextRow(#"{"t":"track","kind":"video","cid":1e9,"codec":"vp8","w":64,"h":64}"#, "protocol"),
  TextRow(#"{"t":"track","kind":"video","cid":1,"codec":"vp8","w":8,"h":64}"#, "protocol"),
  TextRow(#"{"t":"track","kind":"video","cid":1,"codec":"vp8","w":1e300,"h":64}"#, "protocol"),
  TextRow(#"{"t":"track","kind":"text","cid":1,"codec":"vp8","w":64,"h":64}"#, "protocol"),
  TextRow(#"{"t":"track","kind":"video","cid":1,"codec":"hvc1","w":64,"h":64}"#, "unsupported"),
  TextRow(#"{"t":"track","kind":"audio","cid":1,"codec":"mp3","channels":2}"#, "unsupported"),
  TextRow(#"{"t":"track","kind":"audio","cid":1,"codec":"opus","channels":3}"#, "protocol"),
]

/// A frame that ends the connection, and the code of the error.
private struct FrameRow: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let frames: [[UInt8]]
  let code: String

  init(_ name: String, _ code: String, _ frames: [UInt8]...) {
    (testDescription, self.frames, self.code) = (name, frames, code)
  }
}

private let first = message(key, isKey: true)
private let frameRows = [
  FrameRow("head alone", "protocol", message([])),
  FrameRow("short head", "protocol", [4, 16, 0]),
  FrameRow("another kind", "protocol", message(key, isKey: true, kind: 1)),
  FrameRow("unknown group", "protocol", message(key, isKey: true, group: 9)),
  FrameRow("delta first", "frame", message(delta)),
  FrameRow("key not marked", "frame", message(key)),
  FrameRow("delta marked as key", "frame", first, message(delta, isKey: true, number: 1, shift: 1)),
  FrameRow("key without parameter sets", "frame", message([0, 0, 1, 0x65, 1], isKey: true)),
  FrameRow("no start code", "frame", message([0, 0, 0, 9, 0x65], isKey: true)),
  FrameRow("forbidden bit", "frame", message(sets + [0, 0, 1, 0xE5], isKey: true)),
  FrameRow("no slice", "frame", message(sets, isKey: false)),
  FrameRow("gap of numbers", "protocol", first, message(delta, number: 2, shift: 1)),
  FrameRow("number twice", "protocol", first, message(delta, number: 0, shift: 1)),
  FrameRow("same presentation", "b-frames", first, message(delta, number: 1)),
  FrameRow("earlier presentation", "b-frames", first, message(delta, number: 1, shift: -1)),
  FrameRow("an hour old", "clock", message(key, isKey: true, age: .seconds(3600))),
  FrameRow("in the future", "clock", message(key, isKey: true, age: .seconds(-2))),
  FrameRow("presented 2 s later", "clock", message(key, isKey: true, shift: 2_000_000)),
  FrameRow(
    "impossible time", "clock",
    [4, 17, 0, 1] + [UInt8](repeating: 0, count: 8) + [UInt8](repeating: 0xFF, count: 8)
      + [0, 0, 0, 0] + key),
]

@Suite("Messages of a publisher page, llws-publish.v1")
struct PageSessionTests {
  @Test("tracks and frames become tags of the source, with capture and presentation times")
  func media() throws {
    var session = try session(video, audio, #"{"t":"begin"}"#)
    guard
      case .media(let tag, let frame) = try session.take(
        message(key, isKey: true, age: .milliseconds(20), shift: 5000), now: now)
    else { return #expect(Bool(false)) }
    let sample = try #require(TrackSample(tag))
    #expect(sample.isVideo && sample.isKey && sample.bytes == key && frame.number == 0)
    #expect(sample.captured == (now - .milliseconds(20) - .origin).nanoseconds)
    #expect(sample.pts - (now - .origin).microseconds == -15_000 && sample.dts == sample.pts)
    guard case .media(let sound, _) = try session.take(message([1, 2], group: 2), now: now)
    else { return #expect(Bool(false)) }
    #expect(TrackSample(sound).map { !$0.isVideo && $0.isKey } == true)
  }

  @Test("a description names its codec, and of Opus the header")
  func descriptions() throws {
    var session = try session()
    guard case .track(let opus) = try session.take(audio) else { return #expect(Bool(false)) }
    #expect(TrackConfiguration(opus.configuration.tag)?.channels == 2)
    #expect(opus.configuration.setup.starts(with: "OpusHead".utf8))
    let text = #"{"t":"track","kind":"video","cid":3,"codec":"vp8","w":640,"h":360}"#
    guard case .track(let vp8) = try session.take(text) else { return #expect(Bool(false)) }
    #expect(vp8.configuration.setup == [2, 128, 1, 104])
  }

  @Test("a key frame of VP8 is recognised by its tag")
  func vp8() throws {
    let key: [UInt8] = [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0, 0, 0, 0, 0]
    #expect(try CodedFrame(.vp8, key).isKey)
    #expect(try !CodedFrame(.vp8, [0x11, 0, 0, 0]).isKey)
    #expect(throws: PageError.self) { try CodedFrame(.vp8, [0x10, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]) }
    #expect(throws: PageError.self) { try CodedFrame(.vp8, [1]) }
  }

  @Test("another description begins with a key frame, and its numbers may begin again")
  func redescription() throws {
    var session = try session(video, #"{"t":"begin"}"#)
    _ = try session.take(first, now: now)
    _ = try session.take(video.replacing("\"cid\":1", with: "\"cid\":5"))
    #expect(session.videoGroup == 5 && session.isVideo(5) && !session.isVideo(1))
    #expect(throws: PageError.self) {
      var copy = session
      _ = try copy.take(message(delta, group: 5, shift: 1), now: now)
    }
    _ = try session.take(message(key, isKey: true, group: 5, shift: 1), now: now)
  }

  @Test("a malformed control message ends the connection", arguments: textRows)
  private func texts(_ row: TextRow) throws {
    var session = try session()
    do throws(PageError) {
      _ = try session.take(row.text)
      #expect(Bool(false), "accepted")
    } catch { #expect(error.code == row.code, "\(error)") }
  }

  @Test("an impossible frame ends the connection", arguments: frameRows)
  private func frames(_ row: FrameRow) throws {
    var session = try session(video, #"{"t":"begin"}"#)
    for frame in row.frames.dropLast() { _ = try session.take(frame, now: now) }
    do throws(PageError) {
      _ = try session.take(row.frames.last ?? [], now: now)
      #expect(Bool(false), "accepted")
    } catch { #expect(error.code == row.code, "\(error)") }
  }

  @Test("nothing but ping is accepted before the permission")
  func order() throws {
    var session = PageSession()
    #expect(throws: PageError.self) { try session.take(first, now: now) }
    let ping = try session.take(#"{"t":"ping","id":1,"c":2}"#)
    #expect(ping == .ping(id: 1, clientTime: 2))
    _ = try session.take(#"{"t":"hello","v":1}"#)
    #expect(throws: PageError.self) { try session.take(video) }
    #expect(throws: PageError.self) { try session.take(#"{"t":"hello","v":1}"#) }
  }

  @Test("audio that was not described before begin is refused")
  func lateAudio() throws {
    var session = try session(video, #"{"t":"begin"}"#)
    #expect(throws: PageError.self) { try session.take(audio) }
  }

  @Test("times in replies have three decimals")
  func replies() {
    let time = WallTime.origin + .microseconds(1_795_000_000_000_042)
    #expect(
      PageReply.ack(3, 7, received: time, waiting: 1)
        == #"{"t":"ack","cid":3,"n":7,"r":1795000000000.042,"q":1}"#)
  }
}

@Suite("Frames of a publisher page that wait for the source")
struct WaitingFramesTests {
  private func sample(_ count: Int) -> MediaTag {
    MediaTag(kind: .videoSample, timestamp: 0, payload: [UInt8](repeating: 0, count: count))
  }

  @Test("above 2 MiB all frames are dropped up to the next key frame, descriptions are not")
  func drops() {
    var waiting = WaitingFrames()
    func add(_ tag: MediaTag, isKey: Bool) -> Bool { waiting.add(tag, isKey: isKey) }
    let description = MediaTag(kind: .videoTrack, timestamp: 0, payload: [1])
    #expect(!add(description, isKey: false))
    #expect(!add(sample(1 << 20), isKey: true))
    #expect(!add(sample(900_000), isKey: false))
    #expect(add(sample(900_000), isKey: false))
    #expect(waiting.count == 1 && waiting.first == description)
    #expect(!add(sample(10), isKey: false))
    #expect(waiting.count == 1)
    #expect(!add(sample(20), isKey: true))
    #expect(!add(sample(10), isKey: false))
    #expect(waiting.count == 3)
    waiting.removeFirst()
    #expect(waiting.first == sample(20))
  }
}

@Suite("The bit rate that the server advises")
struct PageRateAdviceTests {
  /// The advices during three seconds of 30 frames/s, each of 5000 bytes, whose way takes `way` ms.
  private func advices(
    _ advice: inout PageRateAdvice, from start: Int64, way: Int64, waiting: Int = 0
  ) throws -> [Int64] {
    var found: [Int64] = []
    for index in 0..<90 {
      let sent = start + Int64(index) * 33
      var bytes = message([UInt8](repeating: 1, count: 5000))
      bytes.replaceSubrange(8..<12, with: UInt32(truncatingIfNeeded: sent).bigEndianBytes())
      let arrival = WallTime.origin + .milliseconds(sent + way)
      if let kbps = try advice.take(PageFrame(bytes), at: arrival, waiting: waiting) {
        found.append(kbps)
      }
    }
    return found
  }

  @Test("a way that is 150 ms longer for a second, or frames that wait, lower the bit rate")
  func advice() throws {
    var advice = PageRateAdvice()
    // The numbers of milliseconds wrap around in between.
    let start = Int64(1) << 40
    let calm = try advices(&advice, from: start - 3000, way: 20)
    #expect(calm.isEmpty)
    let late = try advices(&advice, from: start, way: 200)
    #expect(late.count == 1 && (700...900).contains(late[0]), "\(late)")
    let again = try advices(&advice, from: start + 3000, way: 20)
    #expect(again.isEmpty)
    let waiting = try advices(&advice, from: start + 6000, way: 20, waiting: 3)
    #expect(waiting.count == 1)
  }
}
