// SPDX-License-Identifier: Apache-2.0

internal import Media

/// The parameter sets of a stream, of which access units repeat or replace some.
struct StoredParameterSets {
  private struct Entry {
    let set: [UInt8]
    let key: ParameterSetKey
    /// That of the set to which it refers.
    let parent: ParameterSetKey?

    init?(_ set: [UInt8], _ codec: NALCodec) {
      guard let keys = ParameterSetKey.keys(of: set, codec) else { return nil }
      (self.set, key, parent) = (set, keys.own, keys.parent)
    }
  }

  private let codec: NALCodec
  private var entries: [Entry]

  /// The sets, each without length or start code.
  var sets: [[UInt8]] { entries.map(\.set) }

  /// The given sets, in their order.
  init(_ sets: [[UInt8]], _ codec: NALCodec) {
    self.codec = codec
    entries = sets.compactMap { Entry($0, codec) }
  }

  /// Takes the sets of an access unit.
  ///
  /// A set replaces the one with its kind and identifier, at its place. If that was another one,
  /// sets that refer to it are removed, as decoders do, unless the access unit has none of their
  /// kind. Sets that no CMAF header can have are left out: those of 64 KiB and more.
  mutating func take(_ sets: [[UInt8]]) {
    let found = sets.filter { $0.count <= Int(UInt16.max) }.compactMap { Entry($0, codec) }
    let (own, kinds) = (Set(found.map(\.key)), Set(found.map(\.key.type)))
    // Of a damaged set the identifier may be unknown.
    entries.removeAll { kinds.contains($0.key.type) && $0.key.id == nil }
    var changed: [ParameterSetKey] = []
    for entry in found {
      if let place = entries.firstIndex(where: { $0.key == entry.key }) {
        if entries[place].set != entry.set { changed.append(entry.key) }
        entries[place] = entry
      } else {
        let place = entries.firstIndex { $0.key.type > entry.key.type } ?? entries.endIndex
        entries.insert(entry, at: place)
      }
    }
    while let parent = changed.popLast() {
      let isStale = { (entry: Entry) in
        entry.parent == parent && kinds.contains(entry.key.type) && !own.contains(entry.key)
      }
      changed += entries.filter(isStale).map(\.key)
      entries.removeAll(where: isStale)
    }
    if codec == .h264 { limit(to: own) }
  }

  /// Removes all sets of a kind but those of the access unit, and the sets that refer to them, if a
  /// CMAF header cannot have as many.
  ///
  /// - Source: ISO/IEC 14496-15 §5.3.3.1: the numbers have 5 and 8 bits
  private mutating func limit(to own: Set<ParameterSetKey>) {
    for (type, most) in [(NALUnits.sps, 31), (NALUnits.pps, 255)]
    where entries.count(where: { $0.key.type == type }) > most {
      entries.removeAll { $0.key.type == type && !own.contains($0.key) }
      let known = Set(entries.map(\.key))
      entries.removeAll { entry in
        entry.parent.map { !known.contains($0) } == true && !own.contains(entry.key)
      }
    }
  }
}
