// SPDX-License-Identifier: Apache-2.0

import System

extension HourFolder {
  private static let suffix = ".objects"

  /// The path of the mark of an hour file: `2026-11-23/04-HASH.cmfv.objects`.
  func mark(_ name: HourName) -> String { file(name) + Self.suffix }

  /// The marks of all hour files, also of removed ones.
  package var marks: [HourName: HourMark] {
    var found: [HourName: HourMark] = [:]
    for day in DiskFolder.entries(path).folders {
      for file in DiskFolder.entries("\(path)/\(day)").files where file.hasSuffix(Self.suffix) {
        guard let name = HourName(folder: day, file: String(file.dropLast(Self.suffix.count))),
          let bytes = try? DiskFile(mark(name), .reading).read(at: 0, count: 1 << 20),
          let text = String(validating: bytes, as: UTF8.self), let mark = HourMark(text)
        else { continue }
        found[name] = mark
      }
    }
    return found
  }

  /// Writes the mark of an hour file in one step; a mark with removals survives a loss of power.
  ///
  /// - Returns: whether it is written.
  func save(_ mark: HourMark, of name: HourName) -> Bool {
    let draft = self.mark(name) + ".new"
    do throws(SystemError) {
      try DiskFolder.make("\(path)/\(name.folder)")
      DiskFolder.remove(draft)
      let file = try DiskFile(draft, .creating)
      try file.write(Array(mark.text.utf8), at: 0)
      try file.sync()
      try DiskFolder.rename(draft, to: self.mark(name))
      if !mark.removed.isEmpty { try DiskFolder.sync("\(path)/\(name.folder)") }
      return true
    } catch { return false }
  }
}
