// SPDX-License-Identifier: Apache-2.0

import Capture
import Checked
import Logging
import Media
import Metadata
import Packaging
import Scheduling
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("Splices of encoded streams", .blocking)
struct SpliceKeysTests {
  private let lines = Locked<[String]>([])
  private let context: SessionContext
  private let splices: SpliceKeys
  private let window: LiveWindow
  /// The first frame of a segment.
  private let first = Int64(30) * 60_000_000

  init() throws {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let configuration = StreamConfiguration(
      size: try #require(VideoSize("320x180")), segmentation: segmentation)
    window = LiveWindow(segmentation: .video(segmentation), playlistLength: 6, retained: 9)
    let log = Log(format: .text, least: .info) { [lines] line in
      lines.withLock { $0.append(line) }
    }
    context = SessionContext(
      configuration, anchor: SessionAnchor(configuration), sinks: [window], log: log)
    splices = SpliceKeys(context)
  }

  private func written(_ body: () -> Void) -> [String] {
    let before = lines.withLock { $0.count }
    body()
    return lines.withLock { Array($0.dropFirst(before)) }
  }

  @Test("a line says what becomes of a splice, and each is said once")
  func text() {
    for index in 0..<10 { _ = context.keys.take(0, frame: first + Int64(index)) }
    let rows: [(frame: Int64, point: SplicePoint, text: String?)] = [
      (first + 20, .timed, "an IDR is requested at the splice; segments are fixed, and"),
      (first + 20, .timed, nil),
      (first + 30, .autoReturn, "an IDR is requested at the return of a break, where segment"),
      (first + 6, .timed, "is encoded already: the nearest IDR is 200 ms before it"),
      (first + 6, .timed, nil),
      (first, .timed, "is encoded already: it is an IDR"),
      (first + 4, .immediate, "an IDR is requested at the splice; segments are fixed"),
    ]
    for row in rows {
      let written = written { _ = splices.plan(row.frame, row.point) }
      #expect(written.count == (row.text == nil ? 0 : 1))
      if let text = row.text { #expect(written.first?.contains(text) == true, "\(written)") }
    }
    #expect(context.keys.splice(0, after: first + 9) == first + 11)
    let cancelled = written { splices.cancel(first + 20) }
    #expect(cancelled.count == 1 && written { splices.cancel(first + 20) }.isEmpty)
  }

  @Test("the picture of a splice that misses its frame has an IDR, too")
  func picture() {
    _ = splices.plan(first + 20, .timed)
    let write = splices.plan(pictureAt: first + 21, announced: first + 20)
    #expect(
      written { write?() }.first?.contains(
        "at the picture of a splice, 33 ms after its announced time") == true)
    #expect(context.keys.splice(0, after: first + 20) == first + 21)
  }

  @Test("what the lines of a flood of splices say is so")
  func flood() {
    let written = written { for index in 0..<60 { _ = splices.plan(first + Int64(index), .timed) } }
    #expect(written.count == 20, "the log limits the lines of an event")
    let requested = written.count { $0.contains("an IDR is requested") }
    let keys = (0..<20).count { index in
      context.keys.take(0, frame: first + Int64(index)) && index > 0
    }
    // The first frame is a scheduled one, too.
    #expect(requested == 8 && keys == 7)
  }

  @Test("of a flood of splices one line names those that are left out")
  func events() throws {
    window.goLive()
    let metadata = SessionMetadata(EventWindows([window]), stream: "s", context.log)
    let written = written {
      for number in UInt32(0)..<120 {
        let section = SpliceInsert.section(eventID: number, isOut: true, duration: nil)
        guard let cue = try? SpliceCue.read(section) else { return }
        metadata.take(.splice(cue), at: SystemClock.wallTime, mediaTime: .origin)
      }
    }
    #expect(window.snapshot.events.count == TimedEvent.maximumPerWindow)
    #expect(written.count { $0.contains("are left out") } == 1, "\(written)")
  }

  @Test("a frame that comes in time is shown in its slot, a late one in the next")
  func slots() throws {
    let size = try #require(VideoSize("320x180"))
    let segmentation = context.configuration.segmentation
    let now = SystemClock.monotonicTime
    let clock = StreamClock(
      wall: WallTime(now, plus: SystemClock.wallMinusMonotonic), monotonic: now)
    let start = clock.frame(atOrAfter: now, on: segmentation.grid)
    let slate = try SlateFrame.make(size: size)
    let feed = SlotFeed(renditions: 1, capacity: 9)
    feed.open(
      SlotSchedule(
        segmentation: segmentation, clock: clock, first: start, inputDelay: .zero, initial: slate))
    let due = clock.due(start + 2, on: segmentation.grid)
    SystemClock.sleep(until: due + .milliseconds(5))
    let shown = Locked<[Int64]>([])
    let done = Locked(0)
    func offer(_ index: Int64) {
      feed.offer(slate, captured: clock.due(index, on: segmentation.grid)) { frame in
        shown.withLock { $0.append(frame) }
        return { done.withLock { $0 += 1 } }
      }
    }
    offer(start + 1)
    offer(start)
    #expect(shown.withLock { $0 } == [start + 1, start + 2] && done.withLock { $0 } == 2)
  }
}

@Suite("The splices of an input that are to come", .blocking)
struct InputSplicesTests {
  private func cue(_ number: UInt32, isOut: Bool = true) throws -> SpliceCue {
    let section = SpliceInsert.section(eventID: number, isOut: isOut, duration: nil)
    return try #require(try SpliceCue.read(section))
  }

