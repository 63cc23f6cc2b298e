// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@testable import Capture

@Suite("Addresses of inputs, shown without their secrets")
struct InputAddressTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let text: String
    let kind: InputAddress.Kind
    let shown: String
    var testDescription: String { text }
  }

  static let rows = [
    Row(text: "rtsp://cam/x?a=b", kind: .rtsp, shown: "rtsp://cam/x?a=***"),
    Row(text: "rtsps://u:p@cam:322/x", kind: .rtsp, shown: "rtsps://***@cam:322/x"),
    Row(text: "RTSP://u:p/a@ss?w@cam/x", kind: .rtsp, shown: "rtsp://***@cam/x"),
    Row(
      text: "srt://h:9?mode=listener&passphrase=geheim12345&latency=20000", kind: .srt,
      shown: "srt://h:9?mode=listener&passphrase=***&latency=20000"),
    Row(text: "rtmp://h/live/key?x=1", kind: .rtmp, shown: "rtmp://h/live/***?x=***"),
    Row(text: "udp://@:5000", kind: .udp, shown: "udp://@:5000"),
    Row(text: "https://h/a.ts?token=q", kind: .http, shown: "https://h/a.ts?token=***"),
    Row(text: "http://h/a.ts?q", kind: .http, shown: "http://h/a.ts?***"),
    Row(text: "HTTP://Host/A.ts", kind: .http, shown: "http://Host/A.ts"),
    Row(
      text: "rtsp://cam/user=admin_password=geheim_channel=1_stream=0.sdp", kind: .rtsp,
      shown: "rtsp://cam/user=***"),
    Row(
      text: "http://h/live/0a1b2c3d4e5f6a7b8c/x.ts#part", kind: .http,
      shown: "http://h/live/***/x.ts#***"),
    Row(text: "rtsp://h/x&geheim", kind: .rtsp, shown: "rtsp://h/x&***"),
    // Tokens of this program, which an edge may serve below a prefix, and JSON Web Tokens.
    Row(text: "https://cdn/t/k1.1.s.x/x.m3u8", kind: .http, shown: "https://cdn/t/***/x.m3u8"),
    Row(
      text: "https://cdn/tv/t/k1.1795155720.v1.2c4qLH6arimRmYfus_SBx7yGAHcfTTY0g1nF8HT4fYs/x.ts",
      kind: .http, shown: "https://cdn/tv/t/***/x.ts"),
    Row(text: "https://cdn/eyJh.eyJl.2c4qL/x.ts", kind: .http, shown: "https://cdn/***/x.ts"),
    Row(text: "http://h/site/t/cam.1.2.ts", kind: .http, shown: "http://h/site/t/cam.1.2.ts"),
    Row(
      text: "rtsp://h:554/Streaming/Channels/101", kind: .rtsp,
      shown: "rtsp://h:554/Streaming/Channels/101"),
    Row(text: "rtsp://[::1]:8554/x", kind: .rtsp, shown: "rtsp://[::1]:8554/x"),
    Row(text: "srt://:9?mode=listener", kind: .srt, shown: "srt://:9?mode=listener"),
    Row(text: "/a/b?c=d.ts", kind: .file, shown: "/a/b?c=d.ts"),
    Row(text: "file:///a.ts", kind: .file, shown: "file:///a.ts"),
    Row(text: "a:b.ts", kind: .file, shown: "a:b.ts"),
    Row(text: "-", kind: .standardInput, shown: "standard input"),
  ]

  @Test("an address has its kind, and its description hides the secrets", arguments: rows)
  func row(_ row: Row) throws {
    let address = try #require(InputAddress(row.text))
    #expect(address.kind == row.kind)
    #expect(address.description == row.shown)
  }

  struct PortRow: Sendable, CustomTestStringConvertible {
    let text: String
    let port: UInt16?
    var testDescription: String { text }
  }

  static let ports = [
    PortRow(text: "rtsp://cam/x", port: 554),
    PortRow(text: "rtsp://u:p@cam:8554/x:9", port: 8554),
    PortRow(text: "rtsps://cam/x", port: 322),
    PortRow(text: "rtsp://[2001:db8::1]/x", port: 554),
    PortRow(text: "rtsp://[2001:db8::1]:8554/x", port: 8554),
    PortRow(text: "rtsp://cam:8554#x", port: 8554),
    PortRow(text: "RTMP://h/live/key", port: 1935),
    PortRow(text: "rtmps://h/live/key", port: 443),
    PortRow(text: "http://h/a.ts", port: 80),
    PortRow(text: "https://h/a.ts", port: 443),
    PortRow(text: "http://h:8080?q", port: 8080),
    PortRow(text: "udp://@:5000", port: nil),
    PortRow(text: "srt://h:9", port: nil),
    PortRow(text: "/a/b.ts", port: nil),
    PortRow(text: "-", port: nil),
  ]

  @Test("the port of a URL by TCP is its own, or that of its scheme", arguments: ports)
  func port(_ row: PortRow) throws {
    #expect(try #require(InputAddress(row.text)).port == row.port)
  }

  @Test(
    "other schemes and impossible passphrases are refused",
    arguments: ["", "ftp://h/a", "concat://a|b", "a\nb"]
      + ["rtsp://[::1", "rtsp://[::1]x", "srt://h:99999999", "udp://", "udp://h", "udp://h:0"]
      + ["http://", "http:///x", "rtsp://:554/x", "srt://h", "rtsp://h:x/y", "rtmp://h:-1/a"]
      + ["srt://h:9?passphrase=short", "srt://h:9?latency=1&passphrase="]
      + ["srt://h:9?passphrase=" + String(repeating: "x", count: 80)])
  func refused(text: String) { #expect(InputAddress(text) == nil) }

  @Test(
    "signs that end a host are noticed in credentials, which no message may contain",
    arguments: [
      ("rtsp://u:a#b@h/x", true), ("rtsp://u:a/b@h/x", true), ("rtsp://u:a?b@h/x", true),
      ("rtsp://u:a@b@h/x", false), ("rtsp://u:a%23b@h/x", false), ("rtsp://h/x#b", false),
    ])
  func unencoded(text: String, isNoticed: Bool) throws {
    #expect(try #require(InputAddress(text)).hasUnencodedCredentials == isNoticed)
    guard isNoticed else { return }
    // Nothing listens there, or is looked up, before the address was read.
    let address = try #require(InputAddress(text.replacing("@h/", with: "@127.0.0.1:1/")))
    do throws(InputError) {
      _ = try InputContext(address, InputOptions(), InputCancellation())
      Issue.record("an input without a server")
    } catch {
      #expect("\(error)".contains("percent-encode"))
    }
  }

  @Test("of an address that cannot be read only the scheme is left, unless it is a plain one")
  func unreadableAddresses() {
    for (text, shown) in [
      ("rtsp://admin:secret", "rtsp://***"), ("rtsp://u:pa ss@h/x", "rtsp://***"),
      ("rtsp://u:p#ss@h:x/y", "rtsp://***"), ("srt://u@h:1?passphrase=x", "srt://***"),
      ("ftp://h/x", nil), ("srt://h:1?passphrase=short", nil), ("clip", nil),
    ] as [(String, String?)] {
      #expect(InputAddress.redact(unreadable: text) == shown)
    }
  }

  @Test("secrets of the address are removed from messages of a library")
  func scrub() throws {
    let address = try #require(InputAddress("rtsp://anna:geheim@cam/x?key=versteckt"))
    let text = address.scrub(
      "rtsp://anna:geheim@cam/x?key=versteckt: auth of anna with geheim; versteckt")
    #expect(text == "rtsp://***@cam/x?key=***: auth of *** with ***; ***")
    let raw = try #require(InputAddress("rtsp://anna:ge@heim/nis@cam/x"))
    #expect(
      raw.scrub("Failed to resolve hostname heim: no") == "Failed to resolve hostname ***: no")
    let recorder = try #require(InputAddress("rtsp://h/user=admin_password=geheim_channel=1"))
    #expect(recorder.scrub("no admin_password=geheim_channel=1") == "no ***")
    let rtmp = try #require(InputAddress("rtmp://h/live/meinschluessel"))
    #expect(rtmp.scrub("play meinschluessel failed") == "play *** failed")
  }
}

