// SPDX-License-Identifier: Apache-2.0

import Archive
import Configuration
import Glibc
import Logging
import Media
import Sharing
import System
import Time

/// Runs `streamer archive`, and exits.
enum ArchiveRun {
  static func run(_ arguments: [String]) -> Never {
    do {
      switch try ArchiveCommand(arguments) {
      case .help: print(ArchiveCommand.helpText, terminator: "")
      case .list(let selection):
        for file in files(selection) { print(try ArchiveInspection.line(file)) }
      case .check(let selection): try check(selection)
      case .repair(let selection): try repair(selection)
      case .export(let selection, let rendition, let span, let output):
        let archive = ArchiveInspection(selection.folder, stream: selection.stream)
        let export = try archive.export(rendition, span, to: output)
        let rest = export.leftOut > 0 ? ", \(export.leftOut) with another header left out" : ""
        print("\(export.written) segments\(rest)")
        if export.written == 0 { exit(1) }
      case .clock(let folder, let isSet): clock(folder, isSet: isSet)
      case .shift(let selection, let span, let distance): try shift(selection, span, by: distance)
      }
    } catch let error as SystemError {
      ExitStatus.exit(1, "archive: \(error)")
    } catch { ExitStatus.exit(for: error) }
    exit(0)
  }

  private static func files(_ selection: ArchiveCommand.Selection) -> [ArchiveInspection.File] {
    ArchiveInspection(selection.folder, stream: selection.stream).files
  }

  private static func check(_ selection: ArchiveCommand.Selection) throws {
    var count = 0
    for file in files(selection) {
      for fault in try ArchiveInspection.faults(file) {
        print("\(file.path): \(fault)")
        count += 1
      }
    }
    let foreign = ArchiveInspection(selection.folder, stream: selection.stream).foreign
    if foreign.count > 0 {
      print(foreign)
      exit(2)
    }
    if count > 0 { exit(1) }
  }

  /// Ends the program if the archive belongs to another user: new files would be of this one.
  private static func requireOwner(_ folder: String) {
    guard let owner = DiskFolder.owner(folder), owner != DiskFolder.user else { return }
    ExitStatus.exit(
      1,
      "archive: \"\(folder)\" belongs to \(DiskFolder.name(ofUser: owner)): only that user may "
        + "change it, as by setpriv or sudo -u")
  }

  /// Takes the lock of the archive, and performs `body`.
  private static func locked(_ folder: String, _ body: () throws -> Void) throws {
    requireOwner(folder)
    let log = Log(format: .text, least: .warning)
    let store: ArchiveStore
    do throws(ArchiveStore.Refusal) { store = try ArchiveStore(folder, log: log) } catch {
      ExitStatus.exit(1, "archive: \"\(folder)\": \(error)")
    }
    defer { store.close(until: SystemClock.monotonicTime + .seconds(5)) }
    try body()
  }

  private static func repair(_ selection: ArchiveCommand.Selection) throws {
    try locked(selection.folder) {
      for file in files(selection) {
        print("\(file.path): \(try ArchiveInspection.repair(file))")
      }
    }
  }

  private static func shift(
    _ selection: ArchiveCommand.Selection, _ span: Range<WallTime>, by distance: Interval
  ) throws {
    var count = 0
    try locked(selection.folder) {
      for file in files(selection) {
        let shifted = try HourShift.shift(file, span, by: distance)
        guard shifted.count > 0 else { continue }
        count += shifted.count
        print(
          "\(file.path): \(shifted.count) segments, now \(shifted.paths.joined(separator: ", "))")
      }
    }
    if count == 0 { ExitStatus.exit(1, "archive: no media begins in this span") }
  }

  /// Shows the clock by which hours are too old, or sets it.
  private static func clock(_ folder: String, isSet: Bool) {
    guard DiskFolder.exists(folder) else {
      ExitStatus.exit(1, "archive: \"\(folder)\": \(SystemError("open", ENOENT))")
    }
    let wall = SystemClock.wallTime
    if isSet, let failure = AgeClockFile.set(AgeClock(wall), of: folder) {
      ExitStatus.exit(1, "archive: \(failure)")
    }
    let clock = AgeClockFile.clock(of: folder, wall: wall)
    let distance = clock.distance(of: wall)
    print("hours age by  \(UTCTime(clock.time).text)")
    print("wall clock    \(UTCTime(wall).text)")
    print("difference    \(distance.wholeSeconds) s")
  }
}
