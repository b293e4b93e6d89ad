"""Music: pitches, scales, chords, tempo and running times."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Music"

_Tonic = Literal["C", "C#", "Db", "D", "D#", "Eb", "E", "F", "F#", "Gb", "G", "G#", "Ab", "A", "A#", "Bb", "B"]

_LETTERS = "CDEFGAB"
_NATURAL_PITCHES = (0, 2, 4, 5, 7, 9, 11)  # semitones above C of the seven letters
_SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_KEY_NAMES = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}
_A4_MIDI = 69

# Semitones of each scale degree above the tonic, by degree (Kostka, Payne and Almen, "Tonal Harmony").
_SCALES = {
    "major": {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 11},
    "natural_minor": {1: 0, 2: 2, 3: 3, 4: 5, 5: 7, 6: 8, 7: 10},
    "harmonic_minor": {1: 0, 2: 2, 3: 3, 4: 5, 5: 7, 6: 8, 7: 11},
    "melodic_minor": {1: 0, 2: 2, 3: 3, 4: 5, 5: 7, 6: 9, 7: 11},
    "dorian": {1: 0, 2: 2, 3: 3, 4: 5, 5: 7, 6: 9, 7: 10},
    "phrygian": {1: 0, 2: 1, 3: 3, 4: 5, 5: 7, 6: 8, 7: 10},
    "lydian": {1: 0, 2: 2, 3: 4, 4: 6, 5: 7, 6: 9, 7: 11},
    "mixolydian": {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 10},
    "locrian": {1: 0, 2: 1, 3: 3, 4: 5, 5: 6, 6: 8, 7: 10},
    "major_pentatonic": {1: 0, 2: 2, 3: 4, 5: 7, 6: 9},
    "minor_pentatonic": {1: 0, 3: 3, 4: 5, 5: 7, 7: 10},
}
_CHORDS = {
    "major": {1: 0, 3: 4, 5: 7},
    "minor": {1: 0, 3: 3, 5: 7},
    "diminished": {1: 0, 3: 3, 5: 6},
    "augmented": {1: 0, 3: 4, 5: 8},
    "suspended_second": {1: 0, 2: 2, 5: 7},
    "suspended_fourth": {1: 0, 4: 5, 5: 7},
    "dominant_seventh": {1: 0, 3: 4, 5: 7, 7: 10},
    "major_seventh": {1: 0, 3: 4, 5: 7, 7: 11},
    "minor_seventh": {1: 0, 3: 3, 5: 7, 7: 10},
    "half_diminished_seventh": {1: 0, 3: 3, 5: 6, 7: 10},
    "diminished_seventh": {1: 0, 3: 3, 5: 6, 7: 9},
}

_NOTE_VALUES = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "sixteenth": 0.25}  # in quarter notes
_FEELS = {"straight": 1.0, "dotted": 1.5, "triplet": 2 / 3}


@dataclass(frozen=True)
class _Song:
    """One song of a setlist."""

    title: Annotated[
        str,
        Field(
            description="Title of the song.",
            examples=[
                "Autumn Leaves",
                "Blackbird",
                "Hallelujah",
                "Wonderwall",
                "Summertime",
                "Jolene",
                "Clair de Lune",
            ],
        ),
    ]
    length: Annotated[
        str,
        Field(
            description="How long it lasts, as minutes:seconds.",
            pattern="^[0-9]{1,3}:[0-5][0-9]$",
            examples=["3:45", "2:08", "4:30", "5:12", "10:06", "6:59"],
        ),
    ]


def note_frequency(
    note: Annotated[
        str, Field(pattern="^[A-G](#|b)?[0-9]$", examples=["A4", "C3", "F#2", "Bb5", "E1", "G#4", "D6", "Eb3"])
    ],
    concert_pitch: Annotated[float, Field(ge=380, le=500)] = 440,
) -> float:
    """Compute the frequency of a musical note in equal temperament.

    Args:
        note: Name and octave in scientific pitch notation, such as A4, F#2 or Bb5.
        concert_pitch: Frequency to which A4 is tuned, in hertz.

    Returns:
        Frequency in hertz.

    Raises:
        ValueError: The note is not written as a letter, an optional # or b, and an octave.

    Source: ISO 16:1975, "Acoustics - Standard tuning frequency", with twelve equal semitones to the octave.
    """
    if len(note) < 2 or not note[-1].isdigit():
        raise ValueError(f"note {note!r} needs an octave, such as A4")
    midi = 12 * (int(note[-1]) + 1) + _pitch(note[:-1])
    return round(concert_pitch * 2 ** ((midi - _A4_MIDI) / 12), 3)


def nearest_musical_note(
    frequency: Annotated[float, Field(ge=10, le=20_000)],
    concert_pitch: Annotated[float, Field(ge=380, le=500)] = 440,
) -> dict[str, str | float]:
    """Name the note closest to a frequency and how sharp or flat it is, as a tuner does.

    Args:
        frequency: Measured frequency in hertz.
        concert_pitch: Frequency to which A4 is tuned, in hertz.

    Returns:
        The ``note`` in scientific pitch notation, its exact ``frequency`` in hertz, and ``cents`` by which the measured
        one lies above (positive) or below (negative) it.

    Raises:
        ValueError: The frequency is not positive.

    Source: ISO 16:1975; the cent is Ellis's hundredth of an equal semitone.
    """
    if frequency <= 0:
        raise ValueError(f"frequency must be above 0 Hz, got {frequency}")
    exact = _A4_MIDI + 12 * math.log2(frequency / concert_pitch)
    midi = round(exact)
    return {
        "note": f"{_SHARP_NAMES[midi % 12]}{midi // 12 - 1}",
        "frequency": round(concert_pitch * 2 ** ((midi - _A4_MIDI) / 12), 3),
        "cents": round(100 * (exact - midi), 1),
    }


def musical_scale_notes(
    tonic: _Tonic,
    scale: Literal[
        "major",
        "natural_minor",
        "harmonic_minor",
        "melodic_minor",
        "dorian",
        "phrygian",
        "lydian",
        "mixolydian",
        "locrian",
        "major_pentatonic",
        "minor_pentatonic",
    ],
) -> list[str]:
    """List the notes of a scale or mode, spelled as in sheet music.

    Args:
        tonic: First note of the scale.
        scale: Kind of scale; the melodic minor is the ascending one.

    Returns:
        Names of the notes from the tonic upwards, without the octave.

    Source: Kostka, Payne and Almen, "Tonal Harmony".
    """
    return [_spell(tonic, degree, semitones) for degree, semitones in _SCALES[scale].items()]


def chord_notes(
    root: _Tonic,
    quality: Literal[
        "major",
        "minor",
        "diminished",
        "augmented",
        "suspended_second",
        "suspended_fourth",
        "dominant_seventh",
        "major_seventh",
        "minor_seventh",
        "half_diminished_seventh",
        "diminished_seventh",
    ],
    inversion: Annotated[int, Field(ge=0, le=3)] = 0,
) -> list[str]:
    """List the notes that make up a chord, from the lowest.

    Args:
        root: Root of the chord.
        quality: Kind of chord.
        inversion: 0 for root position, 1 for first inversion, and so on.

    Returns:
        Names of the notes from the bass upwards.

    Raises:
        ValueError: The chord has too few notes for the inversion.

    Source: Kostka, Payne and Almen, "Tonal Harmony".
    """
    notes = [_spell(root, degree, semitones) for degree, semitones in _CHORDS[quality].items()]
    if inversion >= len(notes):
        raise ValueError(f"a chord of {len(notes)} notes has no inversion {inversion}")
    return notes[inversion:] + notes[:inversion]


def transpose_chords(
    chords: Annotated[
        list[
            Annotated[
                str,
                Field(
                    pattern="^[A-G](#|b)?[A-Za-z0-9+()-]*(/[A-G](#|b)?)?$",
                    examples=["C", "Am", "F#m7", "Bbmaj7", "Gsus4", "D/F#", "E7", "Ebdim"],
                ),
            ]
        ],
        Field(min_length=1),
    ],
    semitones: Annotated[int, Field(ge=1, le=11)],
    direction: Literal["up", "down"],
    accidentals: Literal["sharps", "flats"] = "sharps",
) -> list[str]:
    """Move the chords of a song to another key.

    Args:
        chords: Chord symbols in order, such as C, F#m7 or D/F#.
        semitones: How many semitones (half steps, frets) to move them.
        direction: Whether to move them up or down.
        accidentals: Whether to write black keys with sharps or flats.

    Returns:
        The transposed chord symbols.

    Raises:
        ValueError: A chord does not start with a note name.

    Source: twelve-tone equal temperament.
    """
    shift = semitones if direction == "up" else -semitones
    names = _SHARP_NAMES if accidentals == "sharps" else _FLAT_NAMES
    return ["/".join(_shift_symbol(part, shift, names) for part in chord.split("/")) for chord in chords]


def tempo_delay_time(
    tempo_bpm: Annotated[float, Field(ge=20, le=400)],
    note_value: Literal["whole", "half", "quarter", "eighth", "sixteenth"] = "quarter",
    feel: Literal["straight", "dotted", "triplet"] = "straight",
) -> float:
    """Convert a tempo to the length of a note, for setting a delay or echo effect in time with a song.

    Args:
        tempo_bpm: Tempo in beats (quarter notes) a minute.
        note_value: Note whose length is wanted.
        feel: Whether the note is plain, dotted (half as long again) or part of a triplet (two thirds as long).

    Returns:
        Length in milliseconds.

    Source: the definition of beats per minute, 60000 ms / BPM.
    """
    return round(60_000 / tempo_bpm * _NOTE_VALUES[note_value] * _FEELS[feel], 2)


def setlist_running_time(
    songs: Annotated[list[_Song], Field(min_length=1)],
    gap_seconds: Annotated[int, Field(ge=0, le=3600)] = 0,
) -> dict[str, int | str]:
    """Add up how long a setlist, playlist or album runs.

    Args:
        songs: The songs with their lengths.
        gap_seconds: Pause between two songs, in seconds.

    Returns:
        The total as ``seconds`` and as ``running_time`` (hours:minutes:seconds), and the title of the ``longest_song``.

    Raises:
        ValueError: There are no songs, or a length is not written as minutes:seconds.

    Source: plain clock arithmetic.
    """
    if not songs:
        raise ValueError("songs is empty: give at least one")
    lengths = [_seconds(song) for song in songs]
    total = sum(lengths) + gap_seconds * (len(songs) - 1)
    return {
        "seconds": total,
        "running_time": f"{total // 3600}:{total % 3600 // 60:02}:{total % 60:02}",
        "longest_song": songs[lengths.index(max(lengths))].title,
    }


def harmonic_mixing_keys(
    tonic: _Tonic,
    mode: Literal["major", "minor"],
) -> dict[str, str | list[str]]:
    """Find which keys a DJ can mix with a track's key, by the Camelot wheel.

    Args:
        tonic: Tonic of the track's key.
        mode: Whether the key is major or minor.

    Returns:
        The key's ``camelot_code`` and the ``compatible_keys``: its relative key and its two neighbours.

    Source: Camelot wheel (Mark Davis, Mixed In Key), a numbering of the circle of fifths.
    """
    letter = "B" if mode == "major" else "A"
    hour = _camelot_hour(tonic, mode)
    neighbours = [(hour, "A" if letter == "B" else "B"), (hour % 12 + 1, letter), ((hour - 2) % 12 + 1, letter)]
    keys = {
        (_camelot_hour(name, each), "B" if each == "major" else "A"): f"{name} {each}"
        for each, names in _KEY_NAMES.items()
        for name in names
    }
    return {
        "camelot_code": f"{hour}{letter}",
        "compatible_keys": [f"{keys[place]} ({place[0]}{place[1]})" for place in neighbours],
    }


def _pitch(name: str) -> int:
    """Semitones of a note name above C, such as 10 for Bb; -1 for Cb and 12 for B#, which cross the octave."""
    if not name or name[0] not in _LETTERS or name[1:] not in ("", "#", "b"):
        raise ValueError(f"{name!r} is not a note: use a letter from A to G, with # or b where needed")
    return _NATURAL_PITCHES[_LETTERS.index(name[0])] + {"": 0, "#": 1, "b": -1}[name[1:]]


