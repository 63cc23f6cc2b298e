// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logging
import Supervision
import System

extension ProgramParent {
  /// Supervises the program with these settings, and exits with its status.
  static func run(_ configuration: ValidatedConfiguration, log: Log) throws -> Never {
    let sockets = try Endpoints.openAll(
      configuration.settings, tlsPort: configuration.tls?.port)
    let notices = try NoticeSocket()
    let program = SupervisedProgram(CommandLine.arguments, sockets, notices: notices)
    ExitStatus.exit(try ProgramParent(program, notices: notices, log: log).run())
  }
}
