"""What a call leaves behind, and attacks on its neighbours."""

from typing import Any

from attacks.attack import CRASHED, Attack, Outcome, fails, harmless


def _leaves(where: str, found: Any, tries: str, **arguments: Any) -> Attack:
    """Called twice, finds the same."""
    return Attack(where.replace("_", " "), f"leaves_traces.{where}", harmless(found), tries, arguments, twice=True)


TRACES = (
    _leaves("in_globals", 1, "counts its calls in a global"),
    _leaves("in_defaults", 1, "counts its calls in a default value"),
    _leaves("in_environment", False, "sets environment variables"),
    _leaves("in_folder", "call", "changes to another folder"),
    _leaves("in_scratch", [], "leaves files in scratch"),
    _leaves("beside_scratch", ["call"], "leaves folders beside scratch"),
    _leaves("in_temporary_files", 1, "leaves temporary files"),
    _leaves("in_open_file", 4, "leaves a file open"),
    _leaves("in_mask", 0o022, "changes the mask of new files"),
    _leaves("in_locale", ..., "changes the locale"),
    _leaves("in_time_zone", "UTC", "changes the time zone"),
    _leaves("in_decimal_context", 28, "changes the precision of decimals"),
    _leaves("in_dice", ..., "seeds the random number generators"),
    _leaves("in_warnings", ..., "makes warnings errors"),
    _leaves("in_import_path", False, "puts a folder on the import path"),
    _leaves("in_modules", False, "replaces imported modules"),
    _leaves("in_import_hooks", ..., "removes the import system's hooks"),
    _leaves("in_signal_handlers", "True", "handles signals"),
    _leaves("in_signal_mask", 0, "blocks signals"),
    _leaves("in_alarm", 0, "sets an alarm"),
    _leaves("in_limits", 128, "lowers limits for good"),
    _leaves("in_priority", 0, "changes its priority", usual="$nice"),
    _leaves("in_recursion_limit", ..., "lowers the recursion limit"),
    _leaves("in_digit_limit", 4300, "lowers the limit of digits"),
    _leaves("in_switch_interval", 0.005, "slows down the switching of threads"),
    _leaves("in_collector", True, "turns the garbage collector off"),
    _leaves("in_collector_hooks", 0, "has the garbage collector end the process"),
    _leaves("in_trace_hooks", True, "traces all code"),
    _leaves("in_exception_hooks", True, "has exceptions end the process"),
    _leaves("in_fault_handler", False, "turns the fault handler on"),
    _leaves("in_standard_output", True, "takes standard output away"),
    _leaves("in_sockets", True, "changes the time-out of sockets"),
    _leaves("in_logging", 1, "adds a log handler"),
    _leaves("in_codecs", False, "registers an error handler of codecs"),
    _leaves("in_pickling", ..., "changes how objects are pickled"),
    _leaves("in_classes", 1, "changes a class"),
    _leaves("in_caches", 0, "fills a cache"),
    _leaves("in_context", "clean", "sets a context variable"),
    _leaves("in_threads", 1, "leaves a thread"),
    _leaves("in_event_loop", ..., "replaces the event loop"),
    _leaves("in_builtins", False, "changes builtins"),
    _leaves("in_constants", ..., "changes pi"),
    _leaves("in_own_code", 4, "replaces its own code"),
    _leaves("in_standard_library", '{"a": 1}', "replaces json.dumps"),
    _leaves("in_memory", 5, "makes five six, in the interpreter's memory"),
)

NEIGHBOURS = (
    Attack("patched json", "on_neighbours.patches_json", harmless("patched"), "replaces json.loads, which others use"),
    Attack(
        "patched builtins", "on_neighbours.patches_builtins", harmless("patched"), "replaces sum and open for everybody"
    ),
    Attack("patched paths", "on_neighbours.patches_path", harmless("patched"), "replaces a method of pathlib"),
    Attack(
        "patched apigen",
        "on_neighbours.patches_apigen",
        (Outcome(None, result=...), *fails(CRASHED, "")),
        "replaces every function of apigen",
    ),
    Attack(
        "patched tools", "on_neighbours.patches_other_tools", harmless("patched"), "replaces the code of another tool"
    ),
    Attack(
        "patched preparations",
        "on_neighbours.patches_prepared_tools",
        harmless("patched"),
        "replaces what was prepared for other calls",
    ),
    Attack("reloaded apigen", "on_neighbours.reloads_everything", harmless("reloaded"), "imports apigen anew"),
    Attack(
        "emptied modules",
        "on_neighbours.empties_modules",
        (*harmless("emptied"), *fails(CRASHED, "")),
        "forgets all modules",
    ),
    Attack(
        "overwritten number",
        "on_neighbours.writes_over_memory",
        harmless("written"),
        "makes seven eight, in the interpreter's memory",
    ),
    Attack(
        "search for our secret",
        "on_neighbours.searches_memory",
        harmless([]),
        "looks for a key of apigen in all objects",
        {"text": "$secret"},
    ),
    Attack(
        "search for another row",
        "on_neighbours.searches_memory",
        harmless([]),
        "looks for what an earlier call was given",
        {"text": "$row"},
    ),
    Attack(
        "environment",
        "on_neighbours.tells_environment",
        (Outcome(None, result=...),),
        "returns its environment, in which no secret is",
    ),
)
