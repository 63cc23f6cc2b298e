// SPDX-License-Identifier: Apache-2.0

package import CMAF
package import Time

/// An event in an archived segment.
package struct ArchivedEvent: Sendable, Equatable {
  /// The box.
  package let message: EventMessage
  /// The wall clock of its time.
  package let time: WallTime
}
