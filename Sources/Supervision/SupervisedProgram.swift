// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Net
package import System
import Time

/// The program as a supervisor starts it: its file, arguments, environment and sockets.
package struct SupervisedProgram: Sendable {
  /// The variables that the supervisor sets.
  private static let ownVariables = [
    "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "NOTIFY_SOCKET=", "WATCHDOG_USEC=",
    "WATCHDOG_PID=", "\(replacedVariable)=",
  ]
  /// The variable with the id of the process that another one replaces.
  private static let replacedVariable = "HANDOVER_PID"

  private let path: String
  private let arguments: [String]
  private let sockets: [NamedSocket]
  private let environment: [String]

  /// This executable, with these arguments; a file that has replaced it is started in its place.
  ///
  /// - Parameters:
  ///   - arguments: the arguments, with the name of the program.
  ///   - sockets: the listening sockets; at most 16.
  ///   - notices: where the program reports that it is ready and runs.
  package init(_ arguments: [String], _ sockets: [NamedSocket], notices: NoticeSocket) {
    path = Self.ownPath
    self.arguments = arguments
    self.sockets = sockets
    var environment: [String] = []
    var entry = unsafe clinux_environment()
    while let text = unsafe entry?.pointee {
      environment.append(unsafe String(cString: text))
      unsafe entry = unsafe entry?.successor()
    }
    environment.removeAll { text in Self.ownVariables.contains { text.hasPrefix($0) } }
    // A fault of the program ends it at once, also if a restart has found an older file.
    if !environment.contains(where: { $0.hasPrefix("\(FatalSignals.variable)=") }) {
      environment.append("\(FatalSignals.variable)=\(FatalSignals.withoutTrace)")
    }
    self.environment =
      environment + [
        "LISTEN_FDS=\(sockets.count)",
        "LISTEN_FDNAMES=\(sockets.map { $0.name ?? "unknown" }.joined(separator: ":"))",
        "NOTIFY_SOCKET=\(notices.path)",
        "WATCHDOG_USEC=\(Supervision.silenceLimit.microseconds)",
      ]
  }

  /// The path of this executable; the file may be another one later.
  private static var ownPath: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return "/proc/self/exe" }
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Starts a process, in a group of its own; it leaves when the calling thread ends.
  ///
  /// - Parameter replaced: the process that it replaces, and from which it takes the streams; nil
  ///   for none.
  /// - Returns: the process id, or -errno.
  func start(replacing replaced: Int32? = nil) -> Int32 {
    // The child writes its id over the zeros.
    let target =
      ["LISTEN_PID=0000000000"] + environment
      + (replaced.map { ["\(Self.replacedVariable)=\($0)"] } ?? [])
    var texts = unsafe target.map { unsafe strdup($0) } + [nil]
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe (texts + words).forEach { unsafe free($0) } }
    var descriptors = sockets.map(\.socket.descriptor)
    return unsafe clinux_start_supervised(
      path, &words, &texts, &descriptors, Int32(descriptors.count))
  }
}
