// SPDX-License-Identifier: Apache-2.0

/// A remark for people about a given setting: an unknown key, a value without effect.
package struct SettingNote: Sendable, Equatable, CustomStringConvertible {
  package let location: SettingLocation
  /// The remark, which follows the location and a colon.
  package let text: String

  package var description: String { "\(location): \(text)" }
}
