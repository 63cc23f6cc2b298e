// SPDX-License-Identifier: Apache-2.0

import Capture
import Configuration
import Glibc
import Sharing
import Streams
import System
import Time
import Versions

/// The actions other than streaming: each prints its result and exits.
enum InfoCommands {
  /// Runs the action of the flags; returns if it is streaming or checking.
  ///
  /// These actions do not read the configuration file, except for the flags that they need.
  static func run(_ program: ProgramSettings, _ stream: StreamSettings) {
    switch program.action {
    case .stream, .check: return
    case .printHelp(let topic): print(HelpText.text(topic), terminator: "")
    case .printVersion: print(VersionReport.text, terminator: "")
    case .print(let text): print(text.text(version: Version.text), terminator: "")
    case .listCameras:
      let lines = listCameras()
      print((lines.isEmpty ? [noCamera] : lines).joined(separator: "\n"))
    case .probe(let address): probe(address, stream)
    }
    exit(0)
  }

  /// Prints a playback token, or the help of the command, and exits.
  static func printToken(_ arguments: [String]) -> Never {
    do throws(UsageError) {
      let command = try TokenCommand(arguments)
      print(command.text(now: SystemClock.wallTime), terminator: "")
    } catch { ExitStatus.exit(for: error) }
    exit(0)
  }

  private static func probe(_ address: InputAddress, _ settings: StreamSettings) {
    try? SignalWaiter.start { _ in ExitStatus.exitAtOnce(130) }
    do throws(InputError) {
      let findings = try InputProbe(address, options: settings.inputOptions).run(
        segmentMicroseconds: settings.segmentDuration.microseconds,
        maximumGroupTime: settings.maximumGroupTime, cancellation: InputCancellation())
      for line in findings.lines(address: address, takesAudio: settings.takesInputAudio) {
        print(line)
      }
    } catch { ExitStatus.exit(1, "--probe: \"\(address)\": \(error)") }
  }
}
