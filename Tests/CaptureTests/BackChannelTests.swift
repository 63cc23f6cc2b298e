// SPDX-License-Identifier: Apache-2.0

import Capture
import Testing

@Suite("Back channels of session descriptions")
struct BackChannelTests {
  private func removed(_ lines: [String]) -> [String] {
    let text = lines.map { $0 + "\r\n" }.joined()
    let found = BackChannels.removed(from: Array(text.utf8))
    return String(decoding: found, as: UTF8.self).split(separator: "\r\n").map { String($0) }
  }

  private let session = ["v=0", "s=camera"]
  private let video = ["m=video 0 RTP/AVP 96", "a=control:track0", "a=recvonly"]
  private let audio = ["m=audio 0 RTP/AVP 97", "a=control:track1"]
  private let back = ["m=audio 0 RTP/AVP 0", "a=sendonly", "a=control:extra"]

  @Test("audio that the client would send is left out, wherever it is")
  func leftOut() {
    #expect(removed(session + video + audio + back) == session + video + audio)
    #expect(removed(session + back + video + audio) == session + video + audio)
    #expect(removed(session + video + back) == session + video)
  }

  @Test("a server that marks its own media so keeps them")
  func kept() {
    let own = ["m=video 0 RTP/AVP 96", "a=sendonly"]
    for lines in [session + own + back, session + back, session + video + audio, session] {
      #expect(removed(lines) == lines)
    }
    #expect(removed(session + video + ["m=audio 0 RTP/AVP 0", "a=sendonlyx"]).count == 7)
  }

  @Test("the response states the length that is left")
  func length() {
    var message = RTSPMessage("RTSP/1.0 200 OK", ["Content-Length: 9", "CSeq: 2"])
    message.replace(body: [1, 2])
    #expect(message.value("Content-Length") == "2" && message.body == [1, 2])
  }
}
