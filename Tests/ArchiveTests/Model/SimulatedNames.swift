// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// The changes of names that are not on a simulated disk yet, in their order.
struct SimulatedNames {
  /// When names are on the disk.
  enum Journal: String, CaseIterable {
    /// Each synchronisation of a file or a folder writes all changes before it, as ext4 does; a
    /// loss of power keeps the first ones of the others.
    case ordered
    /// Only the synchronisation of a folder writes its names, as POSIX states; a loss of power
    /// keeps the first ones of each folder.
    case none
  }

  /// A name that is removed, one that is added, or both in one step.
  private struct Change {
    let removed: (folder: SimulatedNode, name: String)?
    let added: (folder: SimulatedNode, name: String, node: SimulatedNode)?

    var folders: [SimulatedNode] { [removed?.folder, added?.folder].compactMap(\.self) }

    func apply() {
      if let removed { removed.folder.durableEntries[removed.name] = nil }
      if let added { added.folder.durableEntries[added.name] = added.node }
    }
  }

  let journal: Journal
  private var changes: [Change] = []

  init(_ journal: Journal) { self.journal = journal }

  mutating func add(_ node: SimulatedNode, as name: String, in folder: SimulatedNode) {
    changes.append(Change(removed: nil, added: (folder, name, node)))
  }

  mutating func remove(_ name: String, in folder: SimulatedNode) {
    changes.append(Change(removed: (folder, name), added: nil))
  }

  mutating func rename(
    _ node: SimulatedNode, _ name: String, in folder: SimulatedNode, to other: String,
    in target: SimulatedNode
  ) {
    changes.append(Change(removed: (folder, name), added: (target, other, node)))
  }

  /// A file is synchronised.
  mutating func syncFile() {
    if journal == .ordered { syncAll() }
  }

  /// A folder is synchronised, with the changes of others on which its changes depend.
  mutating func sync(_ folder: SimulatedNode) {
    guard journal == .none else { return syncAll() }
    var needed = Set([folder.number])
    var isWritten = [Bool](repeating: false, count: changes.count)
    for index in changes.indices.reversed() {
      let numbers = changes[index].folders.map(\.number)
      guard numbers.contains(where: needed.contains) else { continue }
      isWritten[index] = true
      needed.formUnion(numbers)
    }
    for (change, isWritten) in zip(changes, isWritten) where isWritten { change.apply() }
    changes = zip(changes, isWritten).filter { !$0.1 }.map(\.0)
  }

  private mutating func syncAll() {
    for change in changes { change.apply() }
    changes = []
  }

  /// A random part of the changes is on the disk, the others are lost.
  ///
  /// - Parameters:
  ///   - chance: the chance of each change after those before it, in percent.
  ///   - random: the random numbers.
  mutating func losePower(_ chance: UInt64, _ random: inout SplitMix64) {
    var lost = Set<UInt64>()
    for change in changes {
      let numbers = change.folders.map(\.number)
      let isBlocked = journal == .ordered ? !lost.isEmpty : numbers.contains(where: lost.contains)
      if !isBlocked, random.next() % 100 < chance {
        change.apply()
      } else {
        lost.formUnion(numbers)
      }
    }
    changes = []
  }
}
