// SPDX-License-Identifier: Apache-2.0

import HTTP

/// An exchange whose responses no cache may keep, since the permission of its request is not in the
/// address.
///
/// - Source: RFC 9111 §5.2.2.5, §5.2.2.7
final class PrivateExchange: OuterExchange {
  let inner: any Exchange

  init(_ exchange: any Exchange) { inner = exchange }

  func respond(_ response: PreparedResponse, extra: [HeaderField]) {
    inner.respond(Self.uncached(response), extra: extra)
  }

  func begin(_ head: PreparedResponse, extra: [HeaderField]) {
    inner.begin(Self.uncached(head), extra: extra)
  }

  /// The response with another `Cache-Control`.
  private static func uncached(_ response: PreparedResponse) -> PreparedResponse {
    let fields = response.fields.filter { !$0.isNamed("cache-control") }
    let caching = HeaderField("Cache-Control", ResponseFields.Caching.oneViewer.value)
    return PreparedResponse(
      status: response.status, fields: [caching] + fields, slices: response.body)
  }
}
