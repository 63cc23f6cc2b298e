// SPDX-License-Identifier: Apache-2.0

import Archive
import Media
import System
import Time

/// A stream that is archived for hours on a simulated disk, beside outages that a twin heals.
final class SimulatedRecording {
  /// 2026-11-23T03:20:00Z.
  static let start = WallTime.origin + .seconds(1_795_404_000)
  /// How often the disk is synchronised: each time costs a copy of the open hour.
  private static let syncSeconds = 30
  /// Who asks a twin, and how often.
  private static let healSeconds = 600

  let disk: SimulatedDisk
  let clocks = SimulatedClocks(SimulatedRecording.start)
  let track = SimulatedTrack()
  private let rule: Retention
  private var session: SimulatedSession?
  /// The running program; nil during an outage.
  private(set) var program: SimulatedProgram?
  /// All lines of the log.
  private(set) var lines: [String] = []
  /// The most bytes of hour files at the end of an hour.
  private(set) var most = 0
  private var seconds = 0

  init(_ rule: Retention, capacity: Int) {
    self.rule = rule
    disk = SimulatedDisk(.ordered, capacity: capacity, seed: 1)
  }

  /// Calls `body` on the disk.
  func within(_ body: () throws -> Void) rethrows {
    try PresentDisk.$current.withValue(disk) {
      try ArchiveClock.$simulated.withValue(clocks) {
        begin()
        try body()
      }
    }
  }

  private func begin() {
    program = SimulatedProgram(rule)
    let session = SimulatedSession(track, after: clocks.wallTime, header: SimulatedTrack.header(0))
    self.session = session
    program?.follow(session)
  }

  /// The program ends in order, or is killed.
  func end(isKilled: Bool) {
    if isKilled { disk.kill() } else { program?.close() }
    takeLines()
    (program, session) = (nil, nil)
    disk.restart()
  }

  private func takeLines() { lines += program?.takeLines() ?? [] }

  /// Hours pass, each with its outage: a restart, a kill, or ten minutes without a program.
  func run(hours: Int) {
    for hour in 0..<hours {
      pass(seconds: 1200)
      switch hour % 4 {
      case 0: end(isKilled: false)
      case 1: end(isKilled: true)
      case 2:
        end(isKilled: true)
        clocks.advance(by: .seconds(600))
      default: break
      }
      if program == nil { begin() }
      pass(seconds: hour % 4 == 2 ? 1800 : 2400)
      most = max(most, ModelInventory(disk, SimulatedProgram.folder).total)
    }
  }

  /// The stream is live for some seconds, until a twin has healed all.
  private func pass(seconds: Int) {
    for _ in 0..<seconds {
      clocks.advance(by: .seconds(1))
      publish()
      self.seconds += 1
      if self.seconds % Self.syncSeconds == 0 { program?.synchronise() }
      if self.seconds % Self.healSeconds == 0, let session {
        program?.heal(session, from: SimulatedTwin(track: track, header: session.header))
      }
    }
    takeLines()
  }

  /// The frames that are due are published and written.
  private func publish() {
    guard let program, let session else { return }
    let grid = SimulatedTrack.segmentation.grid
    repeat {
      if WallTime(grid.frameTime(of: session.next), plus: .zero) <= clocks.wallTime {
        session.publish()
      }
      program.write()
    } while WallTime(grid.frameTime(of: session.next), plus: .zero) <= clocks.wallTime
  }
}
