// SPDX-License-Identifier: Apache-2.0

import Packaging
import System

/// The file `DIR/S/created`: a publisher has created the stream, so that it has the settings of
/// such streams, and its archive may be served when it no longer exists.
///
/// Each call may block for as long as the disk does.
enum CreatedMark {
  private static func path(_ folder: String) -> String { folder + "/created" }

  /// Writes the mark; without it the archive is served only while the stream exists.
  static func write(_ catalog: StreamCatalog) {
    guard (try? RegularFile.read(path(catalog.folder))) == nil,
      (try? catalog.root?.make(catalog.folder)) != nil
    else { return }
    let text = Array("a publisher has created the stream\n".utf8)
    _ = PrivateFile.write(text, to: path(catalog.folder), in: catalog.folder)
  }

  /// The names of the streams with a mark below a folder, in order.
  static func streams(in root: String) -> [String] {
    DiskFolder.entries(root).folders.sorted().filter { name in
      let folder = "\(root)/\(name)"
      return StreamName.isValid(name) && DiskFolder.isOwn(folder)
        && (try? RegularFile.read(path(folder))) != nil
    }
  }
}
