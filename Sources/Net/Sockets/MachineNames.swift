// SPDX-License-Identifier: Apache-2.0

import CLinux
import Checked
import System

/// The names and addresses of the machine.
package struct MachineNames: Sendable {
  /// The names.
  package private(set) var names: [String] = ["localhost"]
  var addresses: [String] = ["127.0.0.1", "::1"]

  /// Host name, its canonical form, that in the local domain, and the addresses of all interfaces.
  package static var current: MachineNames {
    var result = MachineNames()
    var name = [CChar](repeating: 0, count: 256)
    if unsafe gethostname(&name, name.count - 1) == 0 {
      let text = String(
        decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      result.add(name: text)
      // A resolver may let the start wait for seconds.
      let hosts = PrivateFile.contents("/etc/hosts") ?? []
      if let name = canonicalName(of: text, in: String(decoding: hosts, as: UTF8.self)) {
        result.add(name: name)
      }
      if !text.contains(".") { result.add(name: text + ".local") }
    }
    var list = [clinux_address](repeating: clinux_address(), count: 64)
    let count = unsafe clinux_own_addresses(&list, list.count)
    for address in list.prefix(count) {
      let text = PeerAddress(address).description
      if !result.addresses.contains(text) { result.addresses.append(text) }
    }
    return result
  }

  /// The first name in the line of `/etc/hosts` that has `name`; nil if there is none.
  /// - Source: hosts(5): "IP_address canonical_hostname [aliases...]"
  static func canonicalName(of name: String, in hosts: String) -> String? {
    for line in hosts.split(whereSeparator: \.isNewline) {
      let fields = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).dropFirst()
      if fields.contains(where: { $0.lowercased() == name.lowercased() }) {
        return fields.first.map(String.init)
      }
    }
    return nil
  }

  /// Adds a host name if a certificate may contain it.
  private mutating func add(name: String) {
    guard NameCharacters.isMade(name, with: "-."), !name.isEmpty, !names.contains(name) else {
      return
    }
    names.append(name)
  }
}
