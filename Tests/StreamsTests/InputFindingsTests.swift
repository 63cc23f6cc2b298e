// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Capture
import Streams

@Suite("Unusual properties of an input")
struct InputFindingsTests {
  private func input(
    passes: Bool, _ change: (inout InputFindings.Input) -> Void = { _ in }
  ) -> InputFindings.Input {
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 1280, height: 720, rate: FrameRate(25),
      parameterSets: [], configuration: [])
    var input = InputFindings.Input(
      InputDescription(format: "rtsp", video: video, isPaced: false), passesThrough: passes)
    input.rate = FrameRate(25)
    change(&input)
    return input
  }

  private func kinds(_ input: InputFindings.Input) -> [String] {
    InputFindings(input).list.map(\.kind.rawValue)
  }

  @Test("a usual input has no finding")
  func usual() {
    for passes in [true, false] {
      #expect(
        kinds(
          input(passes: passes) {
            $0.irregularities.audioLag = .milliseconds(60)
          }
        ).isEmpty)
    }
  }

  private struct Row: Sendable, CustomTestStringConvertible {
    let kind: String
    let value: Int64?
    /// Words of the consequence if it is passed through, and if it is encoded.
    let passed: String
    let encoded: String
    let change: @Sendable (inout InputFindings.Input) -> Void
    var testDescription: String { kind }
  }

  private static let rows: [Row] = [
    Row(kind: "b-frames", value: 3, passed: "120 ms later", encoded: "3 frames") {
      $0.reordering = Reordering(lead: 1, delay: 2)
    },
    Row(kind: "interlaced", value: nil, passed: "combed", encoded: "deinterlaced") {
      $0.description.video.frames.isInterlaced = true
    },
    Row(kind: "bit-depth", value: 10, passed: "show nothing", encoded: "8 bits") {
      $0.description.video.frames.bitDepth = 10
    },
    Row(kind: "chroma", value: nil, passed: "show nothing", encoded: "4:2:0") {
      $0.description.video.frames.chroma = .yuv422
    },
    Row(kind: "rotation", value: 90, passed: "matrix", encoded: "upright") {
      $0.description.video.rotation = .quarter
    },
    Row(kind: "variable-rate", value: 100, passed: "other times", encoded: "at 25 fps") {
      $0.distances = .milliseconds(33) ... .milliseconds(100)
    },
    Row(kind: "displaced", value: 4, passed: "none is lost", encoded: "nearest frame time") {
      $0.irregularities.displacedPerMinute = 4
    },
    Row(kind: "sender-reports", value: 22, passed: "no frame is lost", encoded: "no frame") {
      $0.irregularities.timestampStep = .milliseconds(22)
    },
    Row(kind: "lost-packets", value: 7, passed: "damaged", encoded: "damaged") {
      $0.lostPackets = 7
    },
    Row(kind: "audio-lag", value: -400, passed: "keep it", encoded: "keep it") {
      $0.irregularities.audioLag = .milliseconds(-400)
    },
  ]

  @Test("each property has its value, its consequence and its sentence", arguments: rows)
  private func properties(_ row: Row) throws {
    for passes in [true, false] {
      let list = InputFindings(input(passes: passes, row.change)).list
      let finding = try #require(list.first)
      #expect(list.count == 1 && finding.kind.rawValue == row.kind)
      #expect(finding.value == row.value)
      let words = passes ? row.passed : row.encoded
      #expect(finding.consequence.contains(words) || finding.text.contains(words), "\(finding)")
      #expect(finding.text.contains(finding.measured))
    }
  }

  @Test("steps of another source than RTSP are no sender reports")
  func otherSteps() {
    let found = input(passes: true) {
      $0.description.format = "flv"
      $0.irregularities.timestampStep = .milliseconds(30)
    }
    #expect(kinds(found) == ["timestamp-steps"])
  }

  @Test("audio that arrives late raises the latency")
  func lateAudio() throws {
    let found = input(passes: true) { $0.irregularities.audioLag = .milliseconds(900) }
    let finding = try #require(InputFindings(found).list.first)
    #expect(finding.text.contains("900 ms after") && finding.text.contains("latency"))
  }
}
