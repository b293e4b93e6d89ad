"""The vocabulary: every value that travels through the pipeline, frozen and typed.

Read top to bottom, the records follow a sample's life: a :class:`Tool` is sampled into a :class:`Request`, a model
answers with a :class:`Completion`, which holds one or more :class:`Candidate`; each check leaves a
:class:`Verdict`, each call an :class:`Execution`; a candidate that passes everything becomes a :class:`Sample`.

All are ``msgspec`` structs: reading a line of JSON checks its types, and a value cannot be changed in passing.
"""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Literal

import msgspec

Json = Any
"""Any JSON value: ``None``, ``bool``, ``int``, ``float``, ``str``, a list of them, or a dict of them by name."""


class Style(StrEnum):
    """The four query styles of the APIGen paper (arXiv 2406.18518, section 3.2)."""

    SIMPLE = "simple"
    """One tool offered, one call."""
    MULTIPLE = "multiple"
    """Several tools offered, one call."""
    PARALLEL = "parallel"
    """One tool offered, several calls."""
    PARALLEL_MULTIPLE = "parallel_multiple"
    """Several tools offered, several calls, to at least two of them."""

    @property
    def many_tools(self) -> bool:
        """Whether more than one tool is offered."""
        return self in (Style.MULTIPLE, Style.PARALLEL_MULTIPLE)

    @property
    def many_calls(self) -> bool:
        """Whether the answer makes more than one call."""
        return self in (Style.PARALLEL, Style.PARALLEL_MULTIPLE)


class Wording(StrEnum):
    """How the person who asks puts it, from terse to ambiguous."""

    TERSE = "terse"
    """A few words, as typed into a search box."""
    PLAIN = "plain"
    """One complete, direct request."""
    CHATTY = "chatty"
    """Talks around it: context, reasons, politeness."""
    INDIRECT = "indirect"
    """States a situation or a need rather than asking for the operation."""
    MISSPELLED = "misspelled"
    """Typos, missing capitals and punctuation; the values stay readable."""
    AMBIGUOUS = "ambiguous"
    """Vague about the operation, though exactly one reading fits the tools offered."""


class Stage(StrEnum):
    """Where a candidate can fall, in the order in which it meets them."""

    GENERATION = "generation"
    """Only ever an error: the model refused the prompt, so there is no candidate."""
    FORMAT = "format"
    DUPLICATE = "duplicate"
    GROUNDING = "grounding"
    EXECUTION = "execution"
    SEMANTICS = "semantics"


class Outcome(StrEnum):
    """What a check found. An *error* says that it could not be made: never a reject, never a pass."""

    PASS = "pass"  # noqa: S105 - not a password
    REJECT = "reject"
    ERROR = "error"


class Reason(StrEnum):
    """Why a candidate was rejected, or why a check could not be made. docs/format.md explains each one."""

    # format
    NOT_JSON = "not_json"
    NO_PAIRS = "no_pairs"
    MISSING_FIELD = "missing_field"
    WRONG_SHAPE = "wrong_shape"
    ARGUMENTS_AS_STRING = "arguments_as_string"
    BAD_TOOL = "bad_tool"
    EMPTY_QUERY = "empty_query"
    EMPTY_ANSWER = "empty_answer"
    UNKNOWN_TOOL = "unknown_tool"
    UNKNOWN_ARGUMENT = "unknown_argument"
    MISSING_ARGUMENT = "missing_argument"
    WRONG_TYPE = "wrong_type"
    NOT_IN_ENUM = "not_in_enum"
    OUT_OF_BOUNDS = "out_of_bounds"
    WRONG_PATTERN = "wrong_pattern"
    SCHEMA_VIOLATION = "schema_violation"
    WRONG_CALL_COUNT = "wrong_call_count"
    DUPLICATE_CALLS = "duplicate_calls"
    TOO_FEW_TOOLS = "too_few_tools"
    # duplicate
    DUPLICATE_QUERY = "duplicate_query"
    # grounding
    UNGROUNDED = "ungrounded"
    # execution
    ARGUMENT_TYPE = "argument_type"
    INVALID_ARGUMENT = "invalid_argument"
    RUNTIME_ERROR = "runtime_error"
    ERROR_RESULT = "error_result"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    FORBIDDEN = "forbidden"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    RESULT_TOO_LARGE = "result_too_large"
    RESULT_NOT_JSON = "result_not_json"
    NOT_EXECUTABLE = "not_executable"
    VARYING_RESULT = "varying_result"
    # semantics
    UNANSWERED_REQUEST = "unanswered_request"
    UNREQUESTED_CALL = "unrequested_call"
    TOOL_MISMATCH = "tool_mismatch"
    CALL_COUNT_MISMATCH = "call_count_mismatch"
    IRRELEVANT_RESULT = "irrelevant_result"
    JUDGED_WRONG = "judged_wrong"
    # a check could not be made
    MODEL_REFUSED = "model_refused"
    JUDGE_REFUSED = "judge_refused"
    JUDGE_UNREADABLE = "judge_unreadable"
    EXECUTOR_UNAVAILABLE = "executor_unavailable"
    SERVICE_UNAVAILABLE = "service_unavailable"
    NOT_RECORDED = "not_recorded"
    CHECK_FAILED = "check_failed"


