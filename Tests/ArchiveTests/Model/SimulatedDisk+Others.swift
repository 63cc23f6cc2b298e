// SPDX-License-Identifier: Apache-2.0

/// Changes of a simulated disk by other programs.
extension SimulatedDisk {
  /// Others remove a file or a folder with its content, durably.
  func removeTree(_ path: String) {
    guard let (folder, name) = try? parent(of: path, "remove"), let node = folder.entries[name]
    else { return }
    func forgetAll(_ node: SimulatedNode, _ path: String) {
      for (name, inner) in node.entries { forgetAll(inner, "\(path)/\(name)") }
      forget(node)
      if lie == .places { (former[path], node.names) = (node, 1) }
    }
    forgetAll(node, path)
    folder.entries[name] = nil
    names.remove(name, in: folder)
    names.sync(folder)
  }

  /// Others put a copy of a file into its place, durably.
  func replaceByCopy(_ path: String) {
    guard let (folder, name) = try? parent(of: path, "open"), let node = folder.entries[name],
      !node.isFolder
    else { return }
    let bytes = node.bytes
    forget(node)
    let copy = add(name, to: folder, isFolder: false)
    copy.write(bytes, at: 0)
    copy.sync()
    used += bytes.count
    names.sync(folder)
  }

  /// Others give a file to another user, durably.
  func giveAway(_ path: String) {
    guard let node = node(path) else { return }
    node.owner = Self.users.other
    node.sync()
    var folder = root
    for piece in path.split(separator: "/") {
      names.sync(folder)
      guard let next = folder.entries[String(piece)] else { return }
      folder = next
    }
  }

  /// The paths of all files below a folder, in their order.
  func files(_ path: String) -> [String] {
    guard let node = node(path) else { return [] }
    return node.entries.sorted { $0.key < $1.key }.flatMap { name, inner in
      inner.isFolder ? files("\(path)/\(name)") : ["\(path)/\(name)"]
    }
  }
}
