"""Media: pictures, sound, film and subtitles, from pixels and bit rates to timecodes."""

import math
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

CATEGORY = "Media"

_Pixels = Annotated[int, Field(ge=1, le=100_000)]


def video_file_size(
    duration_minutes: Annotated[float, Field(gt=0, le=1_000_000)],
    video_bitrate_mbps: Annotated[float, Field(gt=0, le=100_000)],
    audio_bitrate_kbps: Annotated[float, Field(ge=0, le=100_000)] = 128,
) -> dict[str, float]:
    """Estimate how large a compressed video file or recording gets from its length and bit rates.

    Args:
        duration_minutes: Running time in minutes.
        video_bitrate_mbps: Average bit rate of the picture in megabits per second.
        audio_bitrate_kbps: Average bit rate of the sound in kilobits per second; 0 for a silent video.

    Returns:
        ``megabytes`` and ``gigabytes`` (decimal, as disks are sold) and ``gibibytes`` (as some systems display);
        the container's own overhead, usually below 1%, is not included.

    Source: bits = bit rate x time, 8 bits to the byte; prefixes of IEC 80000-13.
    """
    size = duration_minutes * 60 * (video_bitrate_mbps * 1e6 + audio_bitrate_kbps * 1e3) / 8
    return {
        "megabytes": round(size / 1e6, 2),
        "gigabytes": round(size / 1e9, 3),
        "gibibytes": round(size / 2**30, 3),
    }


# 4:3, 1.375:1, 1.85:1 and 2.39:1 are SMPTE/ISO film and television apertures; 16:9 is ITU-R BT.709.
_NAMED_RATIOS = {
    "1:1 square": 1.0,
    "5:4 early monitors": 5 / 4,
    "4:3 classic television": 4 / 3,
    "1.375:1 Academy": 1.375,
    "3:2 35 mm photo": 3 / 2,
    "16:10 laptop": 16 / 10,
    "16:9 widescreen": 16 / 9,
    "1.85:1 cinema flat": 1.85,
    "2:1 Univisium": 2.0,
    "19.5:9 smartphone": 19.5 / 9,
    "21:9 ultrawide": 64 / 27,
    "2.39:1 anamorphic cinema": 2.39,
}


def simplify_aspect_ratio(width: _Pixels, height: _Pixels) -> dict[str, Any]:
    """Reduce the dimensions of a picture or screen to its aspect ratio and name the closest common format.

    Args:
        width: Width in pixels.
        height: Height in pixels.

    Returns:
        ``ratio`` in lowest terms such as "16:9", ``decimal`` (width over height), ``orientation``, and
        ``closest_format``, the common format whose ratio of long to short side differs least in proportion.

    Source: ITU-R BT.709 and the SMPTE aperture standards for the named formats.
    """
    divisor = math.gcd(width, height)
    long_to_short = max(width, height) / min(width, height)
    closest = min(_NAMED_RATIOS, key=lambda name: abs(math.log(_NAMED_RATIOS[name] / long_to_short)))
    orientation = "square" if width == height else "landscape" if width > height else "portrait"
    return {
        "ratio": f"{width // divisor}:{height // divisor}",
        "decimal": round(width / height, 4),
        "orientation": orientation,
        "closest_format": closest,
    }


def resize_image_to_fit(
    width: _Pixels, height: _Pixels, max_width: _Pixels, max_height: _Pixels, allow_enlarging: bool = False
) -> dict[str, float]:
    """Scale a picture to fit inside a box without distorting it, and give its new dimensions.

    Args:
        width: Present width in pixels.
        height: Present height in pixels.
        max_width: Width of the box in pixels.
        max_height: Height of the box in pixels.
        allow_enlarging: Whether a picture smaller than the box is enlarged, scaled up, to fill it.

    Returns:
        New ``width`` and ``height`` in whole pixels, and ``scale``, the factor applied to both.
    """
    scale = min(max_width / width, max_height / height)
    if not allow_enlarging:
        scale = min(scale, 1.0)
    return {
        "width": max(1, round(width * scale)),
        "height": max(1, round(height * scale)),
        "scale": round(scale, 4),
    }


_CHANNEL_COUNTS = {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8}


def uncompressed_audio_size(
    duration_seconds: Annotated[float, Field(gt=0, le=1e8)],
    sample_rate_khz: Annotated[float, Field(gt=0, le=768)] = 44.1,
    bit_depth: Literal[8, 16, 24, 32] = 16,
    channels: Literal["mono", "stereo", "5.1", "7.1"] = "stereo",
) -> dict[str, float]:
    """Size and bit rate of uncompressed (PCM, WAV) audio; without details, of CD quality.

    Args:
        duration_seconds: Length of the recording in seconds.
        sample_rate_khz: Samples per second in kilohertz.
        bit_depth: Bits per sample.
        channels: Channel layout: mono, stereo, or 5.1 or 7.1 surround.

    Returns:
        ``megabytes`` (decimal) and ``kilobits_per_second``.

    Source: linear pulse-code modulation; defaults from IEC 60908 (compact disc).
    """
    bits_per_second = sample_rate_khz * 1000 * bit_depth * _CHANNEL_COUNTS[channels]
    return {
        "megabytes": round(bits_per_second * duration_seconds / 8e6, 3),
        "kilobits_per_second": round(bits_per_second / 1000, 2),
    }