def _spell(tonic: str, degree: int, semitones: int) -> str:
    """The note on a degree above the tonic, on the letter that belongs to the degree."""
    letter = (_LETTERS.index(tonic[0]) + degree - 1) % 7
    off = (_pitch(tonic) + semitones - _NATURAL_PITCHES[letter] + 6) % 12 - 6
    return _LETTERS[letter] + ("#" * off if off > 0 else "b" * -off)


def _shift_symbol(symbol: str, semitones: int, names: tuple[str, ...]) -> str:
    """A chord symbol, or the bass note after its slash, moved by semitones; its ending stays."""
    root = symbol[:2] if symbol[1:2] in ("#", "b") else symbol[:1]
    return names[(_pitch(root) + semitones) % 12] + symbol[len(root) :]


def _seconds(song: _Song) -> int:
    minutes, colon, seconds = song.length.partition(":")
    if not (colon and minutes.isdigit() and seconds.isdigit() and len(seconds) == 2 and int(seconds) < 60):
        raise ValueError(f"length {song.length!r} of {song.title!r} must be minutes:seconds, such as 3:45")
    return 60 * int(minutes) + int(seconds)


def _camelot_hour(tonic: str, mode: str) -> int:
    """Place on the wheel, 1 to 12: a fifth up is one hour on, and C major and A minor stand at 8."""
    relative_major = _pitch(tonic) + (0 if mode == "major" else 3)
    return (7 * relative_major + 7) % 12 + 1
