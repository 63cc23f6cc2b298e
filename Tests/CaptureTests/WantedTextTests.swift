// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Media
import Sharing
import Testing
import Time

@testable import Capture

@Suite("Texts of inputs are decoded if they are wanted")
struct WantedTextTests {
  /// Teletext with two pages of subtitles.
  private static let subtitles = LibraryText.Subtitles(
    AV_CODEC_ID_DVB_TELETEXT, configuration: [2 << 3, 0x88, 2 << 3 | 7, 0x77],
    languages: "ger,eng")

  /// The pages whose decoders were opened.
  private final class Opened {
    var pages: [Int?] = []
  }

  private static let start = SourceTime(nanoseconds: 5_000_000_000)
  private let isWanted = OnceFlag()
  private let opened = Opened()

  /// The losses after packets at these seconds.
  private func losses(_ text: inout LibraryText, at seconds: [Int64]) -> [MetadataPacket.Loss] {
    seconds.flatMap { second in
      let time = Self.start + .seconds(second)
      let arrival = MonotonicTime.origin + .seconds(second)
      _ = text.note(time, ticks: 90_000 * second, arrival: arrival)
      return text.take(
        [0x10, 3, 0x2C], of: 4, Self.subtitles, pts: time, duration: .zero, arrival: arrival
      ).compactMap { packet -> MetadataPacket.Loss? in
        guard case .leftOut(let loss) = packet.format else { return nil }
        return loss
      }
    }
  }

  @Test("no decoder is opened before a stream wants texts; the languages are told each 10 s")
  func unwanted() {
    var text = LibraryText(isWanted: isWanted) { [opened] subtitles, page throws(FFmpegError) in
      opened.pages.append(page)
      return try LibraryText.Decoder.open(subtitles, page)
    }
    let loss = MetadataPacket.Loss.unwantedTexts([Language("deu"), Language("eng")])
    #expect(losses(&text, at: [1, 2, 10, 11, 12]) == [loss, loss])
    #expect(opened.pages.isEmpty)
    // A stream with captions joins the connection.
    _ = isWanted.raise()
    #expect(losses(&text, at: [13, 30]).isEmpty)
    #expect(opened.pages == [888, 777])
  }

  @Test("decoders that do not open are one loss, which names them; the others are used")
  func undecodable() {
    _ = isWanted.raise()
    var text = LibraryText(isWanted: isWanted) { [opened] subtitles, page throws(FFmpegError) in
      opened.pages.append(page)
      guard page == 888 else { throw FFmpegError(refused: "no decoder") }
      return try LibraryText.Decoder.open(subtitles, page)
    }
    let found = losses(&text, at: [1, 2, 3, 11])
    #expect(found.count == 2 && Set(found).count == 1)
    guard case .undecodableTexts(let texts, let reason)? = found.first else {
      Issue.record("no loss")
      return
    }
    #expect(texts == "dvb_teletext page 777 in en" && reason.contains("no decoder"))
    #expect(opened.pages == [888, 777], "opened once")
  }

  @Test("an unknown codec has no decoder, and the error names the codec")
  func unknown() {
    do throws(FFmpegError) {
      _ = try SubtitleDecoder(AV_CODEC_ID_DVD_NAV, extradata: [])
      Issue.record("a decoder")
    } catch { #expect("\(error)".contains("libavcodec has no decoder for dvd_nav_packet")) }
  }
}