class PythonBinding(msgspec.Struct, frozen=True, tag="python", tag_field="kind"):
    """A tool that is a Python callable, found again by import in the sandbox."""

    qualname: str
    """Dotted path inside the module, such as ``compound_interest``; with a ``factory``, inside of what that makes."""
    module: str | None = None
    """Importable module name; ``None`` where ``file`` is given."""
    file: str | None = None
    """Absolute path of a ``.py`` file; ``None`` where ``module`` is given."""
    digest: str = ""
    """SHA-256 (hex, first 16 digits) of the source file, so that a changed library is noticed on resume."""
    factory: str = ""
    """Dotted path inside the module of what is called, without arguments, to make the object whose method the tool is;
    each call makes a new one. Empty for what needs none."""


class RestParameter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where one argument goes in an HTTP request (OpenAPI 3.1, "Parameter Object")."""

    argument: str
    """The name that models see."""
    place: Literal["path", "query", "header", "cookie", "body"]
    name: str = ""
    """The name on the wire; empty where it is the argument's own."""
    style: str = ""
    """How arrays and objects are written, such as ``form``, ``spaceDelimited`` or ``deepObject``; empty for the default
    of the place."""
    explode: bool | None = None
    """Whether each item is written as a parameter of its own; ``None`` for the default of the style."""
    content: str = ""
    """A media type such as ``application/json``, where the value is written as a document rather than by a style."""
    reserved: bool = False
    """Whether reserved characters (``/`` and the like) stay as they are."""


class RestCredential(msgspec.Struct, frozen=True, omit_defaults=True):
    """A secret that an HTTP request carries, by the name of the environment variable that holds it."""

    variable: str
    """Such as ``PETSTORE_API_KEY``; for ``basic`` it holds ``USER:PASSWORD``."""
    place: Literal["header", "query", "cookie", "bearer", "basic"]
    name: str = ""
    """Of the header, query parameter or cookie; empty for ``bearer`` and ``basic``."""


class RestBinding(msgspec.Struct, frozen=True, omit_defaults=True, tag="rest", tag_field="kind"):
    """A tool that is one operation of a web service."""

    method: str
    """In capitals."""
    server: str
    """Base address, such as ``https://api.example.com/v2``: with a scheme, without a slash at the end."""
    path: str
    """Below it, with the path parameters' wire names in braces: ``/pets/{petId}``."""
    parameters: tuple[RestParameter, ...] = ()
    body: str = ""
    """The media type of the request's body; empty for none."""
    body_argument: str = ""
    """The argument that is the whole body; empty where the body is an object that the ``body`` parameters make up."""
    headers: tuple[tuple[str, str], ...] = ()
    """Constant headers that hold no secrets."""
    security: tuple[tuple[RestCredential, ...], ...] = ()
    """Alternatives, each a set of credentials that go together; an empty one says that none is needed."""
    writes: bool = False
    """Whether a call may change something on the other side."""


