// SPDX-License-Identifier: Apache-2.0

import Archive
import Time

/// The reasons of removals and losses, which the model computes from its own clocks and disk.
extension ArchiveModel {
  /// An hour file that the program has removed by a rule.
  private struct Removal {
    enum Reason {
      case age, size, space
    }

    let path: String
    let reason: Reason
  }

  /// The part of a disk below which the oldest hours are removed.
  private static let keptFree = 50
  /// The media of a file that readers have not seen yet: an incomplete segment and the one before.
  private static let unseen = Interval.seconds(8)

  /// The relative path of an hour file, as lines have it.
  private func name(_ path: String) -> String {
    "\(SimulatedProgram.rendition)/" + path.split(separator: "/").suffix(2).joined(separator: "/")
  }

  /// The spans that the folder of the stream notes as removals that have not ended.
  var notedRemovals: WallSpans {
    let path = "\(SimulatedProgram.folder)/\(SimulatedProgram.stream)/removing"
    return WallSpans(String(decoding: disk.node(path)?.bytes ?? [], as: UTF8.self))
  }

  /// The end of the newest hour that does not begin after the wall clock; nil without one.
  var newestHour: WallTime? {
    disk.files(SimulatedProgram.folder).compactMap { path -> WallTime? in
      let pieces = path.split(separator: "/")
      guard pieces.count == 5, let name = HourName(folder: "\(pieces[3])", file: "\(pieces[4])"),
        name.start <= clocks.wallTime
      else { return nil }
      return name.end
    }.max()
  }

  /// The lines of the log: they explain removals, and damage.
  func explain(_ lines: [String]) throws {
    var removals: [Removal] = []
    for line in lines {
      if line.contains("archive-replaced") || line.contains("archive-failed") { unnoticed = nil }
      let isFinding = ["archive-damaged", "archive-mended", "it had no whole segment"].contains {
        line.contains($0)
      }
      if isFinding {
        explained.formUnion(damages.keys.filter { line.contains(name($0)) })
      }
      let reason: Removal.Reason
      if line.contains("older than") {
        reason = .age
      } else if line.contains("the stream had more than") {
        reason = .size
      } else if line.contains("full: removed") {
        reason = .space
      } else {
        continue
      }
      for path in inventory.media.keys
      where line.contains(name(path) + ":") || line.contains(name(path) + ",") {
        removals.append(Removal(path: path, reason: reason))
      }
    }
    guard !removals.isEmpty else { return }
    let present = ModelInventory(disk, SimulatedProgram.folder)
    if let fault = fault(of: removals, present) { throw ModelFailure(.reasoned, fault) }
    for removal in removals { forget(removal.path) }
  }

  /// After a crash: the removals of the last moment have no line yet.
  func forgetRemoved() {
    // Nor has a repair that was under way.
    explained.formUnion(
      damages.filter { path, damage in
        disk.node(path).map { damage.isTouched($0.bytes) } ?? true
      }.keys)
    let present = ModelInventory(disk, SimulatedProgram.folder)
    let gone = inventory.media.keys.filter { path in
      disk.node(path) == nil && disk.node(path + ".damaged") == nil
    }
    .sorted { (end($0) ?? .distantPast, $0) < (end($1) ?? .distantPast, $1) }
    for reason in [Removal.Reason.age, .size, .space] {
      let removals = gone.map { Removal(path: $0, reason: reason) }
      if reason == .age {
        for removal in removals where fault(of: [removal], present) == nil { forget(removal.path) }
      } else if fault(of: removals, present) == nil {
        return removals.forEach { forget($0.path) }
      }
    }
  }

  private func forget(_ path: String) {
    for (number, claim) in claims where claim.path == path { claims[number] = nil }
    extents[path] = nil
  }

  /// The end of the promised media of a file.
  private func end(_ path: String) -> WallTime? {
    claims.values.lazy.filter { $0.path == path }.map(\.span.upperBound).max()
  }

