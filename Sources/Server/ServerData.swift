import HTTP
import Media

/// What media answers say of themselves and of the stream, with `--cmsd`.
///
/// Only what is the same for every client: shared caches keep these answers. - Source: CTA-5006 (CMSD)
struct ServerData {
  let rate: FrameRate
  let bitrateKilobits: Int

  /// The fields of an answer of so many ticks of the stream's timescale.
  func fields(ticks: Int64) -> [HeaderField] {
    let milliseconds = rate.nanoseconds(ofTicks: ticks) / 1_000_000
    return [
      HeaderField("CMSD-Static", "br=\(bitrateKilobits),d=\(milliseconds),ot=v,st=l"),
      HeaderField("CMSD-Dynamic", "\"streamer\";mb=\(bitrateKilobits)"),
    ]
  }
}
