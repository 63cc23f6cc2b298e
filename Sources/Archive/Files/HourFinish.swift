// SPDX-License-Identifier: Apache-2.0

package import System

/// The last step of an hour file to which nothing is added: its `sidx`, and the sums of its index.
///
/// It waits for the disk twice. All tracks have this step in the same second, so it is not done by
/// the thread that writes.
package final class HourFinish: Sendable {
  /// The sums of the file.
  package let summary: HourIndex.Summary
  /// The path of the file.
  let path: String
  private let file, index: DiskFile
  private let references: SegmentReferences?

  init(
    _ summary: HourIndex.Summary, _ file: DiskFile, _ index: DiskFile,
    _ references: SegmentReferences?
  ) {
    self.summary = summary
    path = file.path
    (self.file, self.index) = (file, index)
    self.references = references
  }

  /// Finishes the file; may be repeated.
  package func run() throws(SystemError) {
    // Frees the reserved space behind the end too.
    try file.truncate(to: summary.size)
    try references?.write(to: file)
    try file.sync()
    try HourFolder.syncNames(of: path)
    try index.write(HourIndex.head(summary), at: 0)
  }
}