class _SensorFormat(StrEnum):
    """Size of a camera's sensor."""

    FULL_FRAME = "full frame"
    APS_C = "APS-C"
    MICRO_FOUR_THIRDS = "micro four thirds"


# Customary diameters of the circle of confusion in millimetres, about 1/1500 of each sensor's diagonal.
_CIRCLE_OF_CONFUSION_MM = {
    _SensorFormat.FULL_FRAME: 0.030,
    _SensorFormat.APS_C: 0.020,
    _SensorFormat.MICRO_FOUR_THIRDS: 0.015,
}


def depth_of_field(
    focal_length_mm: Annotated[float, Field(ge=1, le=5000)],
    f_number: Annotated[float, Field(ge=0.5, le=256)],
    subject_distance_m: Annotated[float, Field(gt=0, le=100_000)],
    sensor: _SensorFormat = _SensorFormat.FULL_FRAME,
) -> dict[str, float | None]:
    """How much of a photo is in sharp focus: near limit, far limit and hyperfocal distance of a lens setting.

    Args:
        focal_length_mm: Real focal length of the lens in millimetres.
        f_number: Aperture, such as 2.8 for f/2.8.
        subject_distance_m: Distance at which the lens is focused, in metres.
        sensor: Sensor format of the camera.

    Returns:
        ``near_m``, ``far_m``, ``depth_m`` and ``hyperfocal_m`` in metres; ``far_m`` and ``depth_m`` are null where
        sharpness reaches to infinity.

    Raises:
        ValueError: The subject is closer than the focal length, where no image forms.

    Source: Ray, "Applied Photographic Optics", 3rd edition (2002), chapter on depth of field.
    """
    focal = focal_length_mm / 1000
    if subject_distance_m <= focal:
        raise ValueError(f"subject_distance_m must exceed the focal length of {focal} m")
    hyperfocal = focal**2 / (f_number * _CIRCLE_OF_CONFUSION_MM[sensor] / 1000) + focal
    reach = subject_distance_m - focal
    near = subject_distance_m * (hyperfocal - focal) / (hyperfocal - focal + reach)
    sharp_to_infinity = subject_distance_m >= hyperfocal
    far = None if sharp_to_infinity else subject_distance_m * (hyperfocal - focal) / (hyperfocal - focal - reach)
    return {
        "near_m": round(near, 3),
        "far_m": None if far is None else round(far, 3),
        "depth_m": None if far is None else round(far - near, 3),
        "hyperfocal_m": round(hyperfocal, 3),
    }


def frames_to_timecode(
    frame: Annotated[int, Field(ge=0, le=1_000_000_000)],
    frame_rate: Literal["23.976", "24", "25", "29.97", "30", "50", "59.94", "60"],
    drop_frame: bool = False,
) -> str:
    """Turn a frame number of a film or video into SMPTE timecode (hours:minutes:seconds:frames).

    Args:
        frame: Frame number, counted from 0.
        frame_rate: Frames per second (fps).
        drop_frame: Whether to count in drop-frame timecode, which follows the clock at 29.97 and 59.94 fps.

    Returns:
        Timecode such as "01:00:03:12"; drop-frame timecode has a semicolon before the frames.

    Raises:
        ValueError: Drop-frame counting is asked for a rate other than 29.97 or 59.94.

    Source: SMPTE ST 12-1 (time and control code).
    """
    per_second = round(float(frame_rate))
    if drop_frame:
        if frame_rate not in ("29.97", "59.94"):
            raise ValueError(f"drop-frame timecode exists only at 29.97 and 59.94 fps, not at {frame_rate}")
        frame += _dropped_numbers(frame, per_second)
    seconds, frames = divmod(frame, per_second)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{';' if drop_frame else ':'}{frames:02}"


def _dropped_numbers(frame: int, per_second: int) -> int:
    """Frame numbers left out so far: 2 (at 29.97) or 4 (at 59.94) each minute, except every tenth minute."""
    dropped = per_second // 15
    per_minute = per_second * 60 - dropped
    per_ten_minutes = per_minute * 10 + dropped
    tens, rest = divmod(frame, per_ten_minutes)
    minutes_begun = 0 if rest < per_second * 60 else 1 + (rest - per_second * 60) // per_minute
    return dropped * (9 * tens + minutes_begun)


def subtitle_reading_speed(
    text: Annotated[
        str,
        Field(
            min_length=1,
            examples=[
                "I told you not to open that door.",
                "We leave at dawn, with or without him.",
                "Where were you last night?",
                "Ladies and gentlemen, please take your seats.",
            ],
        ),
    ],
    duration_seconds: Annotated[float, Field(ge=0.01, le=600)],
    maximum_cps: Annotated[float, Field(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    """Check whether a subtitle stays on screen long enough to be read.

    Args:
        text: The subtitle as it appears on screen.
        duration_seconds: How long it is shown, in seconds.
        maximum_cps: Fastest acceptable reading speed in characters per second; 20 is usual for adult audiences.

    Returns:
        ``characters_per_second``, ``readable``, and ``minimum_seconds`` that the text would need.

    Source: Netflix Partner Help Center, "English (USA) Timed Text Style Guide", reading speed limits.
    """
    characters = len(text.replace("\n", ""))
    return {
        "characters_per_second": round(characters / duration_seconds, 2),
        "readable": characters / duration_seconds <= maximum_cps,
        "minimum_seconds": round(characters / maximum_cps, 2),
    }