@Suite("NAL units and AAC frames of containers")
struct ContainerUnitsTests {
  @Test(
    "AVCC of any length size is split, without parameter sets and AUD, ISO/IEC 14496-15 §5.3.3.1")
  func lengths() {
    let sets: [UInt8] = [1, 0x42, 0, 30, 0xFD, 0xE1, 0, 4, 0x67, 1, 2, 3, 1, 0, 2, 0x68, 9]
    let splitter = NALSplitter(.h264, extradata: sets.span)
    #expect(splitter.lengthSize == 2)
    #expect(
      NALSplitter.parameterSets(.h264, extradata: sets.span) == [[0x67, 1, 2, 3], [0x68, 9]])
    let bytes: [UInt8] = [0, 2, 9, 16, 0, 2, 6, 1, 0, 3, 0x65, 7, 8, 0, 2, 0x68, 5]
    let split = splitter.split(bytes.span)
    #expect(split.bytes == [0, 0, 0, 2, 6, 1, 0, 0, 0, 3, 0x65, 7, 8])
    #expect(split.parameterSets == [[0x68, 5]] && split.isKey && split.slices == 1)
  }

  @Test("hvcC gives its parameter sets, ISO/IEC 14496-15 §8.3.3.1")
  func hevc() {
    var box = [UInt8](repeating: 0, count: 23)
    box[0] = 1
    box[21] = 0xFF
    box[22] = 3
    for (type, byte) in [(32, 0x40), (33, 0x42), (34, 0x44)] as [(UInt8, UInt8)] {
      box += [0x80 | type, 0, 1, 0, 3, byte, 1, type]
    }
    let sets = NALSplitter.parameterSets(.hevc, extradata: box.span)
    #expect(sets == [[0x40, 1, 32], [0x42, 1, 33], [0x44, 1, 34]])
  }

  /// NAL unit types of HEVC and their role; ITU-T H.265 table 7-1.
  struct TypeRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let types: ClosedRange<UInt8>
    let kind: NALCodec.Kind
  }

  @Test(
    "IDR, BLA and CRA are key frames, RASL and RADL leading pictures, ITU-T H.265 table 7-1",
    arguments: [
      TypeRow(testDescription: "TRAIL, TSA, STSA", types: 0...5, kind: .slice),
      TypeRow(testDescription: "RADL and RASL", types: 6...9, kind: .leadingSlice),
      TypeRow(testDescription: "reserved below the IRAPs", types: 10...15, kind: .padding),
      TypeRow(testDescription: "BLA", types: 16...18, kind: .keySlice),
      TypeRow(testDescription: "IDR", types: 19...20, kind: .keySlice),
      TypeRow(testDescription: "CRA", types: 21...21, kind: .keySlice),
      TypeRow(testDescription: "reserved above the IRAPs", types: 22...31, kind: .padding),
      TypeRow(testDescription: "VPS, SPS, PPS", types: 32...34, kind: .parameterSet),
      TypeRow(testDescription: "delimiters, ends, filler", types: 35...38, kind: .padding),
      TypeRow(testDescription: "SEI", types: 39...40, kind: .information),
    ])
  func types(_ row: TypeRow) {
    let splitter = NALSplitter(.hevc, extradata: [UInt8]().span)
    for type in row.types {
      #expect(NALCodec.hevc.kind(type << 1) == row.kind)
      let split = splitter.split([0, 0, 0, 1, type << 1, 1, 0x80].span)
      #expect(split.isKey == (row.kind == .keySlice))
      #expect(split.isLeading == (row.kind == .leadingSlice))
      #expect(split.slices == ([.slice, .leadingSlice, .keySlice].contains(row.kind) ? 1 : 0))
    }
  }

  @Test(
    "a BLA without leading pictures is a random access point, ITU-T H.265 §3.10 and §7.3.1.2",
    arguments: UInt8(16)...18)
  func brokenLink(_ type: UInt8) {
    // Headers of two bytes: nal_unit_type, then nuh_layer_id 0 and nuh_temporal_id_plus1 1.
    let sets: [[UInt8]] = [[0x40, 1, 0x0C], [0x42, 1, 1], [0x44, 1, 0xC1]]
    let information: [UInt8] = [0x4E, 1, 5, 1, 0, 0x80]
    // first_slice_segment_in_pic_flag is set in the first of two slices.
    let slices: [[UInt8]] = [[type << 1, 1, 0xAF, 9], [type << 1, 1, 0x40, 8]]
    let delimiter: [UInt8] = [0x46, 1, 0x10]
    let end: [UInt8] = [0x48, 1]
    let units: [[UInt8]] = [delimiter] + sets + [information] + slices + [end]
    let unit: [UInt8] = units.flatMap { [0, 0, 0, 1] + $0 }
    let split = NALSplitter(.hevc, extradata: [UInt8]().span).split(unit.span)
    #expect(split.isKey && !split.isLeading && split.slices == 2)
    #expect(split.parameterSets == sets)
    let kept: [UInt8] = ([information] + slices).flatMap { [0, 0, 0, UInt8($0.count)] + $0 }
    #expect(split.bytes == kept)
    let following = NALSplitter(.hevc, extradata: [UInt8]().span).split(
      [0, 0, 1, 1 << 1, 1, 0xD0].span)
    #expect(!following.isKey && !following.isLeading && following.slices == 1)
  }

  @Test("metadata of Dolby Vision stays with its access unit if the track is Dolby Vision")
  func metadata() {
    for (codec, slice, metadata) in [
      (NALCodec.hevc, [1 << 1, 1, 0xD0], [62 << 1, 1, 0x19, 8]),
      (.h264, [0x41, 0x9A, 0xD0], [28, 0x19, 8]),
    ] as [(NALCodec, [UInt8], [UInt8])] {
      var splitter = NALSplitter(codec, extradata: [UInt8]().span)
      let unit: [UInt8] = [slice, metadata].flatMap { [0, 0, 0, 1] + $0 }
      func sample(_ units: [[UInt8]]) -> [UInt8] {
        units.flatMap { [0, 0, 0, UInt8($0.count)] + $0 }
      }
      #expect(splitter.split(unit.span).bytes == sample([slice]))
      splitter.keepsDolbyVision = true
      #expect(splitter.split(unit.span).bytes == sample([slice, metadata]))
    }
  }

  @Test("a slice of another type than 5 is no key frame of H.264", arguments: UInt8(1)...4)
  func recoveryPoint(_ type: UInt8) {
    let splitter = NALSplitter(.h264, extradata: [UInt8]().span)
    // A recovery point SEI: recovery_frame_cnt 0, exact_match_flag 1; then a slice.
    let split = splitter.split([0, 0, 1, 6, 6, 1, 0xC4, 0x80, 0, 0, 1, type, 0x88].span)
    #expect(!split.isKey && split.slices == 1)
  }

  @Test("broken extradata and lengths are harmless", arguments: 0..<24)
  func broken(count: Int) {
    let bytes = [UInt8](repeating: 0xFF, count: count)
    var first = bytes
    if count > 0 { first[0] = 1 }
    for codec in [NALCodec.h264, .hevc] {
      _ = NALSplitter.parameterSets(codec, extradata: first.span)
      _ = NALSplitter(codec, extradata: first.span).split(bytes.span)
    }
  }

  @Test("complete ADTS frames are found, ISO/IEC 13818-7 §6.2")
  func adts() {
    // 48 kHz, two channels, AAC-LC, 7 + 3 bytes.
    let frame: [UInt8] = [0xFF, 0xF1, 0x4C, 0x80, 0x01, 0x5F, 0xFC, 1, 2, 3]
    let frames = ADTS.frames((frame + frame + [0xFF, 0xF1]).span)
    #expect(frames.map(\.range) == [7..<10, 17..<20])
    #expect(frames.first?.sampleRate == 48000 && frames.first?.channels == 2)
    #expect(frames.first?.configuration == [0x11, 0x90])
    let parsed = AudioSpecificConfig([0x11, 0x90])
    #expect(parsed?.sampleRate == 48000 && parsed?.channels == 2)
  }
}
