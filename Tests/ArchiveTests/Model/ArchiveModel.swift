// SPDX-License-Identifier: Apache-2.0

import Archive
import Media
import System
import TestSupport
import Time

/// An archive on a simulated disk, and its promises.
///
/// After each event they are compared with the findings of readers, operators and `check`.
final class ArchiveModel {
  /// A segment that the archive has shown to readers.
  struct Claim {
    /// Its hour file on the disk.
    var path: String
    let span: Range<WallTime>
    /// The time from which it ages.
    var aged: WallTime
    /// The number of its session; nil if it was found later.
    let session: Int?
    /// Whether it was synchronised, so that a loss of power does not cost it.
    var isDurable = false
    /// Whether it was not synchronised before a loss of power, which has changed its file.
    var isLossy = false
  }

  /// 2026-11-23T03:20:00Z.
  private static let start = WallTime.origin + .seconds(1_795_404_000)
  /// The bytes of the disk.
  private static let capacity = 1_200_000

  let disk: SimulatedDisk
  let clocks = SimulatedClocks(ArchiveModel.start)
  let track = SimulatedTrack()
  var program: SimulatedProgram?
  var session: SimulatedSession?
  private var header = SimulatedTrack.header(0)
  var rule = Retention()
  var claims: [Int64: Claim] = [:]
  /// The spans that readers must not see, and the spans whose removal may happen.
  let orders = RemovalOrders()
  /// The limits of the clock by which hours are too old.
  var ages = ModelAges(ArchiveModel.start)
  /// The hour files after the last event, and the spans of their media so far.
  var inventory: ModelInventory
  var extents: [String: Range<WallTime>] = [:]
  /// The number of the session.
  private(set) var sessions = 0
  /// Whether the next crash is a loss of power.
  private var losesPower = false
  /// The seconds in which nothing of the window was archived, and in which files were missing.
  var unwritten = 0
  var unnoticed: Int?
  /// The files with changed bits, and the files of which the log says so.
  var damages: [String: ModelDamage] = [:]
  var explained = Set<String>()
  /// The files that others have given to another user.
  var foreign: [String: SimulatedNode] = [:]
  /// Whether power was lost: a file that was not synchronised may be set aside.
  private(set) var hasLostPower = false
  /// Whether the disk has refused calls that write.
  private(set) var hasRefused = false
  /// The events and the lines of the log, to find the cause of a failure.
  private(set) var history: [String] = []
  private var random: SplitMix64

  init(seed: UInt64, lie: SimulatedDisk.Lie? = nil) {
    random = SplitMix64(seed: seed)
    let journals = SimulatedNames.Journal.allCases
    disk = SimulatedDisk(
      journals[Int(seed % UInt64(journals.count))], capacity: Self.capacity, seed: seed, lie: lie)
    inventory = ModelInventory(disk, SimulatedProgram.folder)
  }

  /// Performs a sequence, and then ends the program in order and checks the folder.
  func run(_ events: [ModelEvent]) throws {
    try within {
      for event in events { try perform(event) }
      try perform(.relieve)
      // Files that the disk has refused to finish are finished by the next start.
      for event in [ModelEvent.stop, .start(minutes: 0)] { try perform(event) }
      try checkFolder()
    }
  }

  /// Starts the program on the simulated disk, and calls `body` there.
  func within(_ body: () throws -> Void) throws {
    try PresentDisk.$current.withValue(disk) {
      try ArchiveClock.$simulated.withValue(clocks) {
        try begin()
        try body()
      }
    }
  }

