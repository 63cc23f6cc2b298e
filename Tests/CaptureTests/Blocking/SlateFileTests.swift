// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Foundation
import Media
import Sharing
import TestSupport
import Testing
import Time

@Suite("The file of a slate", .blocking)
struct SlateFileTests {
  /// A film of the test pattern, 10 frames per second; the last one comes `jump` frames later.
  private func film(frames: Int64, jump: Int64 = 0, at path: String) throws {
    let size = try #require(VideoSize("320x180"))
    let rate = try #require(FrameRate(10))
    var encoder = try VideoEncoder(
      EncoderSettings(size: size, rate: rate, bitrateKilobits: 300, preset: "ultrafast"))
    let pattern = try TestPattern(size: size)
    let grid = FrameGrid(rate: rate)
    var bytes = try encoder.initSegment()
    for index in 0..<frames {
      for coded in try encoder.encode(
        pattern.draw(frame: index, milliseconds: index * 100), pts: grid.ticks(index),
        independent: index % 10 == 0)
      {
        let sample = Sample(
          payload: coded.bytes,
          decodeTime: coded.pts + (index == frames - 1 ? grid.ticks(jump) : 0),
          duration: UInt32(rate.ticksPerFrame),
          captured: 0, sequence: UInt32(index + 1), isSync: coded.isIndependent)
        bytes += ChunkWriter().chunk(sample, startsSegment: index == 0).array
      }
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private func temporary(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(name)")
      .path
  }

  @Test("a film is repeated at the rate of the stream, in the size of the stream")
  func film() throws {
    let path = temporary("slate.mp4")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try film(frames: 5, at: path)
    let file = try #require(SlateFile(path: path))
    let size = try #require(VideoSize("640x480"))
    let frames = try file.frames(size: size, rate: .thirty)
    #expect(frames.count == 15)
    #expect(frames.allSatisfy { $0.size == size })
    // Each frame of the film is shown three times.
    #expect(Set(frames.map { ObjectIdentifier($0) }).count == 5)
    #expect(frames[0] === frames[2] && frames[2] !== frames[3])
    #expect(try file.first(size: size).size == size)
  }

  @Test("a jump of the timestamps does not lengthen a film beyond 10 s")
  func jump() throws {
    let path = temporary("slate.mp4")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try film(frames: 5, jump: 36_000, at: path)
    let size = try #require(VideoSize("320x180"))
    #expect(try #require(SlateFile(path: path)).frames(size: size, rate: .thirty).count == 300)
  }

  @Test("of a film with large frames some are left out, so that the memory is limited")
  func memory() throws {
    let path = temporary("slate.mp4")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try film(frames: 20, at: path)
    let file = try #require(SlateFile(path: path))
    let size = try #require(VideoSize("3840x2160"))
    let frames = try file.frames(size: size, rate: .thirty)
    #expect(frames.count == 60)
    #expect(Set(frames.map { ObjectIdentifier($0) }).count == 5)
  }

  @Test("a file without a picture is an error", arguments: ["no picture", ""])
  func wrong(_ content: String) throws {
    let path = temporary("slate.png")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    let file = try #require(SlateFile(path: path))
    #expect(throws: InputError.self) { try file.first(size: .hd720) }
  }

  @Test("a missing file and a URL are errors")
  func missing() throws {
    #expect(SlateFile(path: "http://h/x.png") == nil)
    let file = try #require(SlateFile(path: temporary("none.png")))
    #expect(throws: InputError.self) { try file.first(size: .hd720) }
  }
}
