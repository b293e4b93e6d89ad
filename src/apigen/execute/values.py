"""Binds the JSON arguments of a call to a Python function, calls it, and turns its result into JSON.

This runs inside the sandbox. A process prepares every function once and forks for each call, so everything slow
(importing, reading signatures, building type adapters) happens in :func:`resolve`. Nothing is ever evaluated:
arguments are converted by type, strictly, and bound by name.
"""

import importlib
import inspect
from collections.abc import Callable, Coroutine, Mapping
from types import ModuleType
from typing import Any

from apigen.errors import ExecutorUnavailable
from apigen.records import Json, PythonBinding
from apigen.signatures.docstrings import Docstring
from apigen.signatures.functions import UNKNOWN_DEFAULT, FunctionSignature, Parameter, read_signature
from apigen.signatures.jsonable import to_json
from apigen.signatures.locate import find, import_source
from apigen.signatures.problems import ImportFailed, ResultNotJson, Unconvertible, Undescribable

__all__ = ["BadArguments", "NotMade", "PreparedFunction", "ResultNotJson", "resolve"]


class BadArguments(Exception):  # noqa: N818 - a property of the call, not a failure of ours
    """The arguments do not fit the function: unknown, missing or of the wrong type. The message names which."""


class NotMade(Exception):  # noqa: N818 - named for what happened
    """A factory made no object, or one without the method. The message says how it failed."""


class PreparedFunction:
    """A function with everything that a call needs: give it JSON arguments, get a JSON result."""

    def __init__(self, function: Callable[..., Any], signature: FunctionSignature) -> None:
        self.function = function
        self._signature = signature

    def __call__(self, arguments: Mapping[str, Json]) -> Json:
        """Convert the arguments, call the function, wait for it if it is asynchronous, convert its result.

        Args:
            arguments: JSON values by parameter name.

        Returns:
            The result as JSON; see :mod:`apigen.signatures.jsonable` for how each type is written.

        Raises:
            BadArguments: they cannot be bound; the function was not called.
            ResultNotJson: it returned something that has no JSON form.
            BaseException: whatever the function itself raises, untouched.
        """
        return to_json(_finished(self.call(arguments)))

    def call(self, arguments: Mapping[str, Json]) -> Any:
        """Convert the arguments and call the function, whose result may still have to be waited for.

        Raises:
            BadArguments: they cannot be bound; the function was not called.
            BaseException: whatever the function itself raises, untouched.
        """
        positional, by_name = self.bind(arguments)
        return self.function(*positional, **by_name)

    def bind(self, arguments: Mapping[str, Json]) -> tuple[list[Any], dict[str, Any]]:
        """Convert the arguments to what the function takes, by position only where it accepts no names.

        Whatever stands before ``*values`` is passed by position too where there are such values.

        Raises:
            BadArguments: an argument is unknown, missing or of the wrong type.
        """
        parameters = self._signature.parameters
        if unknown := [name for name in arguments if name not in {parameter.name for parameter in parameters}]:
            known = ", ".join(parameter.name for parameter in parameters)
            raise BadArguments(f"unknown argument {unknown[0]!r}; the function takes {known}")
        positional: list[Any] = []
        by_name: dict[str, Any] = {}
        omitted: list[Parameter] = []
        before = next((index for index, each in enumerate(parameters) if each.spread and arguments.get(each.name)), 0)
        for index, parameter in enumerate(parameters):
            by_position = parameter.positional_only or parameter.spread or index < before
            if parameter.name not in arguments:
                if parameter.required:
                    raise BadArguments(f"missing argument {parameter.name!r}")
                if parameter.spread:
                    continue
                if parameter.field is not None and not by_position:
                    by_name[parameter.name] = parameter.value_if_omitted()
                else:
                    omitted.append(parameter)
                continue
            value = _convert(parameter, arguments[parameter.name])
            if parameter.spread and not value:
                continue
            if by_position:
                positional += [_default(skipped, parameter) for skipped in omitted]
                positional += value if parameter.spread else [value]
                omitted.clear()
            else:
                by_name[parameter.name] = value
        if any(parameter.field is not None for parameter in omitted):
            positional += [_default(skipped, omitted[-1]) for skipped in omitted if skipped.positional_only]
        return positional, by_name


