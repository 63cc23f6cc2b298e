// SPDX-License-Identifier: Apache-2.0

/// The hour files of the program's user on a disk, with their sizes.
struct ModelInventory {
  /// The bytes of hour files, and of files that were set aside.
  private(set) var media: [String: Int] = [:]
  /// The bytes of all other files.
  private(set) var others: [String: Int] = [:]
  /// The bytes that can be added to the disk.
  let free: Int

  init(_ disk: SimulatedDisk, _ folder: String) {
    free = disk.free
    for path in disk.files(folder) {
      guard let node = disk.node(path), node.owner == disk.user else { continue }
      if Self.isMedia(path) {
        media[path] = node.bytes.count
      } else {
        others[path] = node.bytes.count
      }
    }
  }

  private static func isMedia(_ path: String) -> Bool {
    let name = path.split(separator: "/").suffix(2)
    guard name.first?.hasPrefix(".") == false else { return false }
    return path.hasSuffix(".cmfv") || path.hasSuffix(".cmfv.damaged")
  }

  /// The bytes of all hour files.
  var total: Int { media.values.reduce(0, +) }

  /// The bytes of the index of an hour file.
  func index(of path: String) -> Int {
    let stem = path.prefix { $0 != "." }
    return others.filter { $0.key.hasPrefix(stem + ".index") }.values.reduce(0, +)
  }
}
