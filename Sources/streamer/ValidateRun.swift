// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Logging
import Net
import Sharing
import System
import Validation
import Versions

/// The command `streamer validate`: follows addresses, or tries an edge, and prints the findings.
enum ValidateRun {
  /// Runs the command, and exits.
  static func run(_ arguments: [String]) -> Never {
    do throws(any Error) {
      switch try ValidateCommand(arguments) {
      case .help: print(ValidateCommand.helpText, terminator: "")
      case .rules: print(ValidationReport.rules(), terminator: "")
      case .watch(let arguments): CanaryRun.run(arguments)
      case .follow(let request): ExitStatus.exit(try follow(request))
      case .edge(let request): ExitStatus.exit(try tryEdge(request))
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
    try report(results, isJSON: request.isJSON, request.junitFile)
    return results.count == request.urls.count && results.allSatisfy(\.isPassed) ? 0 : 1
  }

  private static func tryEdge(_ request: ValidateCommand.EdgeRequest) throws -> Int32 {
    if let problem = request.trust.problem {
      throw CanaryCommand.wrongTrust(request.trust, problem)
    }
    let cancellation = ClientCancellation()
    try SignalWaiter.start { _ in cancellation.cancel() }
    let random = String(UInt32.random(in: .min ... .max), radix: 16)
    let stream = EdgeTrial.Stream(
      name: request.stream ?? "edge-check-\(random)", isRandom: request.stream == nil)
    let result = EdgeTrial.run(
      request.address, HTTPEdge(request.address, request.trust, cancellation),
      request.isOwn ? stream : nil, agent: "streamer-validate/\(Version.text)")
    try report([result], isJSON: request.isJSON, request.junitFile)
    return result.isPassed ? 0 : 1
  }

  private static func report(
    _ results: [Validation], isJSON: Bool, _ junitFile: String?
  ) throws {
    for result in results {
      print(
        isJSON ? ValidationReport.json(result) : ValidationReport.text(result), terminator: "")
    }
    fflush(nil)
    if let junitFile,
      let problem = WholeFile.replace(junitFile, Array(ValidationReport.junit(results).utf8))
    {
      throw UsageError(
        .location(.flag("--junit")), .value(junitFile), expected: "a file: \(problem)")
    }
  }
}
