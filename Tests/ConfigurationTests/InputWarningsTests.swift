// SPDX-License-Identifier: Apache-2.0

import Configuration
import Media
import Streams
import Testing

@testable import Capture

@Suite("Warnings about an input")
struct InputWarningsTests {
  private func events(_ chroma: ChromaFormat, passesThrough: Bool) -> [String] {
    var video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 1280, height: 720, rate: FrameRate(25),
      parameterSets: [], configuration: [])
    video.frames.chroma = chroma
    let description = InputDescription(format: "flv", video: video, isPaced: false)
    return InputWarnings(.init(description, passesThrough: passesThrough)).list.map {
      "\($0.event): \($0.text.split(separator: " ").first { $0.contains(":") } ?? "")"
    }
  }

  @Test("chroma other than 4:2:0 is named if it is passed through; an encoder makes 4:2:0 of it")
  func chroma() {
    #expect(events(.yuv420, passesThrough: true) == [])
    for chroma in [ChromaFormat.yuv422, .yuv440, .yuv444] {
      #expect(events(chroma, passesThrough: true) == ["chroma: \(chroma.rawValue)"])
      #expect(events(chroma, passesThrough: false) == [])
    }
  }

  @Test("the planes of a frame tell its chroma format")
  func planes() {
    #expect(ChromaFormat(isHalfWidth: true, isHalfHeight: true) == .yuv420)
    #expect(ChromaFormat(isHalfWidth: true, isHalfHeight: false) == .yuv422)
    #expect(ChromaFormat(isHalfWidth: false, isHalfHeight: true) == .yuv440)
    #expect(ChromaFormat(isHalfWidth: false, isHalfHeight: false) == .yuv444)
  }
}
