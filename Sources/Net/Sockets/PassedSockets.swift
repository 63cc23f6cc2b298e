// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A listening socket, and the name that its supervisor gave it.
package struct NamedSocket: Sendable {
  /// Nil without a name.
  package let name: String?
  package let socket: ListeningSocket

  package init(_ socket: ListeningSocket, name: String?) {
    self.socket = socket
    self.name = name
  }
}

/// Listening sockets handed over by a supervisor: systemd's socket activation.
///
/// - Source: sd_listen_fds(3)
package enum PassedSockets {
  /// The first descriptor handed over (SD_LISTEN_FDS_START).
  static let firstDescriptor: Int32 = 3

  /// Takes the sockets for this process and removes the variables, so that no child process takes
  /// them again.
  ///
  /// Call it before threads start: it changes the environment.
  package static func take() throws(NetError) -> [NamedSocket] {
    var environment: [String: String] = [:]
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
      if let value = unsafe getenv(name) { environment[name] = unsafe String(cString: value) }
      unsafe unsetenv(name)
    }
    let names = (environment["LISTEN_FDNAMES"] ?? "").split(
      separator: ":", omittingEmptySubsequences: false
    ).map(String.init)
    var sockets: [NamedSocket] = []
    for (index, descriptor) in try descriptors(
      environment: environment, processID: getpid()
    ).enumerated() {
      let socket = try ListeningSocket(adopting: descriptor)
      sockets.append(NamedSocket(socket, name: index < names.count ? names[index] : nil))
    }
    return sockets
  }

  /// The descriptors for the process `processID`; empty if the variables are for another process or
  /// not set.
  package static func descriptors(
    environment: [String: String], processID: Int32
  ) throws(NetError) -> Range<Int32> {
    let none = firstDescriptor..<firstDescriptor
    guard let target = environment["LISTEN_PID"], Int32(target) == processID,
      let text = environment["LISTEN_FDS"]
    else { return none }
    guard let count = Int32(text), count >= 0, count <= 1024 else {
      throw .badSupervisorVariables(name: "LISTEN_FDS", value: text)
    }
    return firstDescriptor..<firstDescriptor + count
  }
}
