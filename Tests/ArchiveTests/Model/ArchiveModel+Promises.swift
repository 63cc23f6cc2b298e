// SPDX-License-Identifier: Apache-2.0

import Archive
import Time

/// The promises of the archive.
extension ArchiveModel {
  /// How many seconds media may be missing without a state that says so.
  private static let patience = 6
  /// How many seconds missing files may be unnoticed.
  private static let noticing = 20

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
        promise(segment, isNew: true)
      }
      let highest = claims.keys.max() ?? -1
      let isMissing = last > highest && !orders.leftOut.contains(last)
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

  /// A segment that readers find is a promise from now on.
  ///
  /// - Parameters:
  ///   - segment: the segment.
  ///   - isNew: whether it was written a moment ago.
  private func promise(_ segment: SimulatedProgram.Listed, isNew: Bool) {
    let end = segment.span.upperBound
    claims[segment.number] = Claim(
      path: segment.path, span: segment.span,
      aged: isNew ? ages.written(end, wall: clocks.wallTime) : end,
      session: isNew ? sessions : nil)
    let known = extents[segment.path] ?? segment.span
    extents[segment.path] =
      min(known.lowerBound, segment.span.lowerBound)..<max(known.upperBound, end)
  }

  /// Whether a segment can be read; its bytes must be right then.
  private func isEqual(_ segment: SimulatedProgram.Listed) throws -> Bool {
    guard case .success(let bytes) = segment.bytes else { return false }
    let right = track.bytes(segment.number)
    let isPermitted = { [damages, hasRefused] in
      damages[segment.path]?.mayTurn(
        right, into: bytes, of: segment.number, isRefused: hasRefused)
    }
    guard bytes == right || isPermitted() ?? false else {
      let bits = zip(right, bytes).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
      throw ModelFailure(
        .equal,
        "segment \(segment.number) in \(segment.path): \(bytes.count) of \(right.count) bytes, "
          + "\(bits) other bits, \(damages[segment.path].map { "\($0)" } ?? "no damage")")
    }
    return true
  }

  /// All promises are kept.
  func verify() throws {
    guard let program, !disk.isDead else { return }
    orders.compare(notedRemovals, isNewStart: false)
    noteLostHeaders()
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
      }
      let possible = orders.possible
      for segment in found {
        guard try isEqual(segment), claims[segment.number] == nil,
          !possible.contains(segment.number)
        else { continue }
        promise(segment, isNew: false)
      }
    }
  }

  /// A segment is not there any more.
  private func forget(_ number: Int64, _ claim: Claim) throws {
    if claim.isLossy || orders.possible.contains(number) { return claims[number] = nil }
    guard damages[claim.path]?.mayCost(number) ?? false else {
      throw ModelFailure(
        .kept,
        "\(claim.isDurable ? "synchronised" : "written") segment \(number) of \(claim.path)")
    }
    claims[number] = nil
    let pieces = claim.path.split(separator: "/").dropFirst().joined(separator: "/")
    guard !explained.contains(claim.path),
      !SimulatedProgram.faults().contains(where: { $0.hasPrefix(pieces) })
    else { return }
    throw ModelFailure(.checked, "segment \(number) of \(claim.path) is gone without a line")
  }

  /// The check of a folder at rest finds damage, and nothing else.
  func checkFolder() throws {
    let faults = quietly { SimulatedProgram.faults() }
    // The head of a new file may be lost with its name kept: it has no promised segment, and stays.
    let others = faults.filter { !hasLostPower || !$0.hasSuffix("damaged, not served") }
    if damages.isEmpty, foreign.isEmpty, let fault = others.first {
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
