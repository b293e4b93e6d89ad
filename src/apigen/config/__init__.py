"""What a user may write: ``CONFIG.yaml``, checked by pydantic, and the command line on top of it.

A :class:`Config` is complete and frozen: everything that decides a run is in it, resolved, and written to the run
directory, so that running that file again repeats the run. ``whole.py`` has it, a file each has its sections, and
``apigen.model_config`` the entries of its models; the rest of the program imports from here.
"""

from apigen.config.access import GrantConfig, RemoteConfig
from apigen.config.asking import BudgetConfig, GenerationConfig, JudgingConfig
from apigen.config.execution import ExecutionConfig, IsolationConfig
from apigen.config.keys import decides_executions, flatten, is_free, is_verification
from apigen.config.reading import laid_over, load_config, read_mapping, read_yaml
from apigen.config.sampling import FocusConfig, RoundsConfig, SamplingConfig, StyleWeights, WordingWeights
from apigen.config.whole import Config, given_address

__all__ = (
    "BudgetConfig",
    "Config",
    "ExecutionConfig",
    "FocusConfig",
    "GenerationConfig",
    "GrantConfig",
    "IsolationConfig",
    "JudgingConfig",
    "RemoteConfig",
    "RoundsConfig",
    "SamplingConfig",
    "StyleWeights",
    "WordingWeights",
    "decides_executions",
    "flatten",
    "given_address",
    "is_free",
    "is_verification",
    "laid_over",
    "load_config",
    "read_mapping",
    "read_yaml",
)
