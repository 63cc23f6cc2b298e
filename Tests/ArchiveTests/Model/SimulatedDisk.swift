// SPDX-License-Identifier: Apache-2.0

import Glibc
import System
import TestSupport

/// A disk in memory, which can lose power, be full, read only or faulty, and whose files belong to
/// users.
///
/// Confined to one thread: the protocol demands `Sendable`.
final class SimulatedDisk: Disk, @unchecked Sendable {
  /// The user of the program, and another one.
  static let users = (own: UInt32(1000), other: UInt32(0))

  let user = SimulatedDisk.users.own
  private(set) var root: SimulatedNode
  var names: SimulatedNames
  private var random: SplitMix64
  private var count: UInt64 = 1
  /// The bytes of the disk, and of its files.
  let capacity: Int
  var used = 0
  /// The bytes that another program occupies.
  var foreignBytes = 0
  /// Whether each change is refused, and the chance of an error of each call that writes, in 1,000.
  var isReadOnly = false
  var errorRate: UInt64 = 0
  /// The number of the next changes that are refused.
  var refusals = 0
  /// The calls that have waited until something was on the disk.
  private(set) var waits = 0
  /// The bytes and the calls that the program still writes before it is killed; nil without an end.
  private(set) var fuel: Int?
  /// Whether the program was killed: nothing that it calls has an effect.
  private(set) var isDead = false
  /// The number of starts of the program: open files of earlier ones are closed.
  private(set) var start = 0
  /// The lie of the disk; nil for an honest one.
  let lie: Lie?
  /// The nodes of paths that others have removed or replaced.
  var former: [String: SimulatedNode] = [:]

  /// Faults of a disk that states success: a model that does not find them finds nothing.
  enum Lie: CaseIterable {
    /// Synchronisation of folders has no effect, as if the archive did not ask for it.
    case folders
    /// Synchronisation of files has no effect.
    case files
    /// Some writes have no effect.
    case writes
    /// Removed files are at their paths still.
    case places
    /// The clock of the ages is never read again.
    case ages
  }

  init(
    _ journal: SimulatedNames.Journal, capacity: Int, seed: UInt64, lie: Lie? = nil
  ) {
    self.lie = lie
    root = SimulatedNode(0, isFolder: true, owner: Self.users.own)
    names = SimulatedNames(journal)
    random = SplitMix64(seed: seed)
    self.capacity = capacity
  }

  // MARK: The life of the program

  /// The program is killed after this number of bytes and calls.
  func kill(after fuel: Int) { self.fuel = fuel }

  /// The bytes and calls until the program is killed, which it is not any more.
  func takeFuel() -> Int? {
    defer { fuel = nil }
    return fuel
  }

  /// The program is killed now.
  func kill() { (fuel, isDead) = (nil, true) }

  /// Another process begins: the locks and the open files of the one before are gone.
  func restart() { (fuel, isDead, start) = (nil, false, start + 1) }

  /// The machine loses power: a random part of the unsynchronised changes is left.
  func losePower() {
    // All of it, most, half of it, or nothing.
    let chance = [100, 95, 50, 0][Int(random.next() % 4)] as UInt64
    names.losePower(chance, &random)
    used = 0
    losePower(root, chance)
  }

  private func losePower(_ node: SimulatedNode, _ chance: UInt64) {
    node.losePower(chance, &random)
    node.names = 1
    used += node.bytes.count
    for (_, inner) in node.entries.sorted(by: { $0.key < $1.key }) { losePower(inner, chance) }
  }

  // MARK: Calls

  /// A call begins that reads.
  func read(_ call: String) throws(SystemError) {
    guard !isDead else { throw SystemError(call, EIO) }
  }

  /// A call begins that changes something.
  func change(_ call: String) throws(SystemError) {
    try read(call)
    guard !isReadOnly else { throw SystemError(call, EROFS) }
    guard refusals == 0 else {
      refusals -= 1
      throw SystemError(call, EIO)
    }
    guard errorRate == 0 || random.next() % 1000 >= errorRate else { throw SystemError(call, EIO) }
    guard spend(1) == 1 else { throw SystemError(call, EIO) }
  }

  /// A call begins that waits until something is on the disk.
  func wait(_ call: String) throws(SystemError) {
    try read(call)
    waits += 1
    guard errorRate == 0 || random.next() % 1000 >= errorRate else { throw SystemError(call, EIO) }
    guard spend(1) == 1 else { throw SystemError(call, EIO) }
  }

  /// The part of the bytes that are written before the program is killed.
  func spend(_ count: Int) -> Int {
    guard let left = fuel else { return count }
    fuel = max(0, left - count)
    if left < count { kill() }
    return min(left, count)
  }

  /// The bytes that can be added.
  var free: Int { max(0, capacity - used - foreignBytes) }

  func grow(by count: Int) { used += count }

  func syncFile() { names.syncFile() }

  /// Whether a write has no effect.
  func dropsWrite() -> Bool { lie == .writes && random.next() % 40 == 0 }

