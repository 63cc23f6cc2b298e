// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import CMAF
@testable import Encryption

@Suite("Encrypted chunks, ISO/IEC 23001-7 §10.4")
struct ChunkTests {
  static let sets: SliceParameterSets = {
    var sets = SliceParameterSets()
    for unit in SliceHeaderTests.units { _ = sets.take(unit[...], .avc) }
    return sets
  }()

  /// A sample of a SEI message and two slices.
  static func sample(_ random: inout SplitMix64) -> [UInt8] {
    var sei: [UInt8] = [6]
    for _ in 0..<40 { sei.append(UInt8.random(in: 1...255, using: &random)) }
    var sample: [UInt8] = []
    for unit in [sei, slice(700, &random), slice(90, &random)] {
      sample += [0, 0, UInt8(unit.count >> 8), UInt8(unit.count & 255)]
      sample += unit
    }
    return sample
  }

  static func slice(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
    SliceHeaderTests.slice + (0..<count).map { _ in UInt8.random(in: 4...255, using: &random) }
  }

  @Test("of many slices as many are protected as a chunk can state")
  func manySlices() throws {
    var random = SplitMix64(seed: 9)
    var sample: [UInt8] = []
    for _ in 0..<143 {
      let slice = Self.slice(1400, &random)
      sample += [0, 0, UInt8(slice.count >> 8), UInt8(slice.count & 255)] + slice
    }
    var sets = Self.sets
    let found = try #require(Subsamples(sample[...], .avc, &sets))
    // `saiz` has a byte for the size of the entries: 2 bytes and 6 for each.
    #expect(found.entries.count <= 42)
    #expect(found.entries.filter { $0.protected > 0 }.count >= 38)
    #expect(found.entries.map { $0.clear + $0.protected }.reduce(0, +) == sample.count)
  }

  @Test(
    "each sample decrypts to its bytes, at the place that saio and trun state",
    arguments: [
      false, true,
    ])
  func video(isGrouped: Bool) throws {
    var random = SplitMix64(seed: 7)
    let payload = Self.sample(&random)
    let clear = ChunkWriter().chunk(
      Sample(
        payload: payload, decodeTime: 9000, duration: 3000, captured: WallTime(nanoseconds: 1),
        sequence: 1, isSync: true), startsSegment: true
    ).array
    let key = try KeyTests.key(3)
    var sets = Self.sets
    let bytes = try ProtectedChunk.encrypt(
      clear,
      ProtectedChunk.Keys(
        key: key, isGrouped: isGrouped, announced: isGrouped ? [key.identifier] : []),
      .video(.avc), &sets)
    let fragment = try BoxFields(bytes, "chunk").first("moof")
    let movie = try MovieFragment(fragment, maximumSamples: 4)
    let sample = try #require(movie.samples.first)
    let start = fragment.content.upperBound - fragment.size + sample.offset
    #expect(sample.size == payload.count && start + sample.size == bytes.count)
    var opened = Array(bytes[start...])
    #expect(opened != payload)
    // The SEI message and the slice headers are clear.
    #expect(opened[..<45] == payload[..<45])
    let subsamples = try #require(Subsamples(payload[...], .avc, &sets))
    let head = SliceHeaderTests.size
    #expect(subsamples.entries.map(\.clear) == [45 + 4 + head, 4 + head])
    #expect(subsamples.entries.map(\.protected) == [700, 90])
    guard var cipher = PatternCipher(key, decrypts: true) else {
      Issue.record("no cipher")
      return
    }
    for range in subsamples.ranges(from: 0) {
      let isDone = cipher.apply(&opened, range, .video)
      #expect(isDone)
    }
    #expect(opened == payload)
    let track = try fragment.only("traf")
    var offset = try track.only("saio")
    try offset.skip(8)
    let first = fragment.content.upperBound - fragment.size + (try offset.integer(4))
    let table = try track.only("senc")
    #expect(Array(bytes[first..<first + 2]) == [0, 2])
    #expect(table.content.lowerBound + 8 == first)
    var size = try track.only("saiz")
    try size.skip(4)
    #expect(try size.integer(1) == 14)
    let (group, pssh) = (try track.optional("sgpd"), try fragment.optional("pssh"))
    #expect((group != nil) == isGrouped)
    #expect(movie.keyIdentifier == (isGrouped ? key.identifier : nil))
    #expect(try SegmentIndex([SharedBytes(bytes)]).keyIdentifier == movie.keyIdentifier)
    #expect((pssh != nil) == isGrouped)
  }

  @Test("a pattern encrypts one block of ten, and no part of a block")
  func pattern() throws {
    guard var cipher = PatternCipher(try KeyTests.key(1)) else {
      Issue.record("no cipher")
      return
    }
    let clear = [UInt8](repeating: 0, count: 16 * 21 + 5)
    var bytes = clear
    let isDone = cipher.apply(&bytes, clear.indices, .video)
    #expect(isDone)
    let changed = stride(from: 0, to: bytes.count, by: 16).filter {
      bytes[$0..<min($0 + 16, bytes.count)] != clear[$0..<min($0 + 16, bytes.count)]
    }
    #expect(changed == [0, 160, 320])
  }

  @Test("audio is encrypted in whole blocks without senc")
  func audio() throws {
    let frames = [[UInt8](repeating: 5, count: 37), [UInt8](repeating: 6, count: 15)]
    let clear = ChunkWriter().chunk(
      SampleRun(
        payloads: frames, decodeTime: 0, sampleDuration: 1024,
        captured: WallTime(nanoseconds: 1), sequence: 1), startsSegment: false
    ).array
    var sets = SliceParameterSets()
    let key = try KeyTests.key(2)
    let bytes = try ProtectedChunk.encrypt(
      clear, ProtectedChunk.Keys(key: key), .audio, &sets)
    #expect(bytes.count == clear.count)
    #expect(bytes[(bytes.count - 20)...] == clear[(clear.count - 20)...])
    let whole = (bytes.count - 52)..<(bytes.count - 20)
    #expect(bytes[whole] != clear[whole])
  }

  @Test("bytes that are no NAL units are refused")
  func malformed() throws {
    let clear = ChunkWriter().chunk(
      Sample(
        payload: [0, 0, 1, 0, 5], decodeTime: 0, duration: 1, captured: WallTime(nanoseconds: 1),
        sequence: 1, isSync: true), startsSegment: false
    ).array
    var sets = SliceParameterSets()
    #expect(throws: BoxError.self) {
      try ProtectedChunk.encrypt(
        clear, ProtectedChunk.Keys(key: try KeyTests.key(1)), .video(.avc), &sets)
    }
  }

  @Test("an encrypted header names its clear type, its key and its scheme")
  func header() throws {
    let key = try KeyTests.key(5)
    let header = try ProtectedHeader(HeaderBytes.video(nil), key)
    let entry = try MovieHeader(header: header.bytes).entry
    #expect(entry.type == "hvc1" && entry.protection == key.identifier)
    #expect(header.media == .video(.hevc))
    #expect(throws: BoxError.self) { try ProtectedHeader(header.bytes, key) }
    let audio = try ProtectedHeader(HeaderBytes.audio(.undetermined), key)
    #expect(try MovieHeader(header: audio.bytes).entry.type == "mp4a")
  }
}