  private func cancellation(_ number: UInt32) throws -> SpliceCue {
    let command = number.bigEndianBytes() + [0xFF]
    let head: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0xFF, 0xF0, UInt8(command.count), 5]
    let body = head + command + [0, 0]
    let section = [0xFC, 0x30, UInt8(body.count + 4)] + body
    return try #require(
      try SpliceCue.read(section + SectionChecksum.remainder(section).bigEndianBytes()))
  }

  private func pts(_ frame: Int64) -> SourceTime { .origin + .milliseconds(40 * frame) }

  @Test("a picture takes the splices up to its time, once")
  func pictures() throws {
    var splices = InputSplices()
    splices.add(try cue(1), pts: pts(5), frame: 105, isReturn: false)
    splices.add(try cue(2), pts: pts(7), frame: 107, isReturn: false)
    let taken = (Int64(0)..<9).map { splices.take(upTo: pts($0)) }
    #expect(taken.map(\.count) == [0, 0, 0, 0, 0, 1, 0, 1, 0])
    #expect(taken[5] == [105] && taken[7] == [107])
    // Its picture was shown before the message came.
    splices.add(try cue(3), pts: pts(8), frame: 108, isReturn: false)
    #expect(splices.take(upTo: pts(9)).isEmpty)
  }

  @Test("a cancellation removes a splice to come and the end of its break, not a break that runs")
  func cancelled() throws {
    var splices = InputSplices()
    for (number, frame) in [(1, 5), (2, 20), (3, 20)] as [(UInt32, Int64)] {
      splices.add(try cue(number), pts: pts(frame), frame: frame, isReturn: false)
      splices.add(try cue(number), pts: pts(frame + 30), frame: frame + 30, isReturn: true)
    }
    _ = splices.take(upTo: pts(10))
    #expect(splices.cancel(try cancellation(1), after: pts(10)).isEmpty)
    #expect(splices.cancel(try cancellation(9), after: pts(10)).isEmpty)
    #expect(splices.cancel(try cancellation(2), after: pts(10)).isEmpty, "splice 3 is there, too")
    #expect(splices.cancel(try cancellation(3), after: pts(10)) == [20, 50])
    #expect(splices.take(upTo: pts(40)) == [35])
  }

  @Test("a return ends the wait for the end of its break, if it comes earlier")
  func returned() throws {
    var splices = InputSplices()
    for number in UInt32(1)...2 {
      splices.add(try cue(number), pts: pts(30), frame: 29 + Int64(number), isReturn: true)
    }
    #expect(splices.shorten(try cue(1), to: pts(20)).isEmpty, "a break begins")
    #expect(splices.shorten(try cue(1, isOut: false), to: pts(31)).isEmpty)
    #expect(splices.shorten(try cue(1, isOut: false), to: pts(20)) == [30])
    #expect(splices.take(upTo: pts(99)) == [31])
  }

  @Test("a message without a time is repeated within ten seconds")
  func repetitions() throws {
    var splices = InputSplices()
    let rows: [(cue: SpliceCue, second: Int64)] = [
      (try cue(1), 0), (try cue(1), 3), (try cue(1, isOut: false), 4), (try cue(2), 5),
      (try cue(1), 11),
    ]
    let repeated = rows.map { splices.repeats($0.cue, at: .origin + .seconds($0.second)) }
    #expect(repeated == [false, true, false, false, false])
  }
}