class PreparedMethod(PreparedFunction):
    """A factory and the name of a method: each call makes an object and calls that method of it."""

    def __init__(self, factory: Callable[..., Any], name: str, module: str | None) -> None:
        super().__init__(factory, FunctionSignature(Docstring("", {}), (), ()))
        self._name = name
        self._module = module
        self._signatures: dict[type, FunctionSignature] = {}
        """By type of the object, since only the object tells what it is."""

    def call(self, arguments: Mapping[str, Json]) -> Any:
        """Make an object and call the method.

        Raises:
            NotMade: there is no object to call it of.
            BadArguments: the arguments cannot be bound; the method was not called.
            BaseException: whatever the method itself raises, untouched.
        """
        try:
            made = self.function()
        except MemoryError:
            raise
        except BaseException as error:  # SystemExit included: foreign code may raise anything
            raise self._not_made(error) from error
        return self._of_awaited(made, arguments) if isinstance(made, Coroutine) else self._of(made, arguments)

    async def _of_awaited(self, making: Coroutine[Any, Any, Any], arguments: Mapping[str, Json]) -> Any:
        """The same for an asynchronous factory; object and method live in one event loop."""
        try:
            made = await making
        except MemoryError:
            raise
        except Exception as error:
            raise self._not_made(error) from error
        result = self._of(made, arguments)
        return await result if isinstance(result, Coroutine) else result

    def _of(self, made: Any, arguments: Mapping[str, Json]) -> Any:
        try:
            method = getattr(made, self._name)
            signature = self._signatures.get(type(made))
            if signature is None:
                signature = self._signatures[type(made)] = read_signature(method, self._module)
        except (AttributeError, Undescribable) as problem:
            raise NotMade(f"the object has no callable method {self._name!r}: {problem}") from None
        return PreparedFunction(method, signature).call(arguments)

    def _not_made(self, error: BaseException) -> NotMade:
        name = getattr(self.function, "__name__", "the factory")
        return NotMade(f"{name}() raised {type(error).__name__}: {error}")


def resolve(binding: PythonBinding) -> PreparedFunction:
    """Import what a binding names and prepare it to be called many times.

    Raises:
        ExecutorUnavailable: it cannot be imported or is no longer a function that can be described.
    """
    try:
        module = import_source(binding.module, binding.file)
        function = find(module, binding.factory or binding.qualname)
        if binding.factory:
            return PreparedMethod(function, binding.qualname, module.__name__)
        if inspect.iscoroutinefunction(function):
            _event_loops()  # loaded here once rather than by each call
        signature = read_signature(function, binding.module)
    except (ImportFailed, Undescribable) as problem:
        source = binding.file or binding.module
        raise ExecutorUnavailable(f"cannot prepare {binding.qualname} of {source}: {problem}") from None
    return PreparedFunction(function, signature)


def _finished(result: Any) -> Any:
    """What a function returned; where it is asynchronous, what it returns once it has run to its end."""
    return _event_loops().run(result) if isinstance(result, Coroutine) else result


def _event_loops() -> ModuleType:
    """The module that runs them, which only asynchronous functions have to wait for."""
    return importlib.import_module("asyncio")


def _default(omitted: Parameter, given: Parameter) -> Any:
    """The default of a parameter without a name, which has to be passed because a later one is given."""
    if omitted.default is UNKNOWN_DEFAULT and omitted.field is None:
        raise BadArguments(f"argument {given.name!r} can only be passed together with {omitted.name!r}")
    return omitted.value_if_omitted()


def _convert(parameter: Parameter, value: Json) -> Any:
    try:
        return parameter.type.convert(value)
    except Unconvertible as problem:
        raise BadArguments(f"argument {parameter.name!r}: {problem}") from None
