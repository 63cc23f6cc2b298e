// SPDX-License-Identifier: Apache-2.0

/// A broken promise of the archive.
struct ModelFailure: Error, CustomStringConvertible {
  /// The promises.
  enum Promise: String {
    case kept = "a segment is lost"
    case equal = "a segment has other bytes"
    case removed = "removed media is served"
    case reasoned = "an hour was removed without its reason"
    case healthy = "nothing is written, and no state says so"
    case noticed = "files are missing, and no line says so"
    case foreign = "a file of another user is removed or replaced"
    case checked = "the folder is damaged, and its check finds nothing"
    case clean = "the check of a whole folder finds faults"
  }

  let promise: Promise
  let detail: String

  init(_ promise: Promise, _ detail: String) { (self.promise, self.detail) = (promise, detail) }

  var description: String { "\(promise.rawValue): \(detail)" }
}
