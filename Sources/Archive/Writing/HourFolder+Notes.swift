// SPDX-License-Identifier: Apache-2.0

import System

extension HourFolder {
  /// The sums of a file that was not finished; on a disk that cannot be written too.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - notes: gets the findings, for the log.
  /// - Returns: its sums; nil if it is removed or set aside.
  func recovered(_ name: HourName, _ notes: inout [WriterNote]) -> HourIndex.Summary? {
    do throws(SystemError) {
      switch try recover(name) {
      case .finished(let summary, let other, let damaged):
        if let other { notes.append(.mended(name, self, from: other)) }
        if damaged > 0 { notes.append(.leftOut(damaged, of: name, self)) }
        return summary
      case .setAside(let name): notes.append(.setAside(name, self))
      case .removed: notes.append(.removed(name, self))
      }
      return nil
    } catch {
      return (try? walk(name)).flatMap(HourIndex.Summary.init)
    }
  }
}
