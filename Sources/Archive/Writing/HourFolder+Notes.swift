// SPDX-License-Identifier: Apache-2.0

import System
import Time

extension HourFolder {
  /// The sums of a file that was not finished; on a disk that cannot be written too.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - notes: gets the findings, for the log.
  /// - Returns: its sums, nil if it is removed or set aside; and the numbers of torn segments that
  ///   the disk does not let leave out.
  func recovered(
    _ name: HourName, _ notes: inout [WriterNote]
  ) -> (summary: HourIndex.Summary?, torn: Set<Int64>) {
    do throws(SystemError) { return (try finish(name, &notes), []) } catch {
      guard let found = try? untorn(name) else { return (nil, []) }
      return (found.walk.flatMap(HourIndex.Summary.init), found.torn)
    }
  }

  /// Finishes an hour file.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - notes: gets the findings, for the log.
  /// - Returns: its sums; nil if it is removed or set aside.
  /// - Throws: `SystemError` of the disk.
  func finish(
    _ name: HourName, _ notes: inout [WriterNote]
  ) throws(SystemError) -> HourIndex.Summary? {
    switch try recover(name) {
    case .finished(let summary, let other, let damaged):
      if let other { notes.append(.mended(name, self, from: other)) }
      if damaged > 0 { notes.append(.leftOut(damaged, of: name, self)) }
      return summary
    case .setAside(let name): notes.append(.setAside(name, self))
    case .removed: notes.append(.removed(name, self))
    }
    return nil
  }
}

extension StreamCatalog {
  /// Finishes an hour file with torn segments, before segments are appended to it.
  ///
  /// - Throws: `SystemError` of the disk.
  func finishTorn(
    _ name: HourName, of rendition: String, _ notes: inout [WriterNote]
  ) throws(SystemError) {
    guard read({ $0.tracks[rendition]?.torn[name] != nil }) else { return }
    let folder = folder(of: rendition)
    let summary = DiskFolder.exists(folder.file(name)) ? try folder.finish(name, &notes) : nil
    let damaged = folder.damagedSizes
    update { state in
      state.tracks[rendition]?.end(name, .replaced)
      state.tracks[rendition]?.set(name, summary)
      state.tracks[rendition]?.damaged = damaged
      state.revision = state.revision.addingSaturated(1)
    }
  }
}
