"""Every rule, in the order of codes. A code is never reused."""

from __future__ import annotations

from passerby_audit.rules import (
    anonymize_after_navigation,
    anonymize_on_error,
    anonymize_on_load,
    consent_by_shutdown,
    event_after_anonymize,
    event_races_identify,
    identify_before_authentication,
    identify_on_render,
    identify_switch_without_anonymize,
    identify_without_properties,
    identity_call_in_loop,
    logout_without_anonymize,
    no_event_before_anonymize,
    personal_data_uid,
    possibly_empty_uid,
    repeated_anonymize,
    restart_without_identify,
    shutdown_instead_of_anonymize,
    uid_through_properties,
    unawaited_async_before_navigation,
    wrong_anonymize_syntax,
)
from passerby_audit.rules.rule import Rule, rule_of

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            rule_of(module)
            for module in (
                anonymize_after_navigation,
                anonymize_on_error,
                anonymize_on_load,
                consent_by_shutdown,
                event_after_anonymize,
                event_races_identify,
                identify_before_authentication,
                identify_on_render,
                identify_switch_without_anonymize,
                identify_without_properties,
                identity_call_in_loop,
                logout_without_anonymize,
                no_event_before_anonymize,
                personal_data_uid,
                possibly_empty_uid,
                repeated_anonymize,
                restart_without_identify,
                shutdown_instead_of_anonymize,
                uid_through_properties,
                unawaited_async_before_navigation,
                wrong_anonymize_syntax,
            )
        ),
        key=lambda rule: rule.code,
    )
)


def find(wanted: str) -> Rule | None:
    """A rule by its code or its name."""
    return next((rule for rule in RULES if wanted.upper() == rule.code or wanted == rule.name), None)
