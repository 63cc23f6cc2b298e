// SPDX-License-Identifier: Apache-2.0

import HTTP

/// The requests of one case: the unusual one, then those of viewers: pure.
package struct EdgePlan: Sendable {
  package let attack: EdgeRequest
  package let victims: [EdgeVictim]

  /// - Returns: nil for a case above the stream, whose address has viewers.
  package init?(_ one: EdgeCase, _ names: EdgeNames) {
    guard let path = names.path(one.resource) else { return nil }
    let query = one.query ?? ""
    var fields = names.fields(one.fields)
    let namesHost = (one.fields ?? []).contains { $0.first == "Host" }
    if !namesHost { fields.insert(HeaderField("Host", names.authority), at: 0) }
    fields.append(HeaderField("User-Agent", names.agent))
    fields += (0..<max(0, one.count ?? 0)).map { HeaderField("X-Field-\($0)", "x") }
    if !fields.contains(where: { $0.isNamed("connection") }) {
      fields.append(HeaderField("Connection", "close"))
    }
    let target = (one.target ?? "") + path + (one.path ?? "") + query
    attack = EdgeRequest(
      one.method ?? "GET", names.fill(target), version: one.version ?? "1.1", fields: fields,
      body: one.body ?? "")
    victims = one.victimQueries.compactMap { EdgeVictim(one, $0, names) }
  }
}

/// The request of a viewer, whose answer a case must not change.
package struct EdgeVictim: Sendable {
  /// Viewers with equal keys expect equal answers.
  struct Key: Hashable, Sendable {
    let resource: EdgeCase.Resource
    /// The query with its names in braces.
    let query: String
    let fields: [HeaderField]
  }

  let key: Key
  package let request: EdgeRequest
  /// The part that the playlist must list; nil for another request.
  package let asked: (segment: Int64, part: Int)?

  /// - Returns: nil for a resource above the stream.
  init?(_ one: EdgeCase, _ query: String, _ names: EdgeNames) {
    guard let path = names.path(one.resource) else { return nil }
    let fields = names.fields(one.victimFields)
    key = Key(resource: one.resource, query: query, fields: fields)
    request = EdgeRequest(viewer: names, names.fill(path + query), fields)
    if query.contains("{next}") {
      asked = (names.next, 0)
    } else if query.contains("{msn}") {
      asked = (names.segment, Int(clamping: names.part))
    } else {
      asked = nil
    }
  }
}
