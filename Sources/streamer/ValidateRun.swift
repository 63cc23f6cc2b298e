// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Logging
import Net
import Sharing
import System
import Validation
import Versions

/// The command `streamer validate`: follows each address, and prints its findings.
enum ValidateRun {
  /// Runs the command, and exits.
  static func run(_ arguments: [String]) -> Never {
    do throws(any Error) {
      switch try ValidateCommand(arguments) {
      case .help: print(ValidateCommand.helpText, terminator: "")
      case .rules: print(ValidationReport.rules(), terminator: "")
      case .watch(let arguments): CanaryRun.run(arguments)
      case .follow(let request): ExitStatus.exit(try follow(request))
      }
      exit(0)
    } catch { ExitStatus.exit(for: error) }
  }

  private static func follow(_ request: ValidateCommand.Request) throws -> Int32 {
    if let problem = request.trust.problem {
      throw CanaryCommand.wrongTrust(request.trust, problem)
    }
    let cancellation = ClientCancellation()
    try SignalWaiter.start { _ in cancellation.cancel() }
    let found = Locked<[Int: Validation]>([:])
    let threads = try request.urls.enumerated().map { index, url in
      let follower = OSThread(name: "validate") {
        let origin = HTTPOrigin(
          agent: "streamer-validate/\(Version.text)", request.trust, cancellation)
        let validation = Validation(url, origin, seconds: Double(request.seconds))
        found.withLock { $0[index] = validation }
      }
      guard let follower else { throw SystemError("pthread_create", EAGAIN) }
      return follower
    }
    for thread in threads { thread.join() }
    let results = found.withLock { found in request.urls.indices.compactMap { found[$0] } }
    for result in results {
      print(
        request.isJSON ? ValidationReport.json(result) : ValidationReport.text(result),
        terminator: "")
    }
    fflush(nil)
    if let path = request.junitFile,
      let problem = WholeFile.replace(path, Array(ValidationReport.junit(results).utf8))
    {
      throw UsageError(.location(.flag("--junit")), .value(path), expected: "a file: \(problem)")
    }
    return results.count == request.urls.count && results.allSatisfy(\.isPassed) ? 0 : 1
  }
}
