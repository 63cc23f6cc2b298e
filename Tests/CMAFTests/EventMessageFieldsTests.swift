// SPDX-License-Identifier: Apache-2.0

import CMAF
import Testing

@Suite("Events of other programs, ISO/IEC 23009-1 §5.10.3.3")
struct EventMessageFieldsTests {
  private static let texts = Array("urn:a".utf8) + [0] + Array("b".utf8) + [0]
  /// Version 1: timescale, presentation_time, event_duration, id, the texts, message_data.
  private static let later: [UInt8] =
    [1, 0, 0, 0, 0, 0, 0x03, 0xE8, 0, 0, 1, 0, 0, 0, 0, 7, 0, 0, 0, 5, 1, 2, 3, 4] + texts + [9, 8]
  /// Version 0: the texts, timescale, presentation_time_delta, event_duration, id, message_data.
  private static let first: [UInt8] =
    [0, 0, 0, 0] + texts + [0, 0, 0x03, 0xE8, 0, 0, 0, 7, 0, 0, 0, 5, 1, 2, 3, 4, 9, 8]

  private func fields(_ content: [UInt8]) throws(BoxError) -> EventMessageFields {
    try EventMessageFields(BoxFields(content, "emsg"))
  }

  @Test("both versions are read")
  func versions() throws {
    for (content, time) in [
      (Self.later, EventMessageFields.Time.media(0x100_0000_0007)), (Self.first, .afterStart(7)),
    ] {
      let found = try fields(content)
      #expect(found.uri == "urn:a" && found.value == "b" && found.timescale == 1000)
      #expect(found.time == time && found.duration == 5 && found.id == 0x0102_0304)
      #expect(found.data == [9, 8])
    }
  }

  @Test("cut boxes, impossible times and other versions are refused")
  func faults() {
    for content in [Self.later, Self.first] {
      for count in 0..<content.count - 2 {
        #expect(throws: BoxError.self) { try fields(Array(content.prefix(count))) }
      }
    }
    #expect(throws: BoxError.time) {
      try fields([1, 0, 0, 0, 0, 0, 0, 0] + Self.later.dropFirst(8))
    }
    let negative = Self.later.prefix(8) + [0x80] + Self.later.dropFirst(9)
    #expect(throws: BoxError.time) { try fields(Array(negative)) }
    #expect(throws: BoxError.self) { try fields([2] + Self.later.dropFirst()) }
    let long = [UInt8](repeating: 0x61, count: 600) + [0]
    #expect(throws: BoxError.self) { try fields([0, 0, 0, 0] + long + long + Self.later) }
  }

  @Test("an event of this program is read again as it was written")
  func ours() throws {
    let event = EventMessage(
      id: 7, time: 0x0A_0B0C_0D0E, timescale: 30_000, scheme: .synchronousKLV, duration: 3,
      data: [1, 2])
    #expect(try EventMessage(BoxFields(Array(event.box.dropFirst(8)), "emsg")) == event)
    #expect(try EventMessage(BoxFields(Self.later, "emsg")) == nil)
    #expect(try EventMessage(BoxFields(Self.first, "emsg")) == nil)
  }
}
