// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Packaging
import Server
import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

@Suite("POST /api/streams/S/events", .blocking)
struct EventRequestTests {
  private static let token = "correct-horse-battery"

  private func handler() throws -> SyntheticHandler {
    var options = ServingOptions()
    options.adminToken = Self.token
    let handler = try SyntheticHandler(options: options)
    handler.goLive()
    return handler
  }

  private func post(
    _ handler: SyntheticHandler, _ query: String, _ body: String, method: String = "POST",
    stream: String = "live", isPermitted: Bool = true
  ) throws -> FakeExchange {
    try handler.ask(
      "/api/streams/\(stream)/events\(query)", method: method,
      isPermitted ? ["Authorization: Bearer \(Self.token)"] : [], body: body)
  }

  @Test("an event of now is created, and the window has it")
  func now() throws {
    let handler = try handler()
    let exchange = try post(handler, "", #"{"goal": 1}"#)
    #expect(exchange.status == 201 && exchange.text.hasPrefix(#"{"id": "#))
    let event = try #require(handler.stream.window.snapshot.events.first)
    #expect(event.data == Array(#"{"goal": 1}"#.utf8))
    #expect(exchange.text.contains("\(event.id)"))
  }

  @Test("the time is now, milliseconds, or a date")
  func times() throws {
    let handler = try handler()
    let second = (SystemClock.wallTime - .origin).wholeSeconds + 5
    let time = WallTime.origin + .seconds(second)
    let date = UTCTime(time).text
    for query in ["?time=\(second)000", "?time=\(second)000.0", "?time=\(date)"] {
      #expect(try post(handler, query, "1").status == 201, "\(query)")
    }
    #expect(handler.stream.window.snapshot.events.map(\.time) == [time, time, time])
  }

  @Test(
    "wrong times and bodies are refused in one line",
    arguments: [
      ("?time=yesterday", "1", 400), ("?time=0", "1", 400), ("?time=9e99", "1", 400),
      ("?time=nan", "1", 400), ("", "", 400), ("", "{", 400), ("", "{}{}", 400),
      ("", "[1,]", 400), ("", #"{"a": 01}"#, 400), ("", #"["\x"]"#, 400), ("", "[\"\n\"]", 400),
      ("", "\"\(String(repeating: "x", count: 1023))\"", 413),
    ])
  func refused(query: String, body: String, status: Int) throws {
    let handler = try handler()
    let exchange = try post(handler, query, body)
    #expect(exchange.status == status, "\(exchange.text)")
    #expect(exchange.text.split(separator: "\n").count == 1)
    #expect(handler.stream.window.snapshot.events.isEmpty)
  }

  @Test("no token 401, another stream 404, another method 405, the 65th event 429")
  func limits() throws {
    let handler = try handler()
    #expect(try post(handler, "", "1", isPermitted: false).status == 401)
    #expect(try post(handler, "", "1", stream: "other").status == 404)
    #expect(try post(handler, "", "1", method: "PUT").status == 405)
    for _ in 0..<64 { #expect(try post(handler, "", "1").status == 201) }
    #expect(try post(handler, "", "1").status == 429)
  }

  @Test("all renditions have the events in the same order, whatever threads add them")
  func order() throws {
    for _ in 0..<60 {
      var streams = [SyntheticStream(.thirty), SyntheticStream(.thirty)]
      for index in streams.indices { streams[index].goLive(prefill: 3) }
      let served = ServedStream(
        name: "s", names: MediaNames(.epoch, first: 1),
        of: streams.enumerated().map { ("r\($0)", $1.window) },
        control: ServerControl(segmentations: [.video(streams[0].segmentation)]))
      let now = SystemClock.wallTime
      let threads = (0..<2).compactMap { _ in
        OSThread(name: "events") {
          for _ in 0..<30 { _ = try? served.events.add(at: now, [0x31], now: now) }
        }
      }
      for thread in threads { thread.join() }
      let events = streams.map { $0.window.snapshot.events }
      #expect(events[0].count == 60 && events[0] == events[1])
    }
  }

  @Test("a stream that has ended takes no event")
  func ended() throws {
    let handler = try handler()
    handler.stream.window.end()
    #expect(try post(handler, "", "1").status == 409)
  }

  @Test("each descriptor of a time_signal is an event, and the first one is answered")
  func descriptors() throws {
    let handler = try handler()
    // The end of advert 1, and the beginning of advert 2.
    let message =
      "FC3038000000000000FFFFF00506FE000000000022020F43554549000000027FBF0000300000020F"
      + "43554549000000017FBF0000310000156EF4C7"
    let exchange = try post(handler, "", #"{"scte35": "0x"# + message + #""}"#)
    let events = handler.stream.window.snapshot.events
    #expect(exchange.status == 201 && events.count == 2)
    #expect(exchange.text.contains("\"id\": \(try #require(events.first).id),"))
    let texts = events.map { String(decoding: $0.data, as: UTF8.self) }
    #expect(texts[0].contains(#""role": "in", "eventId": 1,"#))
    #expect(texts[1].contains(#""role": "out", "eventId": 2,"#))
    #expect(try post(handler, "", #"{"scte35": "0x"# + message + #""}"#).status == 409)
  }

  @Test("a message of which the window has no room for an event is refused, and may be sent again")
  func lacking() throws {
    let handler = try handler()
    let message =
      "FC3038000000000000FFFFF00506FE000000000022020F43554549000000027FBF0000300000020F"
      + "43554549000000017FBF0000310000156EF4C7"
    for _ in 1..<TimedEvent.maximumPerWindow {
      #expect(try post(handler, "", "1").status == 201)
    }
    #expect(try post(handler, "", #"{"scte35": "0x"# + message + #""}"#).status == 429)
  }

  @Test("a cancellation removes a splice to come, whatever time the request states")
  func cancelled() throws {
    let handler = try handler()
    let later = (SystemClock.wallTime - .origin).wholeSeconds + 20
    let insert = "FC301B000000000000FFFFF00A05000000077FDF000100000000EB9AFBD9"
    let cancel = "FC3016000000000000FFFFF0050500000007FF0000D3897F26"
    for (query, message, count) in [
      ("?time=\(later)000", insert, 1), ("?time=\(later + 9)000", cancel, 0),
    ] {
      #expect(try post(handler, query, #"{"scte35": "0x"# + message + #""}"#).status == 201)
      #expect(handler.stream.window.snapshot.events.count == count)
    }
  }
}