  func perform(_ event: ModelEvent) throws {
    history.append("\(event) at \(UTCTime(clocks.wallTime).text)")
    switch event {
    case .publish(let seconds, let isSynchronised):
      for _ in 0..<seconds {
        try step(by: .seconds(1), publishes: true, isSynchronised: isSynchronised)
      }
    case .wait(let minutes):
      session = nil
      var left = minutes
      while left > 0 {
        try step(by: .seconds(Int64(min(left, 5)) * 60), publishes: false)
        left -= 5
      }
    case .session(let header):
      self.header = SimulatedTrack.header(header)
      follow()
    case .crash(let fuel, let losesPower):
      guard program != nil else { return }
      disk.kill(after: fuel)
      self.losesPower = losesPower
    case .stop:
      try stop()
    case .start(let minutes):
      guard program == nil else { return }
      clocks.advance(by: .seconds(Int64(minutes) * 60))
      try begin()
    case .reload(let rule):
      self.rule = ModelEvent.rules[rule]
      program?.load(self.rule)
      // The windows of the session are given again.
      if let session { program?.follow(session) }
    case .delete(let from, let count): try delete(from, count)
    case .remove:
      program?.runRemovals()
    case .heal:
      if let session {
        program?.heal(session, from: SimulatedTwin(track: track, header: session.header))
      }
    case .step(let seconds): clocks.step(by: .seconds(seconds))
    case .setClock:
      quietly { SimulatedProgram.setClock() }
      ages.set(clocks.wallTime, isRunning: program != nil)
      // What is known about media of a clock that was behind is gone.
      for (number, claim) in claims { claims[number]?.aged = claim.span.upperBound }
    case .repair:
      guard program == nil else { return }
      explained.formUnion(quietly { SimulatedProgram.repair() })
    case .take, .copy, .give, .damage: interfere(event)
    case .fill(let left):
      hasRefused = true
      disk.foreignBytes = max(0, disk.free + disk.foreignBytes - left)
    case .protect: (hasRefused, disk.isReadOnly) = (true, true)
    case .fail(let rate): (hasRefused, disk.errorRate) = (true, rate)
    case .relieve: (disk.foreignBytes, disk.isReadOnly, disk.errorRate) = (0, false, 0)
    }
    try observe()
    try verify()
  }

  /// Time passes, and the threads of the program run once.
  private func step(
    by interval: Interval, publishes: Bool, isSynchronised: Bool = true
  ) throws {
    clocks.advance(by: interval)
    guard let program else { return }
    if publishes, session == nil { follow() }
    if publishes { session?.publish() }
    ages.run(for: interval, wall: clocks.wallTime)
    program.write()
    if isSynchronised, !disk.isDead {
      program.synchronise()
      if !disk.isDead { markDurable() }
    }
    // The next iteration opens files again that others have removed.
    clocks.advance(by: .milliseconds(40))
    program.write()
    try observe(after: 1)
  }

  private func follow() {
    guard let program else { return }
    let session = SimulatedSession(track, after: clocks.wallTime, header: header)
    self.session = session
    sessions += 1
    // A clock that was set back leads to other media with the same numbers.
    orders.forget(from: session.first)
    program.follow(session)
    unwritten = 0
  }

  private func begin() throws {
    let noted = notedRemovals
    ages.begin(
      hasFile: disk.node(SimulatedProgram.folder + "/.ages") != nil, wall: clocks.wallTime,
      newest: newestHour)
    program = SimulatedProgram(rule)
    (session, unwritten) = (nil, 0)
    if program != nil, !disk.isDead { orders.compare(noted, isNewStart: true) }
    try observe()
    try verify()
  }

  private func stop() throws {
    guard let program else { return }
    program.close()
    if !disk.isDead { markDurable() }
    try observe()
    if self.program === program { end() }
  }

  /// The process is gone.
  private func end() {
    (program, session, unnoticed) = (nil, nil, nil)
    disk.restart()
  }

  /// Looks at the log, at the new segments and at the state; the process may have been killed.
  private func observe(after seconds: Int = 0) throws {
    if let program {
      let lines = program.takeLines()
      history += lines.map { "    \($0.dropLast())" }
      try explain(lines)
    }
    guard !disk.isDead else { return try crash() }
    inventory = ModelInventory(disk, SimulatedProgram.folder)
    try look(after: seconds)
  }

  private func crash() throws {
    let losesPower = losesPower
    history.append(losesPower ? "    power is lost" : "    killed")
    end()
    forgetRemoved()
    if losesPower {
      hasLostPower = true
      let before = contents
      disk.losePower()
      doubtUnsynchronised(before)
    }
    inventory = ModelInventory(disk, SimulatedProgram.folder)
    // A program that was killed is started again at once, most times.
    guard random.next() % 4 != 0 else { return }
    try begin()
  }

  /// The segments in files whose bytes are all on the disk are acknowledged.
  private func markDurable() {
    var isClean: [String: Bool] = [:]
    for (number, claim) in claims where !claim.isDurable {
      let isWritten = isClean[claim.path] ?? disk.node(claim.path)?.isAcknowledged ?? false
      isClean[claim.path] = isWritten
      if isWritten { claims[number]?.isDurable = true }
    }
  }

  /// Calls without the faults of the disk, which are those of the program.
  func quietly<Result>(_ body: () throws -> Result) rethrows -> Result {
    let (rate, isReadOnly) = (disk.errorRate, disk.isReadOnly)
    let fuel = disk.takeFuel()
    (disk.errorRate, disk.isReadOnly) = (0, false)
    defer {
      (disk.errorRate, disk.isReadOnly) = (rate, isReadOnly)
      if let fuel { disk.kill(after: fuel) }
    }
    return try body()
  }
}
