// SPDX-License-Identifier: Apache-2.0

import Capture

extension FuzzBody {
  /// The bytes of an RTSP server, whole and in pieces: both are divided equally, media consist of
  /// frames, each request has at most a few answers, and the password is sent to its host only.
  static let rtsp = FuzzBody(
    name: "rtsp",
    sources: [
      "Capture/RTSP/RTSPStreamReader.swift", "Capture/RTSP/RTSPMessage.swift",
      "Capture/RTSP/RTSPExchange.swift", "Capture/RTSP/AuthenticationChallenge.swift",
    ]
  ) { bytes in
    guard let first = bytes.first else { return nil }
    let stream = Array(bytes.dropFirst())
    var reader = RTSPStreamReader()
    let whole = Pieces(reader.take(stream))
    var slow = RTSPStreamReader()
    let length = Int(first & 31) + 1
    var found: [RTSPStreamReader.Piece] = []
    for start in stride(from: 0, to: stream.count, by: length) {
      found += slow.take(Array(stream[start..<min(start + length, stream.count)]))
    }
    guard whole == Pieces(found) else { return "pieces of \(length) bytes differ" }
    return play(whole.messages)
  }

  /// The media together, and the messages.
  private struct Pieces: Equatable {
    var media: [UInt8] = []
    var messages: [RTSPMessage] = []

    init(_ pieces: [RTSPStreamReader.Piece]) {
      for piece in pieces {
        switch piece {
        case .media(let frames): media += frames
        case .message(let message): messages.append(message)
        }
      }
    }
  }

  private static func play(_ messages: [RTSPMessage]) -> String? {
    guard let address = RTSPAddress("rtsp://user:hidden@192.0.2.1/x") else { return "no address" }
    let base = "rtsp://127.0.0.1:1/t"
    var exchange = RTSPExchange(address, localBase: base, reachesOtherHosts: true) { "cn" }
    exchange.connected(to: "192.0.2.1")
    var methods = ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN"][...]
    var host = address.host
    var sent = 0
    for (number, message) in messages.enumerated() {
      if exchange.awaited == nil, let method = methods.popFirst() {
        _ = exchange.take(request: RTSPMessage("\(method) \(base) RTSP/1.0", ["CSeq: \(number)"]))
      }
      for action in exchange.take(server: message) {
        switch action {
        case .send(let request), .connect(_, let request):
          if case .connect(let target, _) = action { host = target.host }
          sent += 1
          // `user:hidden` by Basic.
          let isOpen = String(decoding: request, as: UTF8.self).contains("dXNlcjpoaWRkZW4=")
          if isOpen, host != address.host { return "the password was sent to \(host)" }
        case .deliver(let response):
          if String(decoding: response, as: UTF8.self).contains("hidden") { return "a password" }
        case .report: break
        case .end: return nil
        }
      }
    }
    if let fault = exchange.fault, "\(fault)".contains("hidden") { return "a password is told" }
    return sent > messages.count ? "\(sent) requests for \(messages.count) messages" : nil
  }
}
