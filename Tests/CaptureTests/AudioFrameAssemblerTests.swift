// SPDX-License-Identifier: Apache-2.0

import Capture
import TestSupport
import Testing

@Suite("PCM frames of 1024 samples, counted from 1970")
struct AudioFrameAssemblerTests {
  /// Samples whose value is their position minus `base`.
  static func audio(_ positions: Range<Int64>, base: Int64) -> PCMBlock {
    PCMBlock(planes: [positions.map { Float($0 - base) }])
  }

  @Test("the first frame begins at a multiple of 1024, with silence before the first sample")
  func first() {
    var assembler = AudioFrameAssembler(channels: 1, maximumGap: 5000)
    let base: Int64 = 86_167_474_560_000 / 1024 * 1024
    let frames = assembler.push(Self.audio(base + 24..<base + 2048, base: base), at: base + 24)
    #expect(frames.map(\.position) == [base, base + 1024])
    #expect(frames[0].audio.planes[0].prefix(24).allSatisfy { $0 == 0 })
    #expect(frames[0].audio.planes[0][24...] == ArraySlice((24..<1024).map { Float($0) }))
    #expect(frames[1].audio.planes[0] == (1024..<2048).map { Float($0) })
  }

  @Test("blocks of any size, with gaps and overlaps, give each frame once, samples in position")
  func anyBlocks() throws {
    for seed in UInt64(0)..<TestLength.of(short: 6, long: 12) {
      var random = SplitMix64(seed: seed)
      var assembler = AudioFrameAssembler(channels: 1, maximumGap: 1_000_000)
      let base = Int64.random(in: 0...80_000_000_000, using: &random) * 1024
      var position = base + Int64.random(in: 0..<1024, using: &random)
      var present: [Range<Int64>] = []
      var frames: [AudioFrameAssembler.Frame] = []
      var received = position
      for _ in 0..<80 {
        let count = Int64.random(in: 1...3000, using: &random)
        frames += assembler.push(
          Self.audio(position..<position + count, base: base - 1), at: position)
        if position + count > received {
          present.append(max(position, received)..<position + count)
          received = position + count
        }
        position += count
        switch Int.random(in: 0..<6, using: &random) {
        case 0: position += Int64.random(in: 0...5000, using: &random)
        case 1: position -= Int64.random(in: 0...2000, using: &random)
        case 2:
          let end = position + Int64.random(in: -100...2000, using: &random)
          frames += assembler.fill(to: end)
          received = max(received, end)
        default: break
        }
      }
      try #require(!frames.isEmpty)
      #expect(frames.map(\.position) == (0..<Int64(frames.count)).map { base + $0 * 1024 })
      #expect(Int64(frames.count) == (received - base) / 1024)
      // Whether there was audio for a sample, from `base` on.
      var covered = [Bool](repeating: false, count: Int(received - base) + 1)
      for range in present {
        for sample in range where sample >= base { covered[Int(sample - base)] = true }
      }
      for frame in frames {
        for (index, value) in frame.audio.planes[0].enumerated() {
          let sample = frame.position + Int64(index)
          let expected = covered[Int(sample - base)] ? Float(sample - base + 1) : 0
          guard value == expected else {
            Issue.record("sample \(sample - base) is \(value), not \(expected); seed \(seed)")
            return
          }
        }
      }
    }
  }

  @Test("frames after a gap longer than the limit continue at the position of the new samples")
  func longGap() {
    var assembler = AudioFrameAssembler(channels: 2, maximumGap: 10_000)
    let stereo = PCMBlock(
      planes: [Array(repeating: 1, count: 1500), Array(repeating: 2, count: 1500)])
    #expect(assembler.push(stereo, at: 0).map(\.position) == [0])
    let frames = assembler.push(stereo, at: 1_000_000)
    #expect(frames.map(\.position) == [1024, 999_424, 1_000_448])
    #expect(frames[0].audio.planes[1][475] == 2 && frames[0].audio.planes[1][476] == 0)
    #expect(frames[1].audio.planes[1][575] == 0 && frames[1].audio.planes[1][576] == 2)
    #expect(assembler.next == 1_001_500)
    // Samples before the current position are dropped.
    #expect(assembler.push(stereo, at: 2000).isEmpty && assembler.next == 1_001_500)
  }

  @Test("the time for a block is in proportion to its length", .timeLimit(.minutes(1)))
  func large() {
    var assembler = AudioFrameAssembler(channels: 1, maximumGap: 5000)
    let count = 10_000_000
    let frames = assembler.push(.silence(channels: 1, count: count), at: 0)
    #expect(frames.count == count / 1024)
    #expect(assembler.push(.silence(channels: 1, count: 1024), at: Int64(count)).count == 1)
  }
}
