// SPDX-License-Identifier: Apache-2.0

import Metadata
import Testing
import Time

@Suite("What the JSON text of an event is for players")
struct EventContentTests {
  private func read(_ text: String) throws(EventContentError) -> EventContent {
    try EventContent.read(Array(text.utf8))
  }

  @Test("an object with x-asset-uri is an interstitial, with its attributes in order")
  func interstitial() throws {
    let content = try read(
      """
      {"x-asset-uri": "https://ads.example/a.m3u8?x=1", "duration": 4, "x-resume-offset": 0,
       "x-playout-limit": 3.5, "x-restrict": "SKIP,JUMP", "x-snap": "OUT", "cue": "ONCE"}
      """)
    guard case .interstitial(let interstitial) = content else {
      Issue.record("\(content)")
      return
    }
    #expect(
      interstitial.attributes.map { "\($0.name)=\($0.value)" } == [
        "DURATION=4", "CUE=\"ONCE\"", "X-ASSET-URI=\"https://ads.example/a.m3u8?x=1\"",
        "X-RESUME-OFFSET=0", "X-PLAYOUT-LIMIT=3.5", "X-SNAP=\"OUT\"", "X-RESTRICT=\"SKIP,JUMP\"",
      ])
    #expect(interstitial.duration == .seconds(4))
    #expect(content.isListed && content.json == nil)
  }

  @Test(
    "an invalid interstitial is refused with the name of the member",
    arguments: [
      ("x-asset-uri", #"{"x-asset-uri": 5}"#),
      ("x-asset-uri", #"{"x-asset-uri": ""}"#),
      ("x-asset-uri", #"{"x-asset-uri": "/a.m3u8"}"#),
      ("x-asset-uri", #"{"x-asset-uri": "file:///etc/passwd"}"#),
      ("x-asset-uri", #"{"x-asset-uri": "javascript:alert(1)"}"#),
      ("x-asset-uri", #"{"x-asset-uri": "https:///a"}"#),
      ("x-asset-uri", #"{"x-asset-uri": "https://:80/a"}"#),
      ("x-asset-uri", #"{"x-asset-uri": "https://user:word@a/b"}"#),
      ("x-asset-uri", #"{"x-asset-uri": "https://a/b\"c"}"#),
      ("x-asset-uri", #"{"x-asset-uri": "https://a/b\nc"}"#),
      ("x-asset-uri", #"{"x-asset-uri": "https://a/ä"}"#),
      ("x-asset-list", #"{"x-asset-uri": "https://a/b", "x-asset-list": "https://a/c"}"#),
      ("x-asset-list", #"{"x-asset-list": "ftp://a/b"}"#),
      ("duration", #"{"x-asset-uri": "https://a/b", "duration": 0}"#),
      ("duration", #"{"x-asset-uri": "https://a/b", "duration": "4"}"#),
      ("duration", #"{"x-asset-uri": "https://a/b", "duration": 1e300}"#),
      ("planned-duration", #"{"x-asset-uri": "https://a/b", "planned-duration": true}"#),
      ("x-resume-offset", #"{"x-asset-uri": "https://a/b", "x-resume-offset": 90000}"#),
      ("x-playout-limit", #"{"x-asset-uri": "https://a/b", "x-playout-limit": -1}"#),
      ("x-restrict", #"{"x-asset-uri": "https://a/b", "x-restrict": "SKIP,SKIP"}"#),
      ("x-restrict", #"{"x-asset-uri": "https://a/b", "x-restrict": "skip"}"#),
      ("x-restrict", #"{"x-asset-uri": "https://a/b", "x-restrict": ["SKIP"]}"#),
      ("x-snap", #"{"x-asset-uri": "https://a/b", "x-snap": ""}"#),
      ("cue", #"{"x-asset-uri": "https://a/b", "cue": "PRE\",X=\"1"}"#),
      ("x-timeline-style", #"{"x-asset-uri": "https://a/b", "x-timeline-style": "x"}"#),
      ("text", #"{"x-asset-uri": "https://a/b", "text": "x"}"#),
    ])
  func invalidInterstitial(_ name: String, _ text: String) throws {
    let error = try #require(throws: EventContentError.self) { try read(text) }
    #expect(error.description.hasPrefix("\(name): "), "\(error)")
  }

  @Test("a long URI is refused")
  func longURI() {
    let uri = "https://a/" + String(repeating: "b", count: 503)
    #expect(throws: EventContentError.self) { try read("{\"x-asset-uri\": \"\(uri)\"}") }
    #expect(throws: Never.self) { try read("{\"x-asset-uri\": \"\(uri.dropLast())\"}") }
  }

  @Test(
    "other texts are data, whatever they contain",
    arguments: [
      "1", "null", "\"x-asset-uri\"", "[]", "{}", #"{"a": {"x-asset-uri": 1}}"#,
      #"{"a": 1, "a": 2, "x-asset-uri": 1}"#, #"{"goal": "1 %"}"#,
    ])
  func data(_ text: String) throws {
    #expect(try read(text) == .data)
  }

  @Test("a message of SCTE-35 is read from Base64 and from hexadecimal digits")
  func splice() throws {
    for text in [
      "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=",
      "0xFC302F000000000000FFFFF014054800008F7FEFFE7369C02EFE0052CCF500000000000A0008435545490000"
        + "013562DBA30A",
    ] {
      let content = try read("{\"scte35\": \"\(text)\"}")
      guard case .splice(let cue) = content, let json = content.json else {
        Issue.record("\(content)")
        return
      }
      #expect(cue.role == .out && cue.eventID == 0x4800_008F)
      #expect(
        String(decoding: json, as: UTF8.self) == """
          {"scte35": {"command": "splice_insert", "role": "out", "eventId": 1207959695, \
          "milliseconds": 60293, "autoReturn": true, "base64": \
          "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo="}}
          """)
    }
  }

  @Test("a time_signal with several descriptors has a content for each")
  func descriptors() throws {
    let digits = SectionBuilder.backToBack.bytes.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }
    let contents = try EventContent.readAll(Array("{\"scte35\": \"0x\(digits.joined())\"}".utf8))
    let cues = contents.compactMap { if case .splice(let cue) = $0 { cue } else { nil } }
    #expect(cues.map(\.role) == [.in, .out] && cues.map(\.eventID) == [1, 2])
  }

  @Test(
    "other messages are refused",
    arguments: [
      #"{"scte35": 1}"#, #"{"scte35": ""}"#, #"{"scte35": "0x"}"#, #"{"scte35": "0xFC3"}"#,
      #"{"scte35": "0xFG"}"#, #"{"scte35": "/DAv"}"#, #"{"scte35": "*"}"#,
      #"{"scte35": "/DARAAAAAAAA///wAAAAAHYd07Y="}"#, #"{"scte35": "/DAv", "text": 1}"#,
    ])
  func invalidSplice(_ text: String) {
    #expect(throws: EventContentError.self) { try read(text) }
  }

  @Test("a text becomes an ID3 tag with one TXXX frame in UTF-8")
  func tag() throws {
    let content = try read(#"{"id3": "Tür"}"#)
    let frame = Array("TXXX".utf8) + [0, 0, 0, 6, 0, 0, 3, 0] + Array("Tür".utf8)
    #expect(content == .id3(Array("ID3".utf8) + [4, 0, 0, 0, 0, 0, 16] + frame))
    #expect(!content.isListed)
    #expect(throws: EventContentError.self) { try read(#"{"id3": ""}"#) }
    #expect(throws: EventContentError.self) { try read(#"{"id3": {"TXXX": 1}}"#) }
  }
}

@Suite("Tags and sets of a source")
struct PacketTests {
  private let tag = Array("ID3".utf8) + [4, 0, 0, 0, 0, 1, 2] + [UInt8](repeating: 7, count: 130)

  @Test("a tag ends where its size ends; damaged ones are none")
  func tags() {
    #expect(ID3Tag(tag)?.bytes == tag)
    #expect(ID3Tag(tag + [0, 0])?.bytes == tag)
    #expect(ID3Tag(Array(tag.dropLast())) == nil)
    #expect(ID3Tag([]) == nil)
    #expect(ID3Tag(Array("ID3".utf8)) == nil)
    for (index, value) in [(0, UInt8(0x4A)), (3, 0xFF), (4, 0xFF), (6, 0x80), (9, 0xFF)] {
      var damaged = tag
      damaged[index] = value
      #expect(ID3Tag(damaged) == nil, "byte \(index)")
    }
  }

  @Test("a tag without its first five bytes gets them back, with the version of its frames")
  func repairedTags() throws {
    // Sizes of frames have seven bits per byte from version 2.4 on.
    for (version, high, low) in [(UInt8(4), UInt8(1), UInt8(2)), (3, 0, 130)] {
      let frame = Array("TXXX".utf8) + [0, 0, high, low, 0, 0] + [UInt8](repeating: 3, count: 130)
      let whole = Array("ID3".utf8) + [version, 0, 0, 0, 0, 1, 12] + frame
      #expect(ID3Tag(whole)?.bytes == whole)
      #expect(ID3Tag(withoutStart: Array(whole.dropFirst(5)))?.bytes == whole)
      #expect(ID3Tag(withoutStart: Array(whole.dropFirst(6))) == nil)
    }
    #expect(ID3Tag(withoutStart: []) == nil)
    #expect(ID3Tag(withoutStart: [0, 0, 0, 0, 0]) == nil)
  }

  private let key: [UInt8] = [
    0x06, 0x0E, 0x2B, 0x34, 2, 0x0B, 1, 1, 0x0E, 1, 3, 1, 1, 0, 0, 0,
  ]

  @Test("a set has a universal key and a length within the packet")
  func sets() throws {
    for length: [UInt8] in [[3], [0x81, 3], [0x82, 0, 3], [0x84, 0, 0, 0, 3]] {
      #expect(KLVSet(key + length + [1, 2, 3]) != nil)
      #expect(KLVSet(key + length + [1, 2, 3, 9]) != nil, "another set may follow")
      #expect(KLVSet(key + length + [1, 2]) == nil)
    }
    #expect(KLVSet(key + [0x80, 1]) == nil)
    #expect(KLVSet(key + [0x85, 0, 0, 0, 0, 1, 1]) == nil)
    #expect(KLVSet(key) == nil)
    #expect(KLVSet([UInt8](repeating: 0, count: 20)) == nil)
    let json = try #require(EventContent.klv(key + [1, 2], isSynchronous: true).json)
    #expect(
      String(decoding: json, as: UTF8.self) == """
        {"klv": {"key": "060e2b34020b01010e01030101000000", "base64": "Bg4rNAILAQEOAQMBAQAAAAEC"}}
        """)
  }

  @Test("the text that media carry gives the message or the interstitial back")
  func carried() throws {
    let sections = [
      SectionBuilder.insert(), SectionBuilder.insert(eventID: 9, isOut: false, duration: 90_000),
      SectionBuilder.signal(0x34, upid: [1, 2]), SectionBuilder.backToBack,
      SectionBuilder.schedule([
        SectionBuilder.scheduled(at: [1_000_000_000]),
        SectionBuilder.scheduled(eventID: 8, at: [1_000_000_100]),
      ]),
    ]
    for cue in try sections.flatMap({ try SpliceCue.readAll($0.bytes) }) {
      let text = try #require(EventContent.splice(cue).json)
      #expect(EventContent.carried(by: text) == .splice(cue))
      // Another origin may have written it.
      #expect(EventContent.carried(by: text + [0x20]) == .data)
      #expect(EventContent.carried(by: text.dropLast(9) + Array("AAAA\"}}".utf8)) == .data)
    }
    // Archives of before version 0.3 do not state that a break ends by itself.
    let own = try #require(try SpliceCue.read(SectionBuilder.insert(duration: 90_000).bytes))
    let text = String(decoding: try #require(EventContent.splice(own).json), as: UTF8.self)
    let old = text.replacing("\"autoReturn\": true, ", with: "")
    #expect(old != text && EventContent.carried(by: Array(old.utf8)) == .splice(own))
    let interstitial = Array(#"{"x-asset-uri": "https://ads.example/a.m3u8"}"#.utf8)
    #expect(EventContent.carried(by: interstitial) == (try EventContent.read(interstitial)))
    for text in [#"{"x-asset-uri": 5}"#, #"{"goal": 1}"#, #"{"scte35": {"}}"#, ""] {
      #expect(EventContent.carried(by: Array(text.utf8)) == .data)
    }
  }
}
