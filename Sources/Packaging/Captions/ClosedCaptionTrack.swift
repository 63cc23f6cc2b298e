// SPDX-License-Identifier: Apache-2.0

package import Media

/// The closed captions of one service, for players.
package struct ClosedCaptionTrack: Sendable, Hashable {
  /// The service.
  package let service: CaptionService
  /// The language; nil if it is not declared.
  package let language: LanguageTag?
  /// Whether players show it to viewers that choose none.
  package let isDefault: Bool

  /// A track with these properties.
  package init(_ service: CaptionService, language: LanguageTag? = nil, isDefault: Bool = false) {
    self.service = service
    self.language = language
    self.isDefault = isDefault
  }

  /// The name for viewers.
  package var name: String {
    language.map { "\($0.name) (\(service.name))" } ?? service.name
  }
}
