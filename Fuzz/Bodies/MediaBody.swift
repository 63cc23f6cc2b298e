// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing

@testable import Capture

extension FuzzBody {
  /// The media of a pulled input, from the reader to the chunks of video and audio.
  ///
  /// The first byte of an input chooses how the rest arrives: see ``MediaArrival``.
  static let media = FuzzBody(
    name: "media",
    sources: [
      "Capture/Inputs/LibraryPackets.swift", "Capture/Inputs/VideoDepacketizer.swift",
      "Capture/Inputs/AudioDepacketizer.swift", "Capture/Codecs/NALSplitter.swift",
      "Capture/Codecs/Rotation.swift",
      "Capture/Inputs/AccessUnitAssembler.swift", "Capture/Inputs/ADTS.swift",
      "Capture/Inputs/OpusTransport.swift", "Capture/Inputs/PassThroughAnalysis.swift",
      "Capture/Inputs/PassThroughHeader.swift", "Capture/Inputs/VideoDecoder.swift",
      "Capture/Codecs/AudioDecoder.swift", "Capture/Codecs/AudioSpecificConfig.swift",
      "Streams/Input/SurveyStage.swift", "Streams/Input/DecodingStage.swift",
      "Streams/Input/PassThroughStage.swift", "Streams/PassThrough/PassThroughTrack.swift",
      "Streams/Audio/AudioTrackPipeline.swift", "Streams/Audio/AudioPlacer.swift",
    ]
  ) { bytes in
    guard let first = bytes.first else { return nil }
    let arrival = MediaArrival(first)
    let lab = MediaLab(arrival)
    let body = bytes.dropFirst()
    switch arrival.transport {
    case .file, .pipe:
      guard let medium = FuzzMedium(body, isPipe: arrival.transport == .pipe) else { return nil }
      read(medium, into: lab)
    case .units:
      var reader = UnitReader(body, codecs: first >> 3)
      reader.read(into: lab)
    }
    return lab.verdict()
  }

  /// Reads a file or a pipe as the input's thread does; a file a second time, to play it.
  private static func read(_ medium: FuzzMedium, into lab: MediaLab) {
    guard let address = InputAddress(medium.path) else { return }
    let texts = OnceFlag()
    _ = texts.raise()
    repeat {
      lab.connected()
      medium.rewind()
      do throws(InputError) {
        var input = try InputConnection(
          address, options: MediaLab.options, texts: texts, cancellation: InputCancellation())
        while !lab.isDone {
          guard let unit = try input.nextUnit() else { break }
          if let description = input.description { try lab.take(unit, description) }
        }
        if let description = input.description { try lab.finish(description) }
      } catch {
        // The text is for the log.
        _ = "\(error)"
      }
    } while lab.continuesFromStart()
  }
}

/// How the bytes of an input arrive.
struct MediaArrival {
  enum Transport { case file, pipe, units }

  /// Bits 0 and 1: a file, MPEG-TS through a pipe, or packets as of RTP.
  let transport: Transport
  /// Bit 2: whether the video may be passed through.
  let mayPassThrough: Bool
  /// Bits 3 to 6 of a file or a pipe: the units between the facts and the session.
  let unitsBeforeSession: Int
  /// Bit 7 of a file or a pipe: whether it joins a session that began with another input.
  let isSecond: Bool

  init(_ byte: UInt8) {
    transport = [.file, .pipe, .units, .file][Int(byte & 3)]
    mayPassThrough = byte & 4 != 0
    unitsBeforeSession = transport == .units ? 0 : Int(byte >> 3 & 15)
    isSecond = transport != .units && byte & 0x80 != 0
  }
}

/// Bytes that libavformat opens by an address: an unlinked file, or a pipe as standard input.
///
/// The writer of the pipe is closed before the input is opened: for MPEG-TS the library reads until
/// it knows a packet, and would wait one second for a damaged input otherwise.
final class FuzzMedium {
  private let reader: CInt
  /// Standard input of the process while a pipe replaces it; -1 if none does.
  private var standardInput: CInt = -1

  /// The address; valid in this process.
  let path: String

  /// Nil if the system refuses it.
  init?(_ bytes: ArraySlice<UInt8>, isPipe: Bool) {
    let target: CInt
    if isPipe {
      var ends: [CInt] = [-1, -1]
      guard unsafe pipe(&ends) == 0 else { return nil }
      (reader, target) = (ends[0], ends[1])
      path = "-"
    } else {
      var template = Array("/dev/shm/fuzz-XXXXXX".utf8CString)
      reader = unsafe mkstemp(&template)
      guard reader >= 0 else { return nil }
      unsafe unlink(template)
      target = reader
      path = "/proc/self/fd/\(reader)"
    }
    // A pipe holds 65,536 bytes; more are cut off.
    let some = bytes.prefix(65_536)
    _ = unsafe some.withUnsafeBytes { unsafe write(target, $0.baseAddress, $0.count) }
    guard isPipe else { return }
    close(target)
    standardInput = dup(STDIN_FILENO)
    dup2(reader, STDIN_FILENO)
  }

  deinit {
    if path == "-" {
      if standardInput >= 0 { dup2(standardInput, STDIN_FILENO) } else { close(STDIN_FILENO) }
      if standardInput >= 0 { close(standardInput) }
    }
    close(reader)
  }

  /// Moves a file to its start.
  func rewind() { lseek(reader, 0, SEEK_SET) }
}