class McpBinding(msgspec.Struct, frozen=True, omit_defaults=True, tag="mcp", tag_field="kind"):
    """A tool of a server that speaks the Model Context Protocol, started by a command or reached at an address."""

    tool: str
    """Its name on the server."""
    command: tuple[str, ...] = ()
    """The program and its arguments, for a server on standard input and output."""
    url: str = ""
    """The address of a server that speaks streamable HTTP."""
    variables: tuple[str, ...] = ()
    """Names of environment variables that the program is given; for an address, ``NAME`` is sent as a bearer token."""
    writes: bool = False
    """Whether the server says that a call may change something."""


Binding = PythonBinding | RestBinding | McpBinding
"""How a tool is executed; a new kind of executor joins this union with a struct of its own ``kind``."""


class Tool(msgspec.Struct, frozen=True):
    """An API as a model sees it, with what we need to sample and execute it."""

    name: str
    """Unique in a library; matches ``^[a-zA-Z0-9_-]{1,64}$``, which every provider accepts."""
    description: str
    parameters: dict[str, Json]
    """JSON Schema (draft 2020-12) of ``type: object``; ``additionalProperties`` is false."""
    category: str = "Other"
    origin: str = ""
    """The locator it was loaded from, such as ``starter`` or ``python:statistics``."""
    binding: Binding | None = None
    """``None`` for a tool that is only described and cannot be executed."""
    original_description: str = ""
    """What its source says, where a model rewrote the description; empty where none did."""

    @property
    def required(self) -> Sequence[str]:
        """Names of the parameters that a call must give."""
        required: Sequence[str] = self.parameters.get("required", ())
        return required

    @property
    def properties(self) -> dict[str, Json]:
        """Each parameter's own schema by name."""
        properties: dict[str, Json] = self.parameters.get("properties", {})
        return properties

    def offered(self) -> dict[str, Json]:
        """What a model is shown: name, description, parameters."""
        return {"name": self.name, "description": self.description, "parameters": self.parameters}


class Call(msgspec.Struct, frozen=True):
    """One function call: a tool's name and its arguments, always an object, never a string."""

    name: str
    arguments: dict[str, Json] = {}

    @property
    def canonical(self) -> str:
        """The call as JSON with sorted keys, in which ``1``, ``1.0`` and ``true`` differ; in Python they are equal."""
        return json.dumps([self.name, self.arguments], sort_keys=True)


class Seed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A query with its right calls: hand-written beside a library, or accepted in an earlier round."""

    query: str
    calls: tuple[Call, ...]
    wording: Wording = Wording.PLAIN

    @property
    def tool_names(self) -> frozenset[str]:
        """The tools that the answer calls."""
        return frozenset(call.name for call in self.calls)

    def fits(self, style: Style) -> bool:
        """Whether the seed shows what an answer of that style looks like."""
        if style.many_calls:
            return len(self.calls) > 1 and (len(self.tool_names) > 1) == style.many_tools
        return len(self.calls) == 1


class Request(msgspec.Struct, frozen=True):
    """One sampled generation request: everything that decides a prompt, and nothing else."""

    index: int
    """Position in the run, from 0; also the order in which results are committed."""
    round: int
    style: Style
    wording: Wording
    tools: tuple[Tool, ...]
    """The tools offered, in the order in which the model sees them."""
    targets: tuple[str, ...]
    """Names of the offered tools that the queries should need; the others are distractors."""
    examples: tuple[Seed, ...]
    pairs: int
    """Query/answer pairs asked for in one completion."""
    calls: tuple[int, int]
    """Fewest and most calls an answer may make."""
    seed: int
    """Random stream of this request, given to models that take one."""


class Message(msgspec.Struct, frozen=True):
    """One chat message."""

    role: str
    content: str


class Completion(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a model returned for one prompt."""

    text: str
    model: str
    """The model's locator, such as ``offline`` or ``openai/gpt-oss-20b``."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish_reason: str = ""
    thinking: str = ""
    """A reasoning model's own thoughts, kept apart from the answer."""
    cost_usd: float | None = None
    """``None`` where the price is not known."""
    cached_tokens: int = 0
    """Those of the prompt tokens that the provider took from its cache."""
    thinking_tokens: int = 0
    """Those of the completion tokens that the model thought with, where the provider counts them apart."""
    tool_calls: tuple[Json, ...] = ()
    """The calls that it made of tools offered beside the messages, as they came: whoever reads them checks them."""

    batch: bool = False
    """Whether it came through the batch protocol, at the provider's batch price."""

    @property
    def missing(self) -> str:
        """Why there is no answer in it; empty where there is one."""
        if self.text.strip() or self.tool_calls:
            return ""
        thought = bool(self.thinking or self.thinking_tokens)
        if self.finish_reason == "length":
            tokens = f"all {self.completion_tokens} tokens were" if self.completion_tokens else "its tokens were"
            return f"{tokens} used up {'by thinking ' if thought else ''}before an answer came"
        return "there is thinking and no answer" if thought else "the completion is empty"


