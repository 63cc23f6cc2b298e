// SPDX-License-Identifier: Apache-2.0

/// Names of files in the order of their completion, oldest first.
///
/// A file that was replaced or removed stays in the queue until it is the oldest, or until such
/// names are the most.
struct UploadQueue: Sendable {
  /// One completion.
  struct Element: Sendable {
    let name: UploadName
    let serial: UInt64
  }

  private var elements: [Element] = []
  private var start = 0

  /// The oldest name; nil if the queue is empty.
  var first: Element? { start < elements.count ? elements[start] : nil }

  /// Adds the newest name.
  ///
  /// If the queue has many more names than `count`, those for which `isCurrent` is false are
  /// removed.
  mutating func append(_ element: Element, of count: Int, isCurrent: (Element) -> Bool) {
    elements.append(element)
    guard elements.count > 2 * count + 64 else { return }  // bounded: elements in memory
    elements = elements[start...].filter(isCurrent)
    start = 0
  }

  /// Removes the oldest name.
  mutating func removeFirst() {
    if start < elements.count { start += 1 }
    if start == elements.count {
      elements = []
      start = 0
    }
  }
}
