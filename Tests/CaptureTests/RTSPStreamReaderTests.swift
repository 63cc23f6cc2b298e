// SPDX-License-Identifier: Apache-2.0

import Capture
import Testing

@Suite("The bytes of an RTSP connection, RFC 2326 §10.12")
struct RTSPStreamReaderTests {
  private static let answer = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nabc"
  private static let request = "REDIRECT * RTSP/1.0\nLocation:\n rtsp://a/\n\n"

  private static func frame(_ channel: UInt8, _ length: Int) -> [UInt8] {
    [0x24, channel, UInt8(length >> 8), UInt8(length & 0xFF)]
      + (0..<length).map { UInt8(truncatingIfNeeded: $0) }
  }

  /// Reads bytes in pieces of a length: the media together, and the messages.
  private func read(_ bytes: [UInt8], by length: Int) -> (media: [UInt8], messages: [RTSPMessage]) {
    var reader = RTSPStreamReader()
    var media: [UInt8] = []
    var messages: [RTSPMessage] = []
    for start in stride(from: 0, to: bytes.count, by: length) {
      for piece in reader.take(Array(bytes[start..<min(start + length, bytes.count)])) {
        switch piece {
        case .media(let frames): media += frames
        case .message(let message): messages.append(message)
        }
      }
    }
    return (media, messages)
  }

  @Test("media and messages in any division of the bytes", arguments: [1, 2, 3, 7, 50, 100_000])
  func divided(length: Int) {
    let frames = [Self.frame(0, 1400), Self.frame(1, 8), Self.frame(2, 65535), Self.frame(0, 36)]
    let stream =
      frames[0] + Array(Self.answer.utf8) + frames[1] + frames[2] + [0x0D, 0x0A]
      + Array(Self.request.utf8) + frames[3]
    let found = read(stream, by: length)
    #expect(found.media == frames.joined().map { $0 })
    #expect(found.messages.map(\.startLine) == ["RTSP/1.0 200 OK", "REDIRECT * RTSP/1.0"])
    #expect(found.messages.first?.body == Array("abc".utf8))
    #expect(found.messages.last?.value("location")?.hasSuffix("rtsp://a/") == true)
  }

  @Test(
    "bytes that are neither are left out", arguments: [1, 5, 1000])
  func garbage(length: Int) {
    let frame = Self.frame(0, 20)
    let noise: [[UInt8]] = [
      [0, 1, 2, 0xFF], Array("RTSX/".utf8), Array("PLAYX * RTSP/1.0\r\n\r\n".utf8),
      // Frames without a packet.
      [0x24, 0, 0, 0], [0x24, 1, 0, 2, 0x24, 0x24],
      Array("RTSP/1.0 200 OK\r\nContent-Length: -4\r\n\r\n".utf8),
      Array("RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n".utf8),
      Array("RTSP/1.0 200 OK\r\nContent-Length: 1048577\r\n\r\n".utf8),
    ]
    for bytes in noise {
      let found = read(frame + bytes + frame, by: length)
      #expect(found.media == frame + frame && found.messages.isEmpty, "\(bytes)")
    }
  }

  @Test("an endless head is left out")
  func endless() {
    let head = Array("RTSP/1.0 200 OK\r\n".utf8) + [UInt8](repeating: 0x41, count: 40_000)
    let frame = Self.frame(0, 20)
    let found = read(head + frame, by: 4096)
    #expect(found.media == frame && found.messages.isEmpty)
  }
}