class Candidate(msgspec.Struct, frozen=True):
    """One query with its calls and the tools that were offered for it: what every check looks at."""

    query: str
    calls: tuple[Call, ...]
    tools: tuple[Tool, ...]
    style: Style | None = None
    """``None`` for a dataset made elsewhere, whose rows do not say."""
    context: tuple[str, ...] = ()
    """What was said and returned before the query: earlier turns, earlier results. A value may come from there."""

    def tool(self, name: str) -> Tool | None:
        """The offered tool of that name."""
        return next((tool for tool in self.tools if tool.name == name), None)


class Execution(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one call did when it really ran."""

    call: Call
    ok: bool
    result: Json = None
    """The value returned, as JSON."""
    reason: Reason | None = None
    detail: str = ""
    recorded: bool = False
    """Whether the result was taken from a recording of an earlier call rather than from the tool itself."""
    varies: bool = False
    """Whether the same call, run twice, gave two different results: a clock, chance, or state outside the call."""
    duration_ms: float | None = None
    """Wall-clock time. Not written to attempts.jsonl, whose bytes depend on the seed alone."""


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one check found about a candidate."""

    stage: Stage
    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""
    by: str = ""
    """Who judged, where several could: ``rules`` or a model's locator."""
    arguments: tuple[str, ...] = ()
    """The arguments that it is about, such as ``calls[0].city``, where it is about some."""
    criteria: dict[str, bool] = {}
    """A language model's answer to each question it was asked; a wrong candidate has one that is false."""
    evidence: str = ""
    """What a language model quoted for its answer."""


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A candidate's whole story, passed or not: one line of attempts.jsonl."""

    id: str
    """``REQUEST.PAIR``, such as ``17.2``: the third pair of the eighteenth request."""
    request: int
    pair: int
    last: bool
    """Whether this is its request's last line; a request without one was cut off and is done again."""
    round: int
    style: Style
    wording: Wording
    offered: tuple[str, ...]
    targets: tuple[str, ...]
    model: str
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    query: str = ""
    calls: tuple[Call, ...] = ()
    thought: str = ""
    repaired: tuple[str, ...] = ()
    """What had to be mended before the text could be read, such as ``code_fence``."""
    raw: str = ""
    """What the model wrote, where no candidate could be read from it."""
    executions: tuple[Execution, ...] = ()
    repair_of: str = ""
    """The id of the rejected attempt that this one mends, where it was sent back to the writer."""
    llm: bool = True
    """Whether a language model wrote the query and answer."""


class Provenance(msgspec.Struct, frozen=True):
    """Where a sample comes from."""

    attempt: str
    model: str
    llm: bool
    """Whether a language model wrote the query and answer; false for the offline and simulated models."""
    round: int
    style: Style
    wording: Wording
    categories: tuple[str, ...]
    judges: tuple[str, ...]
    repaired: tuple[str, ...] = ()
    varying: tuple[str, ...] = ()
    """Names of the tools called here whose result was another when the same call was run a second time."""


class Sample(msgspec.Struct, frozen=True):
    """An accepted candidate with its evidence: one line of dataset.jsonl."""

    id: int
    query: str
    tools: tuple[dict[str, Json], ...]
    """Each as ``{name, description, parameters}``."""
    calls: tuple[Call, ...]
    results: tuple[Json, ...]
    """What each call returned, in the order of ``calls``."""
    provenance: Provenance


class Note(msgspec.Struct, frozen=True):
    """Something about a tool that had to be understood, cut or guessed when it was loaded."""

    name: str
    """The tool's name."""
    text: str


class Skipped(msgspec.Struct, frozen=True):
    """Something that a source holds but cannot offer, with the reason: never dropped silently."""

    name: str
    reason: str
    origin: str = ""
