"""Music: intervals and the fretboard."""

from typing import Annotated, Any, Literal

from pydantic import Field

CATEGORY = "Music"

_Note = Literal["C", "C#", "Db", "D", "D#", "Eb", "E", "F", "F#", "Gb", "G", "G#", "Ab", "A", "A#", "Bb", "B"]

_LETTERS = "CDEFGAB"
_NATURAL_PITCHES = (0, 2, 4, 5, 7, 9, 11)  # semitones above C of the seven letters
_ACCIDENTALS = {"": 0, "#": 1, "b": -1}
_SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

# Kostka, Payne & Almen, "Tonal Harmony", chapter 1: semitones of the major or perfect interval that spans so many
# letters, and the qualities of those that are one or two semitones wider or narrower.
_NAMES = ("unison", "second", "third", "fourth", "fifth", "sixth", "seventh")
_SIZES = (0, 2, 4, 5, 7, 9, 11)
_PERFECT = {-2: "doubly diminished", -1: "diminished", 0: "perfect", 1: "augmented", 2: "doubly augmented"}
_MAJOR = {-3: "doubly diminished", -2: "diminished", -1: "minor", 0: "major", 1: "augmented", 2: "doubly augmented"}

# MIDI numbers of the open strings, from the sixth (lowest) to the first.
_TUNINGS = {
    "standard": (40, 45, 50, 55, 59, 64),
    "drop_d": (38, 45, 50, 55, 59, 64),
    "half_step_down": (39, 44, 49, 54, 58, 63),
    "open_g": (38, 43, 50, 55, 59, 62),
    "dadgad": (38, 45, 50, 55, 57, 62),
}
_A4_MIDI, _A4_HERTZ = 69, 440


def interval_between_notes(lower: _Note, upper: _Note) -> dict[str, Any]:
    """Name the musical interval from one note up to the next higher other, such as a perfect fifth.

    Args:
        lower: The lower note, where the interval starts.
        upper: The higher note, within the octave above.

    Returns:
        ``interval`` and its size in ``semitones``.

    Source: Kostka, Payne & Almen, "Tonal Harmony", chapter 1.
    """
    letters = (_LETTERS.index(upper[0]) - _LETTERS.index(lower[0])) % 7
    semitones = (_pitch(upper) - _pitch(lower)) % 12
    wider = (semitones - _SIZES[letters] + 6) % 12 - 6
    quality = (_PERFECT if letters in (0, 3, 4) else _MAJOR)[wider]
    # C sharp up to C is no unison: it lies nearly an octave higher.
    name = "octave" if letters == 0 and wider < 0 else _NAMES[letters]
    return {"interval": f"{quality} {name}", "semitones": semitones}


def guitar_fret_note(
    string: Annotated[int, Field(ge=1, le=6)],
    fret: Annotated[int, Field(ge=0, le=24)],
    tuning: Literal["standard", "drop_d", "half_step_down", "open_g", "dadgad"] = "standard",
) -> dict[str, str | int | float]:
    """Tell which note sounds on a guitar when a string is pressed down at a fret.

    Args:
        string: Number of the string, 1 for the thinnest (high E) to 6 for the thickest.
        fret: Number of the fret, 0 for the open string.
        tuning: Tuning of the guitar.

    Returns:
        ``note``, its ``octave`` (scientific pitch notation) and frequency in ``hertz``.

    Source: standard tuning E2 A2 D3 G3 B3 E4, one semitone a fret; ISO 16 (A4 is 440 Hz).
    """
    midi = _TUNINGS[tuning][-string] + fret
    hertz = _A4_HERTZ * 2 ** ((midi - _A4_MIDI) / 12)
    return {"note": _SHARP_NAMES[midi % 12], "octave": midi // 12 - 1, "hertz": round(hertz, 2)}


def _pitch(note: str) -> int:
    return _NATURAL_PITCHES[_LETTERS.index(note[0])] + _ACCIDENTALS[note[1:]]
