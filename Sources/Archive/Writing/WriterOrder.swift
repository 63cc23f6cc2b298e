// SPDX-License-Identifier: Apache-2.0

package import Packaging
package import Time

/// An order to the thread that writes an archive.
package enum WriterOrder: Sendable {
  /// Reads the folder of a stream.
  case open(StreamCatalog, ArchivePolicy)
  /// Writes the windows of a session from now on.
  case follow(StreamCatalog, [(name: String, window: LiveWindow)])
  /// Protects a span, or ends its protection; the answer has the reason of a failure.
  case protect(StreamCatalog, Range<WallTime>, Bool, @Sendable (String?) -> Void)
  /// Removes the segments with media in a span; the answer has the reason of a failure.
  case remove(StreamCatalog, Range<WallTime>, @Sendable (String?) -> Void)
}
