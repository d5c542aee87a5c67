"""Composite rules and the suppression of their actions."""

from __future__ import annotations

import pytest

from pipewarden_cli.evaluator import suppression
from pipewarden_cli.evaluator.composite import RuleError, children, composite_state, parse_rule
from pipewarden_cli.evaluator.evaluation import State
from pipewarden_cli.evaluator.suppression import Phase, Suppression

STATES = {
    "a": State.ALARM,
    "b": State.ALARM,
    "ok": State.OK,
    "new": State.INSUFFICIENT_DATA,
    "with space/and-slash": State.ALARM,
    'with "quote"': State.ALARM,
    "arn:aws:cloudwatch:us-east-1:123456789012:alarm:far": State.ALARM,
}


@pytest.mark.parametrize(
    ("rule", "alarms"),
    [
        ("ALARM(a)", True),
        ('ALARM("a")', True),
        ("ALARM(ok)", False),
        ("OK(ok)", True),
        ("INSUFFICIENT_DATA(new)", True),
        ("ALARM(unknown)", False),
        ("NOT ALARM(unknown)", True),
        ("TRUE", True),
        ("FALSE", False),
        ("NOT FALSE", True),
        ("NOT NOT TRUE", True),
        ('ALARM("with space/and-slash")', True),
        (r'ALARM("with \"quote\"")', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:far)", True),
        ("ALARM(a) AND ALARM(ok)", False),
        ("ALARM(a) OR ALARM(ok)", True),
        ("ALARM(ok) AND ALARM(ok) OR ALARM(a)", True),
        ("ALARM(ok) AND (ALARM(ok) OR ALARM(a))", False),
        ("ALARM(a) AND NOT ALARM(ok)", True),
        ("NOT ALARM(ok) AND ALARM(ok)", False),
        ("NOT (ALARM(ok) AND ALARM(ok))", True),
        ("(ALARM(a) OR ALARM(ok)) AND OK(ok)", True),
        (" ( ( ALARM ( a ) ) ) ", True),
        ("AT_LEAST(2, ALARM, (a, b, ok))", True),
        ("AT_LEAST(3, ALARM, (a, b, ok))", False),
        ("AT_LEAST(50%, ALARM, (a, b, ok, new))", True),
        ("AT_LEAST(51%, ALARM, (a, b, ok, new))", False),
        ("AT_LEAST(2, NOT ALARM, (a, b, ok, new))", True),
        ("AT_LEAST(3, NOT ALARM, (a, b, ok, new))", False),
        ('AT_LEAST(1, OK, ("a", "ok")) AND ALARM(a)', True),
    ],
)
def test_rules_decide_over_the_states_of_their_children(rule: str, alarms: bool) -> None:
    assert composite_state(parse_rule(rule), STATES.get) is (State.ALARM if alarms else State.OK)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("", "found the end at character 1"),
        ("ALARM(a", "expected ')', found the end at character 8"),
        ("ALARM()", "expected the name of an alarm, found ')' at character 7"),
        ("ALARM(a) ALARM(b)", "expected AND, OR or the end, found 'ALARM' at character 10"),
        ("ALARM(a) AND", "found the end at character 13"),
        ("alarm(a)", "expected '(', NOT, AT_LEAST, TRUE, FALSE, ALARM, OK or INSUFFICIENT_DATA, found 'alarm'"),
        ("AT_LEAST(x, ALARM, (a))", "expected a number or a percentage, found 'x' at character 10"),
        ("AT_LEAST(1, RED, (a))", "expected ALARM, OK or INSUFFICIENT_DATA, found 'RED'"),
        ("AT_LEAST(1, ALARM, a)", "expected '(', found 'a'"),
        ('ALARM("a)', "a quote is not closed at character 7"),
        ("(" * 200 + "TRUE" + ")" * 200, "nested too deeply at character 101"),
        (" OR ".join(f"ALARM(a{i})" for i in range(101)), "the rule names 101 alarms, 100 are allowed"),
        ("TRUE OR " * 2000 + "TRUE", "the rule has 16004 characters, 10240 are allowed"),
    ],
    ids=lambda value: value[:40],
)
def test_wrong_rules_say_what_and_where(rule: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(rule)
    assert message in str(caught.value)


def test_children_are_listed_in_the_order_of_the_rule() -> None:
    rule = parse_rule("ALARM(a) AND (OK(b) OR NOT AT_LEAST(1, ALARM, (c, d))) AND ALARM(a)")
    assert list(children(rule)) == ["a", "b", "c", "d", "a"]


# The examples of "Alarm suppression": the wait period is 2 time units, the extension period 3.
C, S, S0, T = "composite changes", "suppressor into ALARM", "suppressor out of ALARM", "time"
EXAMPLES = [
    ("1: no suppressor follows, actions run after the wait period", False,
     [(2, C, "WaitPeriod", False), (3, T, "WaitPeriod", False), (4, T, None, True), (5, T, None, False)]),
    ("2: the suppressor follows within the wait period", False,
     [(2, C, "WaitPeriod", False), (3, S, "Alarm", False), (4, T, "Alarm", False), (9, T, "Alarm", False)]),
    ("3: a change back starts the wait period anew", False,
     [(2, C, "WaitPeriod", False), (3, C, "WaitPeriod", False), (4, T, "WaitPeriod", False), (5, T, None, True)]),
    ("4: the suppressor is in ALARM already", True, [(2, C, "Alarm", False), (9, T, "Alarm", False)]),
    ("5: actions run after the extension period", False,
     [(2, C, "WaitPeriod", False), (3, S, "Alarm", False), (6, S0, "ExtensionPeriod", False),
      (8, T, "ExtensionPeriod", False), (9, T, None, True)]),
    ("6: a change within the extension period starts a wait period", False,
     [(2, C, "WaitPeriod", False), (3, S, "Alarm", False), (6, S0, "ExtensionPeriod", False),
      (7, C, "WaitPeriod", False), (8, T, "WaitPeriod", False), (9, T, None, True)]),
    ("nothing is owed when the composite did not change while suppressed", False,
     [(3, S, "Alarm", False), (6, S0, "ExtensionPeriod", False), (9, T, None, False)]),
    ("the suppressor comes back within the extension period", True,
     [(2, C, "Alarm", False), (6, S0, "ExtensionPeriod", False), (7, S, "Alarm", False), (20, T, "Alarm", False),
      (21, S0, "ExtensionPeriod", False), (24, T, None, True)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("suppressing", "steps"), [pytest.param(alarm, steps, id=title) for title, alarm, steps in EXAMPLES]
)
def test_suppression_follows_the_documented_examples(
    suppressing: bool, steps: list[tuple[float, str, str | None, bool]]
) -> None:
    standing = Suppression(wait_seconds=2, extension_seconds=3, phase=Phase.ALARM if suppressing else None)
    for now, event, phase, acts in steps:
        if event in (S, S0):
            suppressing = event == S
        if event == C:
            standing, acted = suppression.composite_changed(standing, suppressing, now)
        elif event == T:
            standing, acted = suppression.time_passed(standing, now)
        else:
            standing, acted = suppression.suppressor_changed(standing, suppressing, now)
        assert (now, standing.phase, acted) == (now, phase, acts)


def test_a_suppressor_that_leaves_another_state_than_alarm_changes_nothing() -> None:
    waiting, _ = suppression.composite_changed(Suppression(5, 3), False, 1)
    assert suppression.suppressor_changed(waiting, False, 2) == (waiting, False)
    assert suppression.suppressor_changed(Suppression(5, 3), False, 2) == (Suppression(5, 3), False)


def test_without_periods_actions_run_at_once() -> None:
    standing, acts = suppression.composite_changed(Suppression(0, 0), False, 1)
    assert acts
    standing, acts = suppression.composite_changed(standing, True, 2)
    assert not acts
    _, acts = suppression.suppressor_changed(standing, False, 3)
    assert acts
