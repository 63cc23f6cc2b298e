// SPDX-License-Identifier: Apache-2.0

import Archive
import TestSupport
import Testing
import Time

/// A stream of 2.5 Mbit/s with segments of 4 s: a byte of the simulated disk stands for 500.
///
/// With `LONG=1` a week of which a day is kept; else some hours.
@Suite("A week of a stream on a simulated disk")
struct ArchiveWeekTests {
  private static let hours = TestLength.of(short: 7, long: 7 * 24)
  private static let kept = TestLength.of(short: 3, long: 24)
  /// The bytes of an hour of such a stream on the simulated disk: 1.125 GB.
  private static let hourBytes = 2_250_000
  /// A head has a CMAF header and room for the references to 901 segments.
  private static let largestHead = 16_384
  /// The lines that a whole week may have.
  private static let usualEvents = [
    "archive", "archive-removed", "archive-healed",
  ]

  /// The names of events in lines of the log.
  private func events(_ lines: [String]) -> Set<String> {
    Set(
      lines.compactMap { line in
        line.firstRange(of: "\"event\":\"").map { range in
          String(line[range.upperBound...].prefix { $0 != "\"" })
        }
      })
  }

  /// The removed hours and the removals with another reason.
  private func removals(_ lines: [String], _ reason: String) -> (count: Int, others: [String]) {
    let removed = lines.filter { $0.contains("archive-removed") || $0.contains("removed, ") }
    return (removed.count { $0.contains(reason) }, removed.filter { !$0.contains(reason) })
  }

  /// Runs a stream, and checks what is independent of its rule.
  ///
  /// - Returns: the sizes of the hour files in their order, and the lines of the log.
  private func recorded(_ rule: Retention) throws -> (
    recording: SimulatedRecording, files: [(name: HourName, size: Int)]
  ) {
    let recording = SimulatedRecording(rule, capacity: 400_000_000)
    var files: [(name: HourName, size: Int)] = []
    try recording.within {
      recording.run(hours: Self.hours)
      let program = try #require(recording.program)
      let ranges = program.ranges
      let first = try #require(ranges.map(\.lowerBound).min())
      let last = try #require(ranges.map(\.upperBound).max())
      let listed = try program.listed(first...last)
      // A twin has healed each outage but the last one, whose segments may be too new.
      #expect(listed.map(\.number) == Array(first...last))
      var bytes = 0
      for segment in listed {
        let right = recording.track.bytes(segment.number)
        #expect(try segment.bytes.get() == right)
        bytes += right.count
      }
      recording.end(isKilled: false)
      #expect(SimulatedProgram.faults() == [])
      let inventory = ModelInventory(recording.disk, SimulatedProgram.folder)
      for (path, size) in inventory.media {
        let pieces = path.split(separator: "/")
        let name = HourName(folder: "\(pieces[3])", file: "\(pieces[4])")
        files.append((try #require(name), size))
      }
      files.sort { $0.name < $1.name }
      // One file per hour with its index; nothing is left of outages and healing.
      #expect(files.count == Set(files.map(\.name.hour)).count)
      let others = inventory.others.keys.filter { !$0.hasSuffix(".index") }
      #expect(inventory.others.count - others.count == files.count)
      #expect(
        Set(others.map { String($0.split(separator: "/").last ?? "") })
          .isSubset(of: [".ages", ".lock", "renditions"]))
      #expect(inventory.total > bytes && inventory.total < bytes + files.count * Self.largestHead)
    }
    #expect(events(recording.lines).subtracting(Self.usualEvents) == [])
    return (recording, files)
  }

  @Test("an archive with a rule of age has the hours of that time, and removes no other")
  func age() throws {
    let keep = Interval.seconds(3600 * Int64(Self.kept))
    let (recording, files) = try recorded(Retention(keep: keep))
    let now = recording.clocks.wallTime
    let (count, others) = removals(recording.lines, "older than \(Self.kept == 24 ? "1d" : "3h")")
    #expect(others == [])
    let times = stride(from: 0, through: (now - SimulatedRecording.start).wholeSeconds, by: 60)
    let hours = Set(
      times.map { seconds in
        let time = SimulatedRecording.start + .seconds(seconds)
        return HourName(at: time, headerHash: "", isAudio: false).hour
      })
    #expect(count == hours.count - files.count)
    // Hours are removed as a whole, some seconds after their end is too old.
    let kept = hours.filter { hour in
      now - (.origin + .seconds((hour + 1) * 3600)) <= keep + .seconds(10)
    }
    #expect(files.count == kept.count)
    #expect(recording.most <= (Self.kept + 2) * Self.hourBytes)
    #expect(recording.most >= Self.kept * Self.hourBytes / 2)
  }

  @Test("an archive with a limit of size is full, and removes no hour more")
  func size() throws {
    let limit = Self.kept * Self.hourBytes
    let (recording, files) = try recorded(Retention(limit: Int64(limit)))
    let (count, others) = removals(recording.lines, "the stream had more than")
    #expect(others == [])
    #expect(count > 0)
    let largest = files.map(\.size).max() ?? 0
    let total = files.reduce(0) { $0 + $1.size }
    // The limit is looked at each five seconds.
    #expect(recording.most <= limit + 4 * Self.hourBytes / 900)
    #expect(total > limit - largest && total <= limit + 4 * Self.hourBytes / 900)
  }
}
