// SPDX-License-Identifier: Apache-2.0

package import Media

/// The captions of a stream in one language, as they are declared: a text rendition.
package struct CaptionTrack: Sendable, Hashable {
  /// The most languages of a stream.
  package static let maximum = 16

  /// The language; a stream has each once.
  package let language: LanguageTag
  /// Whether players show it to viewers that choose none.
  package let isDefault: Bool

  /// A track with these properties.
  package init(_ language: LanguageTag, isDefault: Bool = false) {
    self.language = language
    self.isDefault = isDefault
  }

  /// The name of the rendition in URLs.
  package var rendition: String { "captions-\(language.text)" }
}
