// SPDX-License-Identifier: Apache-2.0

import Archive
import Time

/// The promises of the archive.
extension ArchiveModel {
  /// How many seconds media may be missing without a state that says so.
  private static let patience = 6
  /// How many seconds missing files may be unnoticed.
  private static let noticing = 20

  /// The relative path of an hour file, as lines have it.
  private func name(_ path: String) -> String {
    "\(SimulatedProgram.rendition)/" + path.split(separator: "/").suffix(2).joined(separator: "/")
  }

  /// Removals that the log explains.
  func explain(_ lines: [String]) throws {
    for line in lines {
      if line.contains("archive-replaced") || line.contains("archive-failed") { unnoticed = nil }
      if line.contains("archive-damaged") || line.contains("archive-mended") {
        explained.formUnion(damaged.filter { line.contains(name($0)) })
      }
      let isOld = line.contains("older than")
      guard isOld || line.contains("the stream had more than") || line.contains("full: removed")
      else { continue }
      for (number, claim) in claims {
        let name = name(claim.path)
        guard line.contains(name + ":") || line.contains(name + ",") else { continue }
        if isOld, !isClockSet, !claim.isOld, let keep = rule.keep {
          // Hours age at most twice as fast as the program runs, and a clock that is an hour away
          // counts as right.
          let elapsed = runTime - claim.written
          guard elapsed + elapsed + .seconds(4200) >= keep else {
            throw ModelFailure(
              .reasoned, "\(name) after \(elapsed.wholeSeconds) s: \(line)")
          }
        }
        claims[number] = nil
      }
    }
  }

  /// After a crash: the removals of the last moment have no line yet.
  func forgetRemoved() {
    guard rule.keep != nil || rule.limit != nil || disk.foreignBytes > 0 else { return }
    let gone = Set(claims.values.map(\.path)).filter { disk.node($0) == nil }
    for (number, claim) in claims where gone.contains(claim.path) { claims[number] = nil }
  }

  /// After a loss of power: segments that were not synchronised may be lost.
  func doubtUnsynchronised() {
    for (number, claim) in claims where !claim.isDurable { claims[number]?.isLossy = true }
  }

  /// New segments become promises, and missing ones need a state.
  ///
  /// - Parameter seconds: the time since the last call.
  /// - Throws: ``ModelFailure``.
  func look(after seconds: Int) throws {
    guard let program, let session else { return }
    let complete = session.complete
    guard let first = complete.first, let last = complete.last else { return }
    try quietly {
      let found = (try? program.listed(first...last)) ?? []
      for segment in found where claims[segment.number] == nil {
        guard try isEqual(segment) else { continue }
        claims[segment.number] = Claim(
          path: segment.path, span: segment.span, written: runTime)
      }
      let highest = claims.keys.max() ?? -1
      let hidden = orders.possible
      let isMissing = last > highest && !hidden.contains(last)
      unwritten = isMissing ? unwritten + seconds : 0
      guard unwritten > Self.patience, program.status.error == nil else { return }
      throw ModelFailure(.healthy, "segment \(last) since \(unwritten) s")
    }
    if program.status.error != nil { unnoticed = nil }
    if let time = unnoticed {
      guard time < Self.noticing else { throw ModelFailure(.noticed, "for \(time) s") }
      unnoticed = time + seconds
    }
  }

  /// Whether a segment can be read; its bytes must be right then.
  private func isEqual(_ segment: SimulatedProgram.Listed) throws -> Bool {
    guard case .success(let bytes) = segment.bytes else { return false }
    guard bytes == track.bytes(segment.number) || damaged.contains(segment.path) else {
      throw ModelFailure(.equal, "segment \(segment.number) in \(segment.path)")
    }
    return true
  }

  /// All promises are kept.
  func verify() throws {
    guard let program, !disk.isDead else { return }
    try quietly {
      let found = try program.ranges.flatMap { try program.listed($0) }
      let listed = Dictionary(found.map { ($0.number, $0) }) { first, _ in first }
      for (path, node) in foreign where disk.node(path) !== node {
        throw ModelFailure(.foreign, path)
      }
      for number in orders.hidden {
        guard case .success = listed[number]?.bytes else { continue }
        throw ModelFailure(.removed, "segment \(number)")
      }
      for (number, claim) in claims.sorted(by: { $0.key < $1.key }) {
        guard let segment = listed[number], case .success = segment.bytes else {
          try forget(number, claim)
          continue
        }
        claims[number]?.path = segment.path
        claims[number]?.isLossy = false
        claims[number]?.isDoubtful = damaged.contains(segment.path)
      }
      let possible = orders.possible
      for segment in found {
        guard try isEqual(segment), claims[segment.number] == nil,
          !possible.contains(segment.number)
        else { continue }
        claims[segment.number] = Claim(
          path: segment.path, span: segment.span, written: runTime, isOld: true)
      }
    }
  }

  /// A segment is not there any more.
  private func forget(_ number: Int64, _ claim: Claim) throws {
    if claim.isLossy || orders.possible.contains(number) { return claims[number] = nil }
    guard claim.isDoubtful else {
      throw ModelFailure(
        .kept,
        "\(claim.isDurable ? "synchronised" : "written") segment \(number) of \(claim.path)")
    }
    claims[number] = nil
    guard !explained.contains(claim.path), SimulatedProgram.faults().isEmpty else { return }
    throw ModelFailure(.checked, "segment \(number) of \(claim.path) is gone without a line")
  }

  /// The check of a folder at rest finds damage, and nothing else.
  func checkFolder() throws {
    let faults = quietly { SimulatedProgram.faults() }
    // The head of a new file may be lost with its name kept: it has no promised segment, and stays.
    let others = faults.filter { !hasLostPower || !$0.hasSuffix("damaged, not served") }
    if damaged.isEmpty, foreign.isEmpty, let fault = others.first {
      throw ModelFailure(.clean, fault)
    }
    // A loss of power costs records of the index: their digests are computed from the bytes again.
    guard faults.isEmpty, !hasLostPower, let program else { return }
    for segment in try program.ranges.flatMap({ try program.listed($0) }) {
      guard case .success(let bytes) = segment.bytes, bytes != track.bytes(segment.number) else {
        continue
      }
      throw ModelFailure(.checked, "segment \(segment.number) has other bytes")
    }
  }
}
