// SPDX-License-Identifier: Apache-2.0

import CMAF

/// The boxes of a clip before its segments: `ftyp moov`, and the head of `mdat`.
///
/// - Source: ISO/IEC 14496-12 §8
struct ClipMovie {
  private let tracks: [ClipTrack]
  private let payload: Int
  /// Whether positions in the file may have more than 32 bits.
  private let isLarge: Bool

  /// The bytes of the boxes of two tracks without their tables; more than they ever are.
  private static let boxes = 16 * 1024
  /// The bytes of the head of `mdat`, whose size has 64 bits.
  private static let mediaHead = 16
  private static let secondsFrom1904To1970: Int64 = 2_082_844_800

  /// A movie of these tracks, whose segments have `payload` bytes.
  init(_ tracks: [ClipTrack], payload: Int) {
    self.tracks = tracks
    self.payload = payload
    let frames = tracks.reduce(0) { $0 + $1.samples.count }
    // bounded: frames in memory
    isLarge = payload > Int(UInt32.max) - Self.boxes - 24 * frames
  }

  /// The boxes of a clip that begins at `start` of a timescale.
  func bytes(from start: Int64, _ timescale: Int64) -> [UInt8] {
    let frames = tracks.reduce(0) { $0 + $1.samples.count }
    // bounded: frames in memory
    var out = BoxBuilder(capacity: Self.boxes + (isLarge ? 13 : 9) * frames)
    var tables: [Int] = []
    out.box("ftyp") {
      for code in ["isom", "", "isom", "iso2", "avc1", "mp41"] {
        if code.isEmpty { $0.put(UInt32(0x200)) } else { $0.put(Array(code.utf8)) }
      }
    }
    out.box("moov") { out in
      let duration = tracks.map { $0.edit.lead + $0.edit.duration }.max() ?? 0
      // bounded: a timescale is at least 1
      let created = start / timescale + Self.secondsFrom1904To1970
      out.box("mvhd", version: 1) { writeHeader(to: &$0, created: created, duration) }
      for (index, track) in tracks.enumerated() {
        track.header.write(
          to: &out, id: UInt32(index + 1), duration: track.edit.lead + track.edit.duration,
          // bounded: the sum of the runs is the time between two media times
          mediaDuration: track.durations.runs.reduce(0) { $0 + Int64($1.count) * $1.value },
          edits: { write(track.edit, to: &$0) },
          table: { tables.append(writeTable(of: track, to: &$0)) })
      }
    }
    let first = out.bytes.count + Self.mediaHead
    for (track, table) in zip(tracks, tables) { setPositions(of: track, at: table, first, &out) }
    out.put(UInt32(1))
    out.put(Array("mdat".utf8))
    out.put(UInt64(clamping: Self.mediaHead + payload))
    return out.bytes
  }

  private func writeHeader(to out: inout BoxBuilder, created: Int64, _ duration: Int64) {
    out.put(created)
    out.put(Int64(0))
    out.put(UInt32(clamping: Clip.timescale))
    out.put(duration)
    out.put(UInt32(0x1_0000))
    out.put(UInt16(0x100))
    out.zeros(10)
    for value in [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000] as [UInt32] { out.put(value) }
    out.zeros(24)
    out.put(UInt32(clamping: tracks.count + 1))
  }

  private func write(_ edit: ClipTrack.Edit, to out: inout BoxBuilder) {
    let isLate = edit.lead > 0
    out.box("elst", version: 1) { out in
      out.put(UInt32(isLate ? 2 : 1))
      for (duration, time) in [(edit.lead, -1), (edit.duration, edit.mediaTime)]
      where isLate || time >= 0 {
        out.put(duration)
        out.put(time)
        out.put(UInt32(0x1_0000))
      }
    }
  }

  /// Writes the tables of the samples, each of which is an MP4 chunk.
  ///
  /// - Returns: the position of the first chunk offset, which are all 0.
  private func writeTable(of track: ClipTrack, to out: inout BoxBuilder) -> Int {
    let samples = track.samples
    func write(_ type: String, _ runs: RunLengths) {
      out.box(type, version: 0) {
        $0.put(UInt32(clamping: runs.runs.count))
        for run in runs.runs {
          $0.put(UInt32(clamping: run.count))
          $0.put(UInt32(clamping: run.value))
        }
      }
    }
    write("stts", track.durations)
    if !track.shifts.runs.isEmpty { write("ctts", track.shifts) }
    if samples.syncs.count < samples.count {
      out.box("stss", version: 0) {
        $0.put(UInt32(clamping: samples.syncs.count))
        for index in samples.syncs { $0.put(UInt32(clamping: Int(index) + 1)) }
      }
    }
    out.box("stsc", version: 0) { for _ in 0..<4 { $0.put(UInt32(1)) } }
    out.box("stsz", version: 0) {
      $0.put(UInt32(0))
      $0.put(UInt32(clamping: samples.count))
      for size in samples.sizes { $0.put(size) }
    }
    var table = 0
    out.box(isLarge ? "co64" : "stco", version: 0) {
      $0.put(UInt32(clamping: samples.count))
      table = $0.bytes.count
      $0.zeros((isLarge ? 8 : 4) * samples.count)  // bounded: samples in memory
    }
    return table
  }

  /// Sets the chunk offsets when the position of the first segment is known.
  private func setPositions(
    of track: ClipTrack, at table: Int, _ first: Int, _ out: inout BoxBuilder
  ) {
    var place = table
    track.samples.forEachPosition { position in
      if isLarge {
        out.set(UInt64(clamping: first + position), at: place)
        place += 8
      } else {
        out.set(UInt32(clamping: first + position), at: place)
        place += 4
      }
    }
  }
}
