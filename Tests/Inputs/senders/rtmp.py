# SPDX-License-Identifier: Apache-2.0
"""Sends material by RTMP, with the tags of FLV or those of Enhanced RTMP."""

from __future__ import annotations

from bitstreams import av1_record, hevc_record
from harness.editedpublisher import AGGREGATE, START_CODE, part
from harness.flvrelay import AUDIO, CHUNK_SIZE, VIDEO, ChunkWriter
from harness.rtmp import Publisher, amf, chunk, rtmp_port
from samples import CLOCK, Sample, Setup
from senders.sender import Sender

DATA = 18
MILLISECOND = CLOCK // 1000
AUDIO_TAG = 0xAF
# The FourCC of codecs of Enhanced RTMP.
CODES = {"hevc": b"hvc1", "av1": b"av01", "opus": b"Opus", "ac3": b"ac-3", "eac3": b"ec-3",
         "mp3": b".mp3", "h264": b"avc1"}


def milliseconds(ticks: int) -> int:
    """Whole milliseconds of a time."""
    return round(ticks / MILLISECOND)


def lengths(units: tuple[bytes, ...]) -> bytes:
    """NAL units with their lengths."""
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


def start_codes(units: tuple[bytes, ...]) -> bytes:
    """NAL units with start codes."""
    return b"".join(START_CODE + unit for unit in units)


def avc_record(setup: Setup) -> bytes:
    """An AVCDecoderConfigurationRecord (ISO/IEC 14496-15, section 5.3.3.1)."""
    sps, pps = setup.records
    record = bytes([1, *sps[1:4], 0xFF, 0xE1]) + len(sps).to_bytes(2) + sps \
        + bytes([1]) + len(pps).to_bytes(2) + pps
    is_high = sps[1] in (100, 110, 122, 244)
    chroma = {100: 1, 110: 1, 122: 2, 244: 3}.get(sps[1], 1)
    return record + (bytes([0xFC | chroma, 0xF8, 0xF8, 0]) if is_high else b"")


class RTMPSender(Sender):
    """A publisher by RTMP; the form `enhanced` has FourCC in the tags of the video."""

    def open(self) -> None:
        """Asks to publish, and sends the metadata that the forms demand."""
        self.client = Publisher(rtmp_port(self.target.program))
        answer = self.client.ask("x", app=self.target.stream)
        assert answer == b"NetStream.Publish.Start", answer
        self.client.send(bytes([2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0]) + CHUNK_SIZE.to_bytes(4))
        self.writer = ChunkWriter(differences=bool(self.forms.get("differences")))
        self.setups: dict[str, Setup] = {}
        metadata = self.forms.get("metadata", self._usual_metadata())
        if isinstance(metadata, bytes):
            self.client.send(chunk(DATA, metadata, size=CHUNK_SIZE, message_stream=1))
        elif metadata is not None:
            self._send_metadata(metadata)

    def _usual_metadata(self) -> dict[str, object]:
        video = next((one for one in self.material.samples if one.is_video), None)
        if video is None:
            return {}
        return {"width": video.setup.width, "height": video.setup.height,
                "framerate": video.setup.rate, "videocodecid": 7, "audiocodecid": 10}

    def _send_metadata(self, content: object) -> None:
        self.client.send(chunk(DATA, amf("@setDataFrame", "onMetaData", content), size=CHUNK_SIZE,
                               message_stream=1))

    def write(self, sample: Sample) -> None:
        """Sends the setup if it is new, and the tags of a sample."""
        moment = milliseconds(sample.dts) % 2**32
        late = self.forms.get("late_metadata")
        if isinstance(late, tuple) and sample.dts >= late[0] and sample.is_video:
            self._send_metadata(late[1])
            self.material = self.material.written(late_metadata=None)
        if self.setups.get(sample.track) != sample.setup and not self._is_in_band(sample):
            self._send(sample.track, self._setup_tag(sample), moment)
        is_new = self.setups.get(sample.track) != sample.setup
        self.setups[sample.track] = sample.setup
        for body in self._tags(sample, is_new):
            self._send(sample.track, body, moment)

    def _is_in_band(self, sample: Sample) -> bool:
        return sample.is_video and bool(self.forms.get("in_band"))

    def _send(self, track: str, body: bytes, moment: int) -> None:
        kind = VIDEO if track == "video" else AUDIO
        if self.forms.get("aggregate") and body[1:2] != b"\0":
            kind, body = AGGREGATE, part(kind, moment + 5_000_000, body)
        self.client.send(self.writer.write(kind, body, moment))

    def _setup_tag(self, sample: Sample) -> bytes:
        codec = sample.setup.codec
        if not sample.is_video:
            if codec == "aac":
                return bytes([AUDIO_TAG, 0]) + sample.setup.records[0]
            return b"\x90" + CODES[codec] + b"".join(sample.setup.records)
        if codec == "hevc":
            return b"\x90hvc1" + hevc_record(sample.setup.records)
        if codec == "av1":
            return b"\x90av01" + av1_record(sample.setup.records[0])
        if self.forms.get("enhanced"):
            return bytes([0x90]) + b"avc1" + avc_record(sample.setup)
        return bytes([0x17, 0, 0, 0, 0]) + avc_record(sample.setup)

    def _tags(self, sample: Sample, is_new: bool) -> list[bytes]:
        """The bodies of the tags of a sample."""
        codec = sample.setup.codec
        if not sample.is_video:
            head = bytes([AUDIO_TAG, 1]) if codec == "aac" else b"\x91" + CODES[codec]
            return [head + sample.units[0]]
        if codec == "av1":
            return [bytes([0x91 if sample.is_key else 0xA1]) + b"av01" + b"".join(sample.units)]
        if codec == "hevc":
            offset = (milliseconds(sample.pts) - milliseconds(sample.dts)).to_bytes(3, signed=True)
            return [bytes([0x91 if sample.is_key else 0xA1]) + b"hvc1" + offset
                    + lengths(sample.units)]
        sets = sample.setup.records if sample.is_key and self.forms.get("in_band") else ()
        packets = [(*sets, *sample.units)]
        if self.forms.get("units_apart"):
            packets = [(unit,) for unit in packets[0]]
        elif self.forms.get("extras_apart"):
            extras = tuple(unit for unit in packets[0] if unit[0] & 31 in (6, 9))
            packets = [(unit,) for unit in extras] + [
                tuple(unit for unit in packets[0] if unit not in extras)]
        return [self._tag(sample, packet) for packet in packets]

    def _tag(self, sample: Sample, units: tuple[bytes, ...]) -> bytes:
        has_key = any(unit[0] & 31 == 5 for unit in units)
        offset = (milliseconds(sample.pts) - milliseconds(sample.dts)).to_bytes(3, signed=True)
        content = start_codes(units) if self.forms.get("start_codes") else lengths(units)
        if self.forms.get("start_codes_inside"):
            content = lengths((START_CODE.join(units),))
        if self.forms.get("enhanced"):
            return bytes([0x91 if has_key else 0xA1]) + b"avc1" + offset + content
        return bytes([0x17 if has_key else 0x27, 1]) + offset + content

    def close(self) -> None:
        """Closes the connection, as a lost encoder does."""
        self.client.socket.close()
