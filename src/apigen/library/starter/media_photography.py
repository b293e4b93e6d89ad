"""Media: prints, exposures and time-lapse clips."""

from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Media"

_CM_PER_INCH = 2.54


def print_size_of_photo(
    width_pixels: Annotated[int, Field(ge=1, le=200_000)],
    height_pixels: Annotated[int, Field(ge=1, le=200_000)],
    dpi: Annotated[int, Field(ge=10, le=4800)] = 300,
    unit: Literal["centimeters", "inches"] = "centimeters",
) -> dict[str, float]:
    """How large a digital photo can be printed at a print resolution.

    Args:
        width_pixels: Width of the photo in pixels.
        height_pixels: Height of the photo in pixels.
        dpi: Print resolution in dots per inch.
        unit: Unit of the print's size.

    Returns:
        ``width`` and ``height`` of the print in that unit, and the photo's ``megapixels``.

    Source: definition of dots per inch, with the inch of 2.54 cm (NIST Special Publication 811, appendix B).
    """
    per_inch = {"centimeters": _CM_PER_INCH, "inches": 1}[unit]
    return {
        "width": round(width_pixels / dpi * per_inch, 2),
        "height": round(height_pixels / dpi * per_inch, 2),
        "megapixels": round(width_pixels * height_pixels / 1e6, 1),
    }


def nd_filter_exposure(
    shutter_speed: Annotated[
        str, Field(pattern=r"^(1/)?[1-9][0-9]{0,3}$", examples=["1/125", "1/60", "1/15", "1/500", "1/8", "2", "1/1000"])
    ],
    nd_filter: Literal["ND2", "ND4", "ND8", "ND16", "ND32", "ND64", "ND128", "ND256", "ND400", "ND500", "ND1000"],
) -> dict[str, float]:
    """Find the shutter speed to set on a camera once a neutral density (ND) filter is screwed on the lens.

    Args:
        shutter_speed: Exposure time without the filter in seconds, such as 1/125.
        nd_filter: Neutral density filter, named by the factor by which it darkens.

    Returns:
        ``seconds`` of exposure with the filter and its ``minutes``.

    Raises:
        ValueError: The shutter speed is not of the form 1/125 or 2.

    Source: London, Stone & Upton, "Photography" (filter factors): the exposure time is multiplied by the factor.
    """
    one, slash, part = shutter_speed.partition("/")
    if not one.isdigit() or (slash and (one != "1" or not part.isdigit() or int(part) == 0)):
        raise ValueError(f"write the shutter speed as 1/125 or, in whole seconds, as 2, not {shutter_speed!r}")
    seconds = (1 / int(part) if slash else int(one)) * int(nd_filter.removeprefix("ND"))
    return {"seconds": round(seconds, 4), "minutes": round(seconds / 60, 2)}


def timelapse_interval(
    event_minutes: Annotated[float, Field(gt=0, le=1e6)],
    clip_seconds: Annotated[float, Field(gt=0, le=36_000)],
    frame_rate: Annotated[int, Field(ge=1, le=120)] = 25,
) -> dict[str, float | int]:
    """Plan a time-lapse video: how often the camera has to take a photo, and how many photos that makes.

    Args:
        event_minutes: How long the filmed event lasts in minutes.
        clip_seconds: How long the finished clip should be in seconds.
        frame_rate: Frames per second of the clip.

    Returns:
        ``photos`` in all, ``interval_seconds`` between two of them, and by how much the clip is faster (``speed_up``).

    Raises:
        ValueError: The clip is not shorter than the event.

    Source: SMPTE frame arithmetic: a clip of n seconds holds n times the frame rate of pictures.
    """
    event_seconds = event_minutes * 60
    if clip_seconds >= event_seconds:
        raise ValueError(f"the clip of {clip_seconds:g} s must be shorter than the event of {event_seconds:g} s")
    photos = max(1, round(clip_seconds * frame_rate))
    speed_up = event_seconds / clip_seconds
    return {"photos": photos, "interval_seconds": round(event_seconds / photos, 2), "speed_up": round(speed_up, 1)}
