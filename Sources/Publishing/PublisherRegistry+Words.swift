// SPDX-License-Identifier: Apache-2.0

import Checked
package import Ingest

// The paths of clients in lines of the log.
extension PublisherRegistry {
  /// A path without its last element, which may be a key, as may any other that is no name.
  package func words(for target: PublisherPath) -> String {
    let elements = target.path.split(separator: "/").dropLast().map { element in
      NameCharacters.isName(element) && !isKey(String(element)) ? String(element) : "***"
    }
    return (elements.prefix(8) + ["***"]).joined(separator: "/")
  }

  /// The same for a stream that does not exist yet; nil for others.
  func words(for target: PublisherPath, _ admission: Admission) -> String? {
    if case .new = admission { words(for: target) } else { nil }
  }
}
