import HTTP
import Media
import Streams

/// What media answers say of themselves and of the stream, with `--cmsd`.
///
/// Only what is the same for every client: shared caches keep these answers. - Source: CTA-5006 (CMSD)
enum ServerData {
  /// The fields of an answer of so many ticks of the stream's timescale.
  static func fields(_ configuration: StreamConfiguration, ticks: Int64) -> [HeaderField] {
    let milliseconds = configuration.cadence.grid.rate.nanoseconds(ofTicks: ticks) / 1_000_000
    let bitrate = configuration.bitrateKilobits
    return [
      HeaderField("CMSD-Static", "br=\(bitrate),d=\(milliseconds),ot=v,st=l"),
      HeaderField("CMSD-Dynamic", "\"streamer\";mb=\(bitrate)"),
    ]
  }
}
