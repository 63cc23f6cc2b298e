// SPDX-License-Identifier: Apache-2.0

internal import CPage
import Server

extension PageFiles {
  /// Creates the responses of the pages and of the module that are part of the executable.
  ///
  /// - Parameter scripts: other scripts, by their names under `/player/`.
  /// - Returns: the responses.
  static func embedded(scripts: [String: [UInt8]]) -> PageFiles {
    unsafe PageFiles(
      Pages(
        player: bytes(cpage_browser()), list: bytes(cpage_list()), wall: bytes(cpage_wall()),
        statistics: bytes(cpage_statistics()), publisher: bytes(cpage_publisher()),
        error: bytes(cpage_error())),
      module: [
        "live-player.js": bytes(cpage_module()),
        "live-player-later.js": bytes(cpage_later_module()),
        "live-player.d.ts": bytes(cpage_module_types()),
        "live-publisher.js": bytes(cpage_publisher_module()),
      ], scripts: scripts)
  }

  private static func bytes(_ file: CPageFile) -> [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
  }
}