  /// Why the program may not have removed these files, in their order; nil if it may.
  private func fault(of removals: [Removal], _ present: ModelInventory) -> String? {
    func size(_ removal: Removal) -> Int { inventory.media[removal.path] ?? 0 }
    for (index, removal) in removals.enumerated() {
      let later = removals[(index + 1)...]
      let path = removal.path
      switch removal.reason {
      case .age:
        if let fault = ageFault(path) { return "\(path): \(fault)" }
      case .size:
        // The files of before, and the others that were removed after this one.
        let total = later.reduce(present.total + size(removal)) { $0 + size($1) }
        guard let limit = rule.limit, total > limit else {
          return "\(path): the stream had \(total) bytes, the limit is \(rule.limit ?? -1)"
        }
      case .space:
        let indexes = removals.reduce(0) { $0 + inventory.index(of: $1.path) }
        let free = later.reduce(present.free - indexes - size(removal)) { $0 - size($1) }
        guard free < disk.capacity / Self.keptFree else {
          return "\(path): the disk had \(free) bytes left"
        }
        if let fault = floorFault(path, later.map(\.path)) { return "\(path): \(fault)" }
      }
      if removal.reason != .age, let older = older(than: path, removal.reason) {
        return "\(path): \(older) is older"
      }
    }
    return nil
  }

  private func ageFault(_ path: String) -> String? {
    guard let keep = rule.keep else { return "hours are kept for ever" }
    guard let last = claims.values.filter({ $0.path == path }).max(by: { $0.aged < $1.aged }) else {
      return nil
    }
    let age = clocks.wallTime - last.span.upperBound
    guard age >= keep else { return "by the wall clock its age is \(age.wholeSeconds) s" }
    let latest = ages.latest + ModelAges.tolerance - last.aged
    guard latest >= keep else { return "its age is at most \(latest.wholeSeconds) s" }
    return nil
  }

  /// Why the newest media does not suffice for the floor without a file; nil if it does.
  private func floorFault(_ path: String, _ later: [String]) -> String? {
    guard let end = end(path) else { return nil }
    let newer = extents.filter { other in
      other.key != path && other.value.upperBound >= end
        && (disk.node(other.key) != nil || later.contains(other.key))
    }
    switch rule.floor {
    case .time(let floor):
      let media = newer.values.reduce(Interval.zero) {
        $0 + ($1.upperBound - $1.lowerBound) + Self.unseen
      }
      guard media < floor else { return nil }
      return "newer media has \(media.wholeSeconds) s, the floor is \(floor.wholeSeconds) s"
    case .size(let floor):
      let bytes = newer.keys.reduce(0) {
        $0 + (inventory.media[$1] ?? 0) + (disk.node($1)?.bytes.count ?? 0)
      }
      guard bytes < floor else { return nil }
      return "newer media has \(bytes) bytes, the floor is \(floor)"
    }
  }

  /// An hour that should have been removed before a file; nil for none.
  private func older(than path: String, _ reason: Removal.Reason) -> String? {
    // A disk that refuses the removal of an hour keeps it.
    guard disk.errorRate == 0, !disk.isReadOnly, !disk.isDead else { return nil }
    func age(_ path: String) -> WallTime? {
      let own = claims.values.filter { $0.path == path }
      // The hour that is being written stays.
      guard !own.contains(where: { $0.session == sessions }) else { return nil }
      return own.map { reason == .size ? $0.aged : $0.span.upperBound }.max()
    }
    guard let removed = age(path) else { return nil }
    return Set(claims.values.map(\.path)).sorted().first { other in
      guard other != path, disk.node(other) != nil, foreign[other] == nil else { return false }
      return age(other).map { $0 < removed } ?? false
    }
  }

  // MARK: Losses

  /// The bytes of all files.
  var contents: [String: [UInt8]] {
    disk.files(SimulatedProgram.folder).reduce(into: [:]) { $0[$1] = disk.node($1)?.bytes }
  }

  /// After a loss of power: segments that were not synchronised may be lost, if it has changed
  /// their file or its index.
  func doubtUnsynchronised(_ before: [String: [UInt8]]) {
    for (number, claim) in claims where !claim.isDurable {
      let stem = claim.path.prefix { $0 != "." }
      let isSame = [claim.path, stem + ".index"].allSatisfy { path in
        disk.node(path).map { $0.bytes == before[path] } ?? (before[path] == nil)
      }
      if !isSame || before[claim.path] == nil { claims[number]?.isLossy = true }
    }
  }

  /// Files whose header is damaged are lost if no other hour has it.
  func noteLostHeaders() {
    for (path, damage) in damages where damage.isHeader {
      let hash = path.split(separator: "-").last?.prefix(8) ?? ""
      let others = inventory.media.keys.filter { other in
        other != path && other.hasSuffix(".cmfv") && other.contains("-" + hash)
          && !(damages[other]?.isHeader ?? false)
      }
      if others.isEmpty { damages[path]?.loseHeader() }
    }
  }
}
