"""The project's policy, or the cautious one that holds without."""

from nornir_hygiene.content import policy_data
from nornir_hygiene.fleet.strict_yaml import checked
from nornir_hygiene.models.policy import Policy


def current_policy() -> Policy:
    """Raises ConfigError with file and line."""
    file = policy_data()
    if file is None:
        return Policy()
    policy = checked(Policy, file.content or {}, file.path)
    if policy.allowed_signers is None:
        return policy
    return policy.model_copy(update={"allowed_signers": file.path.parent / policy.allowed_signers})
