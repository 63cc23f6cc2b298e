// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// Events that are not of the program: orders of operators, and changes by others.
extension ArchiveModel {
  func delete(_ from: UInt64, _ count: UInt64) throws {
    let sorted = claims.sorted { $0.key < $1.key }
    guard let program, !sorted.isEmpty else { return }
    let first = Int(from % UInt64(sorted.count))
    let last = min(sorted.count - 1, first + Int(count) - 1)
    let (start, end) = (sorted[first].value.span.lowerBound, sorted[last].value.span.upperBound)
    // Media after the order stays.
    guard start < end, end <= clocks.wallTime else { return }
    let numbers = Set(claims.filter { $0.value.span.overlaps(start..<end) }.keys)
    let order = orders.add(numbers, start..<end)
    program.remove(start..<end) {
      order.hide()
    } answer: {
      order.end($0)
    }
  }

  func interfere(_ event: ModelEvent) {
    let files = disk.files(SimulatedProgram.folder)
    let media = files.filter { $0.hasSuffix(".cmfv") }
    func chosen(_ files: [String], _ number: UInt64) -> String? {
      files.isEmpty ? nil : files[Int(number % UInt64(files.count))]
    }
    switch event {
    case .take(let target, let number):
      guard let path = chosen(media, number) else { return }
      let pieces = path.split(separator: "/")
      let taken: String
      switch target {
      case .file: taken = path
      case .index:
        taken = chosen(files.filter { $0.hasSuffix(".index") }, number) ?? path
      case .day: taken = "/" + pieces.dropLast().joined(separator: "/")
      case .rendition: taken = "/" + pieces.dropLast(2).joined(separator: "/")
      case .stream: taken = "/" + pieces.dropLast(3).joined(separator: "/")
      case .root: taken = SimulatedProgram.folder
      case .lock: taken = SimulatedProgram.folder + "/.lock"
      }
      disk.removeTree(taken)
      let gone = claims.filter { $0.value.path == taken || $0.value.path.hasPrefix(taken + "/") }
      for number in gone.keys { claims[number] = nil }
      foreign = foreign.filter { $0.key != taken && !$0.key.hasPrefix(taken + "/") }
      for path in damages.keys where disk.node(path) == nil { damages[path] = nil }
      if !gone.isEmpty, program != nil { unnoticed = unnoticed ?? 0 }
    case .copy(let number):
      guard let path = chosen(media, number) else { return }
      foreign[path] = nil
      disk.replaceByCopy(path)
    case .give(let number):
      guard let path = chosen(media, number), let node = disk.node(path) else { return }
      // The file that is being written is not looked at before its end.
      guard claims.values.contains(where: { $0.path == path }),
        path != claims.max(by: { $0.key < $1.key })?.value.path
      else { return }
      foreign[path] = node
      disk.giveAway(path)
      for (number, claim) in claims where claim.path == path { claims[number] = nil }
    case .damage(let number, let offset):
      guard let path = chosen(media, number), let node = disk.node(path), !node.bytes.isEmpty
      else { return }
      let mask = UInt8(1) << UInt8(truncatingIfNeeded: offset % 8)
      let position = Int(offset % UInt64(node.bytes.count))
      let segments = segments(in: node.bytes, of: path)
      node.damage(at: position, mask)
      damages[path, default: ModelDamage()].flip(
        at: position, of: node.bytes, segments: segments,
        all: Set(claims.filter { $0.value.path == path }.keys),
        open: session.map { SimulatedTrack.segmentation.segment(of: max(0, $0.next - 1)) },
        header: SimulatedTrack.header(0).count)
      explained.remove(path)
    default: break
    }
  }

  /// The promised segments of a file whose bytes are right, in their order.
  private func segments(in bytes: [UInt8], of path: String) -> [ModelDamage.Segment] {
    var found: [ModelDamage.Segment] = []
    for (number, _) in claims.sorted(by: { $0.key < $1.key }) where claims[number]?.path == path {
      let right = track.bytes(number)
      var start = found.last?.range.upperBound ?? 0
      while start + right.count <= bytes.count {
        if bytes[start..<start + right.count].elementsEqual(right) {
          found.append((number, start..<start + right.count))
          break
        }
        start += 1
      }
    }
    return found
  }
}
