// SPDX-License-Identifier: Apache-2.0

import Archive
import Configuration
import Glibc
import Logging
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
    if count > 0 { exit(1) }
  }

  private static func repair(_ selection: ArchiveCommand.Selection) throws {
    let log = Log(format: .text, least: .warning)
    let store: ArchiveStore
    do throws(ArchiveStore.Refusal) { store = try ArchiveStore(selection.folder, log: log) } catch {
      ExitStatus.exit(1, "archive: \"\(selection.folder)\": \(error)")
    }
    for file in files(selection) where !file.isDamaged {
      let isKept = try ArchiveInspection.repair(file)
      print("\(file.path): \(isKept ? "repaired" : "removed, it had no segment")")
    }
    store.close(until: SystemClock.monotonicTime + .seconds(5))
  }
}