  func open(_ path: String, _ mode: OpenMode) throws(SystemError) -> any OpenFile {
    try read("open")
    var (creates, writes, isExclusive) = (false, false, false)
    switch mode {
    case .reading, .inspecting: break
    case .writing: writes = true
    case .creating: (creates, writes) = (true, true)
    case .locking: creates = true
    case .replacing: (creates, writes, isExclusive) = (true, true, true)
    }
    let (folder, name) = try parent(of: path, "open")
    if let node = folder.entries[name] {
      guard !isExclusive else { throw SystemError("open", EEXIST) }
      guard !node.isFolder else { throw SystemError("open", writes ? EISDIR : EINVAL) }
      guard !writes || !isReadOnly else { throw SystemError("open", EROFS) }
      guard node.owner == user || !writes else { throw SystemError("open", EACCES) }
      return SimulatedFile(node, self)
    }
    guard creates else { throw SystemError("open", ENOENT) }
    try change("open")
    guard folder.owner == user else { throw SystemError("open", EACCES) }
    return SimulatedFile(add(name, to: folder, isFolder: false), self)
  }

  func status(_ path: String, followsLinks: Bool) throws(SystemError) -> FileStatus {
    try read("lstat")
    if lie == .places, let node = former[path] { return node.status }
    return try node(path, "lstat").status
  }

  func names(_ folder: String) -> [String] {
    guard (try? read("opendir")) != nil else { return [] }
    // The order of a system is none: that of hashes, which differs between processes, is not used.
    return node(folder).map { $0.entries.keys.sorted() } ?? []
  }

  func make(_ folder: String, permissions: UInt32) throws(SystemError) {
    let (outer, name) = try parent(of: folder, "mkdir")
    guard outer.entries[name] == nil else { throw SystemError("mkdir", EEXIST) }
    try change("mkdir")
    guard outer.owner == user else { throw SystemError("mkdir", EACCES) }
    _ = add(name, to: outer, isFolder: true)
  }

  func remove(_ path: String) throws(SystemError) {
    let (folder, name) = try parent(of: path, "remove")
    guard let node = folder.entries[name] else { throw SystemError("remove", ENOENT) }
    guard node.entries.isEmpty else { throw SystemError("remove", ENOTEMPTY) }
    try change("remove")
    guard folder.owner == user else { throw SystemError("remove", EACCES) }
    folder.entries[name] = nil
    forget(node)
    names.remove(name, in: folder)
  }

  func rename(_ path: String, to name: String) throws(SystemError) {
    let (folder, old) = try parent(of: path, "rename")
    let (target, new) = try parent(of: name, "rename")
    guard let node = folder.entries[old] else { throw SystemError("rename", ENOENT) }
    try change("rename")
    guard folder.owner == user, target.owner == user else { throw SystemError("rename", EACCES) }
    if let replaced = target.entries[new] {
      guard !replaced.isFolder, !node.isFolder else { throw SystemError("rename", EEXIST) }
      forget(replaced)
    }
    folder.entries[old] = nil
    target.entries[new] = node
    names.rename(node, old, in: folder, to: new, in: target)
  }

  /// Only root may.
  func give(_ path: String, to owner: FileStatus) {}

  func sync(_ folder: String) throws(SystemError) {
    try wait("fsync")
    let node = try node(folder, "open")
    if lie != .folders { names.sync(node) }
  }

  func space(_ folder: String) -> (total: Int64, free: Int64)? {
    guard !isDead, node(folder) != nil else { return nil }
    return (Int64(capacity), Int64(free))
  }

  func content(_ path: String) throws(FileContent.Failure) -> [UInt8] {
    do throws(SystemError) {
      try read("read")
      guard lie != .ages || !path.hasSuffix("/.ages") else { throw SystemError("open", ENOENT) }
      let node = try node(path, "open")
      guard !node.isFolder, !node.bytes.isEmpty else { throw SystemError("read", EINVAL) }
      return node.bytes
    } catch { throw FileContent.Failure(path: path, reason: "\(error)") }
  }

  // MARK: Names

  /// The node at a path; nil if it is missing.
  func node(_ path: String) -> SimulatedNode? { try? node(path, "lstat") }

  private func node(_ path: String, _ call: String) throws(SystemError) -> SimulatedNode {
    var node = root
    for piece in path.split(separator: "/") {
      guard node.isFolder else { throw SystemError(call, ENOTDIR) }
      guard let next = node.entries[String(piece)] else { throw SystemError(call, ENOENT) }
      node = next
    }
    return node
  }

  func parent(
    of path: String, _ call: String
  ) throws(SystemError) -> (folder: SimulatedNode, name: String) {
    guard !isDead else { throw SystemError(call, EIO) }
    let pieces = path.split(separator: "/")
    guard let last = pieces.last else { throw SystemError(call, EEXIST) }
    let folder = try node(pieces.dropLast().joined(separator: "/"), call)
    guard folder.isFolder else { throw SystemError(call, ENOTDIR) }
    return (folder, String(last))
  }

  func add(
    _ name: String, to folder: SimulatedNode, isFolder: Bool
  ) -> SimulatedNode {
    let node = SimulatedNode(count, isFolder: isFolder, owner: user)
    count += 1
    node.names = 1
    folder.entries[name] = node
    names.add(node, as: name, in: folder)
    return node
  }

  func forget(_ node: SimulatedNode) {
    node.names = 0
    used -= node.bytes.count
  }
}

extension SimulatedNode {
  /// Its properties.
  var status: FileStatus {
    FileStatus(
      kind: isFolder ? .folder : .file, owner: owner, group: owner, device: 1, number: number,
      names: names, size: bytes.count)
  }
}
