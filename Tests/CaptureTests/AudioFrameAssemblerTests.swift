// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Capture

@Suite("Sound in frames of 1024 samples since 1970")
struct AudioFrameAssemblerTests {
  /// Samples whose value is their place, beyond `base`.
  static func audio(_ positions: Range<Int64>, base: Int64) -> PCMBlock {
    PCMBlock(planes: [positions.map { Float($0 - base) }])
  }

  @Test("the first frame is silent before the first sound, and begins at a multiple of 1024")
  func first() {
    var assembler = AudioFrameAssembler(channels: 1, longestGap: 5000)
    let base: Int64 = 86_167_474_560_000 / 1024 * 1024
    let frames = assembler.push(Self.audio(base + 24..<base + 2048, base: base), at: base + 24)
    #expect(frames.map(\.position) == [base, base + 1024])
    #expect(frames[0].audio.planes[0].prefix(24).allSatisfy { $0 == 0 })
    #expect(frames[0].audio.planes[0][24...] == ArraySlice((24..<1024).map { Float($0) }))
    #expect(frames[1].audio.planes[0] == (1024..<2048).map { Float($0) })
  }

  @Test("blocks of any size, gaps and overlaps: every frame once, each sample at its place")
  func anyBlocks() throws {
    for seed in UInt64(0)..<12 {
      var random = SplitMix64(seed: seed)
      var assembler = AudioFrameAssembler(channels: 1, longestGap: 1_000_000)
      let base = Int64.random(in: 0...80_000_000_000, using: &random) * 1024
      var position = base + Int64.random(in: 0..<1024, using: &random)
      var present: [Range<Int64>] = []
      var frames: [AudioFrameAssembler.Frame] = []
      var heard = position
      for _ in 0..<80 {
        let count = Int64.random(in: 1...3000, using: &random)
        frames += assembler.push(
          Self.audio(position..<position + count, base: base - 1), at: position)
        if position + count > heard {
          present.append(max(position, heard)..<position + count)
          heard = position + count
        }
        position += count
        switch Int.random(in: 0..<6, using: &random) {
        case 0: position += Int64.random(in: 0...5000, using: &random)
        case 1: position -= Int64.random(in: 0...2000, using: &random)
        case 2:
          let place = position + Int64.random(in: -100...2000, using: &random)
          frames += assembler.fill(to: place)
          heard = max(heard, place)
        default: break
        }
      }
      try #require(!frames.isEmpty)
      #expect(frames.map(\.position) == (0..<Int64(frames.count)).map { base + $0 * 1024 })
      #expect(Int64(frames.count) == (heard - base) / 1024)
      var sounding: Set<Int64> = []
      for range in present { sounding.formUnion(range) }
      for frame in frames {
        for (index, value) in frame.audio.planes[0].enumerated() {
          let place = frame.position + Int64(index)
          let wanted = sounding.contains(place) ? Float(place - base + 1) : 0
          guard value == wanted else {
            Issue.record("sample \(place - base) is \(value), not \(wanted); seed \(seed)")
            return
          }
        }
      }
    }
  }

  @Test("a gap that is too long is left: the frames go on at the new place")
  func longGap() {
    var assembler = AudioFrameAssembler(channels: 2, longestGap: 10_000)
    let stereo = PCMBlock(
      planes: [Array(repeating: 1, count: 1500), Array(repeating: 2, count: 1500)])
    #expect(assembler.push(stereo, at: 0).map(\.position) == [0])
    let frames = assembler.push(stereo, at: 1_000_000)
    #expect(frames.map(\.position) == [1024, 999_424, 1_000_448])
    #expect(frames[0].audio.planes[1][475] == 2 && frames[0].audio.planes[1][476] == 0)
    #expect(frames[1].audio.planes[1][575] == 0 && frames[1].audio.planes[1][576] == 2)
    #expect(assembler.next == 1_001_500)
    // What is old by then is left out.
    #expect(assembler.push(stereo, at: 2000).isEmpty && assembler.next == 1_001_500)
  }
}
