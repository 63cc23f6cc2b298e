// SPDX-License-Identifier: Apache-2.0

import System
import TestSupport
import Testing
import Time

@testable import Archive

@Suite("Rows of hour files in memory")
struct RowCacheTests {
  private static func rows(_ count: Int64) -> [SegmentRow] {
    (0..<count).map { number in
      SegmentRow(
        number: number, offset: Int(number) * 100, size: 100, decodeTime: number * 1000,
        duration: 1000, start: .origin + .seconds(number), startsDiscontinuity: false)
    }
  }

  private static func key(
    _ stream: Int, hour: Int64 = 0, _ rows: [SegmentRow], use: HourUse = HourUse()
  ) throws -> RowCache.Key {
    RowCache.Key(
      folder: HourFolder("/srv/\(stream)/video"),
      name: HourName(at: .origin + .seconds(3600 * hour), headerHash: "0123abcd", isAudio: false),
      summary: try #require(HourIndex.Summary(rows, size: 9, timescale: 1000)), use: use)
  }

  @Test("many streams with many hours, and hours with many segments, do not exceed the bound")
  func bound() throws {
    let cache = RowCache(limit: 1000)
    for stream in 0..<200 {
      let rows = Self.rows(Int64(1 + stream % 40))
      for hour in 0..<5 {
        cache.keep(rows, timescale: 1000, of: try Self.key(stream, hour: Int64(hour), rows))
        #expect(cache.count <= 1000)
      }
    }
    #expect(cache.count > 500)
    let huge = Self.rows(251)
    let key = try Self.key(0, huge)
    let before = cache.count
    cache.keep(huge, timescale: 1000, of: key)
    #expect(cache.rows(key) == nil && cache.count <= before)
  }

  @Test("the rows that were asked for last stay; another state of a file replaces its rows")
  func order() throws {
    let cache = RowCache(limit: 100)
    let rows = Self.rows(9)
    let first = try Self.key(0, rows)
    cache.keep(rows, timescale: 1000, of: first)
    for stream in 1..<50 {
      cache.keep(rows, timescale: 1000, of: try Self.key(stream, rows))
      #expect(cache.rows(first)?.rows == rows && cache.rows(first)?.timescale == 1000)
    }
    let count = cache.count
    let other = try Self.key(0, rows)
    #expect(cache.rows(other) == nil)
    cache.keep(Array(rows.prefix(4)), timescale: 90_000, of: other)
    #expect(cache.count == count - 5)
    #expect(cache.rows(first) == nil && cache.rows(other)?.timescale == 90_000)
  }
}

@Suite("The open hour files")
struct HourFilesTests {
  @Test("responses share the descriptor of a file, and the number of files has a limit")
  func limit() throws {
    let temporary = try TemporaryFolder()
    let paths = (0..<4).map { temporary.path + "/\($0)" }
    for path in paths { try DiskFile(path, .creating).write([1], at: 0) }
    let (files, lease) = (HourFiles(limit: 2), FileLease())
    let first = try files.open(paths[0], lease)
    #expect(try files.open(paths[0], lease) === first)
    #expect(try files.open(paths[0], lease, for: "a").file === first.file)
    // Another lease is that of another file of the name.
    var second: HeldFile? = try files.open(paths[0], FileLease())
    #expect(second !== first && files.count == 2)
    #expect(throws: ArchiveFailure.busy) { try files.open(paths[1], lease) }
    #expect(try files.open(paths[0], lease) === first)
    second = nil
    let third = try files.open(paths[1], lease)
    #expect(files.count == 2 && third !== first)
    lease.end(.replaced)
    #expect(throws: ArchiveFailure.self) { try files.open(paths[0], lease) }
  }

  @Test("the responses of an address read at most a quarter of the files, and others have the rest")
  func share() throws {
    let temporary = try TemporaryFolder()
    let paths = (0..<10).map { temporary.path + "/\($0)" }
    for path in paths { try DiskFile(path, .creating).write([1], at: 0) }
    let (files, lease) = (HourFiles(limit: 8), FileLease())
    func open(_ path: Int, for address: String?) throws(ArchiveFailure) -> HeldFile {
      try files.open(paths[path], lease, for: address)
    }
    var own = [try open(0, for: "a"), try open(1, for: "a")]
    #expect(throws: ArchiveFailure.busy) { try open(2, for: "a") }
    // The same file again is no further one.
    #expect(try open(0, for: "a") === own[0])
    // A file that another address reads counts for both.
    var other: HeldFile? = try open(2, for: "b")
    #expect(throws: ArchiveFailure.busy) { try open(2, for: "a") }
    let shared = try open(1, for: "b")
    #expect(shared.file === own[1].file && files.count == 3)
    #expect(throws: ArchiveFailure.busy) { try open(3, for: "b") }
    other = nil
    #expect(other == nil && files.count == 2)
    let third = try open(3, for: "b")
    own.removeLast()
    // The file stays open: `b` reads it.
    #expect(files.count == 3)
    let fourth = try open(4, for: "a")
    // The program itself may have all that are left.
    let program = try (5..<9).map { try open($0, for: nil) }
    #expect(files.count == 8 && program.count == 4)
    #expect(throws: ArchiveFailure.busy) { try open(9, for: "c") }
    #expect(try open(0, for: "c").file === own[0].file)
    withExtendedLifetime((own, shared, third, fourth, program)) {}
  }
}
