// SPDX-License-Identifier: Apache-2.0

import Packaging
import System

/// The file `DIR/S/renditions`: the order of the renditions and the default audio, for the time
/// without a session.
///
/// Each call may block for as long as the disk does.
enum RenditionNote {
  private static func path(_ folder: String) -> String { folder + "/renditions" }

  /// Writes the note, unless the folder has it.
  ///
  /// - Returns: whether the folder has it now.
  static func write(_ order: RenditionOrder, _ catalog: StreamCatalog) -> Bool {
    if read(catalog.folder) == order { return true }
    // Below the mount point of a disk that is away, nothing is written.
    guard let root = catalog.root, (try? root.check()) != nil,
      (try? root.make(catalog.folder)) != nil
    else { return false }
    return PrivateFile.write(Array(order.text.utf8), to: path(catalog.folder), in: catalog.folder)
      == nil
  }

  /// The note; nil without one, and for a damaged one.
  static func read(_ folder: String) -> RenditionOrder? {
    (try? RegularFile.read(path(folder))).flatMap { String(validating: $0, as: UTF8.self) }
      .flatMap { RenditionOrder($0) }
  }
}
