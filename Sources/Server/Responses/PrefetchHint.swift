// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging

/// Names the next object to a cache that requests this, so that the cache can fetch it early.
///
/// - Source: Akamai CDN-Origin-Assist (`CDN-Origin-Assist-Prefetch-Enabled`, `-Path`)
enum PrefetchHint {
  /// The field that names segment `number`; none if the request does not ask for hints.
  static func fields(_ request: Request, segment number: Int64, _ names: MediaNames)
    -> [HeaderField]
  {
    fields(request) { names.name(ofSegment: number) }
  }

  /// The field that names the part after part `index` of segment `number`.
  static func fields(
    _ request: Request, afterPart index: Int64, of number: Int64, partsInSegment: Int64,
    _ names: MediaNames
  ) -> [HeaderField] {
    fields(request) {
      index + 1 < partsInSegment
        ? names.name(ofPart: index + 1, in: number) : names.name(ofPart: 0, in: number + 1)
    }
  }

  /// The field by which a request asks for hints.
  static let requestField = "cdn-origin-assist-prefetch-enabled"

  /// Whether a request asks for hints; under a token there are none, since a cache must not learn
  /// URLs of one viewer.
  static func isAsked(_ request: Request) -> Bool {
    !request.hasPathPrefix && request.header(requestField) == "1"
  }

  private static func fields(_ request: Request, _ name: () -> String) -> [HeaderField] {
    guard isAsked(request) else { return [] }
    let path = request.rawPath
    let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
    return [HeaderField("CDN-Origin-Assist-Prefetch-Path", folder + name())]
  }
}
