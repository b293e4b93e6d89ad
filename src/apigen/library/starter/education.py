"""Education: grades, exams, test scores, reviewing and citing."""

import datetime
import math
import statistics
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Education"

# College Board, "How to Convert Your GPA to a 4.0 Scale".
_GRADE_POINTS = {
    "A+": 4.0, "A": 4.0, "A-": 3.7, "B+": 3.3, "B": 3.0, "B-": 2.7, "C+": 2.3, "C": 2.0, "C-": 1.7, "D+": 1.3, "D": 1.0,
    "F": 0.0,
}  # fmt: skip

_Percent = Annotated[float, Field(ge=0, le=100)]
_ForeignGrade = Annotated[float, Field(ge=-10, le=1000)]  # Danish grades begin at -3


@dataclass(frozen=True)
class _CourseGrade:
    """A finished course with its letter grade."""

    course: Annotated[
        str,
        Field(
            description="Name of the course.",
            examples=["Biology", "Algebra II", "World History", "Spanish", "Art", "Physics", "Economics"],
        ),
    ]
    grade: Annotated[
        Literal["A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "F"], Field(description="Letter grade.")
    ]
    credits: Annotated[float, Field(gt=0, le=60, description="Credits or credit hours of the course.")]


@dataclass(frozen=True)
class _GradeComponent:
    """A part of a course that counts towards its grade."""

    name: Annotated[
        str,
        Field(
            description="What was graded.",
            examples=["homework", "midterm", "final exam", "lab reports", "quizzes", "essay", "project", "attendance"],
        ),
    ]
    score_percent: Annotated[float, Field(ge=0, le=150, description="Score in percent; above 100 with extra credit.")]
    weight_percent: Annotated[float, Field(gt=0, le=100, description="Share of the course grade in percent.")]


@dataclass(frozen=True)
class _BookAuthor:
    """An author's name in its parts."""

    family_name: Annotated[
        str,
        Field(
            min_length=1,
            description="Family name.",
            examples=["Morrison", "Kahneman", "Sagan", "Okafor", "Nguyen", "Curie", "Silva", "Larsen"],
        ),
    ]
    given_names: Annotated[
        str,
        Field(
            min_length=1,
            description="Given names, which are shortened to initials.",
            examples=["Toni", "Daniel", "Carl Edward", "Chidi", "Linh", "Marie", "Jean-Paul", "Astrid"],
        ),
    ]


def grade_point_average(courses: Annotated[list[_CourseGrade], Field(min_length=1, max_length=80)]) -> dict[str, float]:
    """Compute a credit-weighted grade point average (GPA) on the US 4.0 scale from letter grades.

    Args:
        courses: The courses, each with its letter grade and its credits.

    Returns:
        ``gpa`` and the ``credits`` it covers.

    Source: College Board, "How to Convert Your GPA to a 4.0 Scale".
    """
    total = sum(course.credits for course in courses)
    points = sum(_GRADE_POINTS[course.grade] * course.credits for course in courses)
    return {"gpa": round(points / total, 3), "credits": round(total, 2)}


def final_exam_score_needed(
    current_percent: _Percent,
    target_percent: _Percent,
    exam_weight_percent: Annotated[float, Field(ge=0.1, le=100)],
) -> dict[str, float | bool]:
    """Find the score that is needed on a final exam to end a course with a certain grade.

    Args:
        current_percent: Average in the course so far, in percent.
        target_percent: Course grade to reach, in percent.
        exam_weight_percent: Share of the course grade that the final exam counts for, in percent.

    Returns:
        ``needed_percent`` on the exam (0 when the target is already safe) and whether it is ``reachable`` with at
        most 100 percent.

    Source: weighted arithmetic mean, solved for one term.
    """
    weight = exam_weight_percent / 100
    needed = max(0.0, (target_percent - current_percent * (1 - weight)) / weight)
    return {"needed_percent": round(needed, 2), "reachable": round(needed, 6) <= 100}


def weighted_course_grade(
    components: Annotated[list[_GradeComponent], Field(min_length=1, max_length=30)],
) -> dict[str, float]:
    """Combine the scores of homework, exams and other parts of one course into the course grade by their weights.

    Args:
        components: The graded parts, each with its score and its weight; the weights may add up to less than 100
            while the course is still running.

    Returns:
        ``grade_percent`` over the parts given and ``weight_covered_percent``.

    Raises:
        ValueError: The weights add up to more than 100 percent.

    Source: weighted arithmetic mean; Walvoord and Anderson, "Effective Grading".
    """
    covered = math.fsum(component.weight_percent for component in components)
    if covered > 100 + 1e-9:
        raise ValueError(f"the weights add up to {covered:g} percent, which is more than 100")
    total = math.fsum(component.score_percent * component.weight_percent for component in components)
    return {"grade_percent": round(total / covered, 2), "weight_covered_percent": round(covered, 2)}


def standardize_test_score(
    score: Annotated[float, Field(ge=-1_000_000, le=1_000_000)],
    mean: Annotated[float, Field(ge=-1_000_000, le=1_000_000)],
    standard_deviation: Annotated[float, Field(ge=0.001, le=1_000_000)],
    scale: Literal["z_score", "t_score", "iq", "stanine", "percentile"] = "z_score",
) -> float:
    """Convert a raw test score to a standard scale that compares it with the group that took the test.

    Args:
        score: The raw score.
        mean: Average score of the group.
        standard_deviation: Standard deviation of the group's scores.
        scale: z_score (mean 0, deviation 1), t_score (50, 10), iq (100, 15), stanine (1 to 9), or percentile rank,
            which assumes normally distributed scores.

    Returns:
        The score on that scale.

    Source: Anastasi and Urbina, "Psychological Testing", chapter on norms.
    """
    z = (score - mean) / standard_deviation
    match scale:
        case "z_score":
            return round(z, 4)
        case "t_score":
            return round(50 + 10 * z, 2)
        case "iq":
            return round(100 + 15 * z, 2)
        case "stanine":
            return float(min(9, max(1, math.floor(2 * z + 5.5))))
        case "percentile":
            return round(100 * statistics.NormalDist().cdf(z), 2)


def flashcard_next_review(
    reviewed_on: datetime.date,
    recall_quality: Annotated[int, Field(ge=0, le=5)],
    successful_reviews: Annotated[int, Field(ge=0, le=100)] = 0,
    previous_interval_days: Annotated[int, Field(ge=1, le=10_000)] = 6,
    easiness: Annotated[float, Field(ge=1.3, le=5)] = 2.5,
) -> dict[str, str | int | float]:
    """Schedule the next review of a flashcard by spaced repetition (the SM-2 algorithm).

    Args:
        reviewed_on: Date of the review that just took place.
        recall_quality: How well the card was remembered, from 0 (blackout) to 5 (perfect); below 3 it starts over.
        successful_reviews: Successful reviews in a row before this one.
        previous_interval_days: Days between the previous review and this one; counts from the third success on.
        easiness: Easiness factor of the card before this review.

    Returns:
        ``next_review`` (ISO date), ``interval_days`` and the card's new ``easiness``.

    Source: Wozniak (1990), "Optimization of learning", the SM-2 algorithm.
    """
    if recall_quality < 3:
        interval, factor = 1, easiness
    else:
        lapse = 5 - recall_quality
        factor = max(1.3, easiness + 0.1 - lapse * (0.08 + lapse * 0.02))
        # Rounded first, so that a product such as 25.000000001 is not taken for a fraction of a day.
        later = math.ceil(round(previous_interval_days * factor, 6))
        interval = {0: 1, 1: 6}.get(successful_reviews, later)
    return {
        "next_review": (reviewed_on + datetime.timedelta(days=interval)).isoformat(),
        "interval_days": interval,
        "easiness": round(factor, 3),
    }


def foreign_grade_to_german(
    grade: _ForeignGrade, best_grade: _ForeignGrade, lowest_passing_grade: _ForeignGrade
) -> float:
    """Convert a grade from another country to the German scale (1.0 best, 4.0 just passed).

    Args:
        grade: The grade to convert.
        best_grade: Best grade that can be reached in the foreign system.
        lowest_passing_grade: Lowest grade that still passes in the foreign system.

    Returns:
        The German grade by the modified Bavarian formula.

    Raises:
        ValueError: The best and the lowest passing grade are equal, or the grade is not between them.

    Source: Kultusministerkonferenz (KMK), modified Bavarian formula.
    """
    low, high = sorted((best_grade, lowest_passing_grade))
    if low == high:
        raise ValueError("best_grade and lowest_passing_grade must differ")
    if not low <= grade <= high:
        raise ValueError(f"grade {grade:g} must lie between {low:g} and {high:g} to be a passing grade")
    return round(1 + 3 * (best_grade - grade) / (best_grade - lowest_passing_grade), 2)


def apa_book_reference(
    authors: Annotated[list[_BookAuthor], Field(min_length=1, max_length=20)],
    year: Annotated[int, Field(ge=1450, le=2100)],
    title: Annotated[
        str,
        Field(
            min_length=1,
            examples=[
                "The origin of species",
                "Thinking, fast and slow",
                "A brief history of time",
                "Silent spring",
                "The second sex",
                "Mindset",
            ],
        ),
    ],
    publisher: Annotated[
        str,
        Field(min_length=1, examples=["Penguin Books", "MIT Press", "Vintage", "Springer", "Oxford University Press"]),
    ],
    edition: Annotated[int, Field(ge=1, le=99)] = 1,
) -> str:
    """Write the reference list entry of a book in APA style (7th edition), as plain text.

    Args:
        authors: The authors in the order of the title page.
        year: Year of publication.
        title: Title of the book, in the capitalisation that it should have in the list.
        publisher: Name of the publisher.
        edition: Number of the edition; a first edition is not mentioned.

    Returns:
        The entry, such as "Carson, R. (1962). Silent spring. Houghton Mifflin."

    Source: American Psychological Association, "Publication Manual", 7th edition (2020), section 10.2.
    """
    names = [f"{author.family_name}, {_initials(author.given_names)}" for author in authors]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, & {names[-1]}"
    entry = f"{title} ({_ordinal(edition)} ed.)" if edition > 1 else title
    return " ".join((f"{listed} ({year}).", _with_stop(entry), _with_stop(publisher)))


def _initials(given_names: str) -> str:
    return " ".join("-".join(f"{part[0].upper()}." for part in name.split("-") if part) for name in given_names.split())


def _ordinal(number: int) -> str:
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _with_stop(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
