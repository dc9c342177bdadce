"""Issue codes for rules files and the edits that rules make."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="rules.not-toml",
        severity=Severity.ERROR,
        title="The rules file is not TOML",
        message="The file is not TOML: {reason}.",
        explanation="Rules are a TOML 1.0 file in UTF-8. Nothing in it was used.",
        fix="Correct the file at the place that the message names.",
    ),
    IssueCode(
        name="rules.removal",
        severity=Severity.ERROR,
        title="A verb for removing an attribute that has another name",
        message="The verb that removes an attribute is 'remove'; the one that makes it empty is 'empty'.",
        explanation="'empty' keeps the attribute without a value, which an override can do. 'remove' removes the "
        "attribute; no override can do this, so it needs --updates (updates=True).",
        fix="Name the attribute in 'empty' or in 'remove'.",
    ),
    IssueCode(
        name="rules.repeated-name",
        severity=Severity.ERROR,
        title="Two rules with the same name",
        message="Another rule has the same name.",
        explanation="The preview and the issues name the rule of each change, so names must be unique.",
        fix="Rename one of the rules.",
    ),
    IssueCode(
        name="rules.two-verbs",
        severity=Severity.ERROR,
        title="Two verbs of one rule set the same attribute",
        message="More than one verb of the rule sets the attribute.",
        explanation="The verbs of one rule have no order, and all of them start from the scanned values.",
        fix="Keep one of the verbs, or express both in one value or pattern.",
    ),
    IssueCode(
        name="rules.template",
        severity=Severity.ERROR,
        title="A single brace",
        message="The value has a brace that does not enclose a keyword{suggestion}.",
        explanation="In 'set', {Keyword} is replaced by the current value of that attribute; write a literal brace "
        "twice.",
        fix="Write {Keyword}, or double the brace.",
    ),
    IssueCode(
        name="rules.pattern",
        severity=Severity.ERROR,
        title="A regular expression that cannot be used",
        message="The pattern, or its replacement text, is not valid in RE2.",
        explanation="Regular expressions have the syntax of RE2, whose running time is proportional to the length "
        "of the text for every pattern. RE2 has no look-around and no back-references inside a pattern. In the "
        "replacement text, a backslash must be followed by another backslash or by a digit from 1 to 9, and the "
        "pattern must have a group with that number. A pattern has at most 10,000 characters and 100 groups.",
        fix="Write the pattern without the features that RE2 does not have.",
    ),
    IssueCode(
        name="rules.verb-vr",
        severity=Severity.ERROR,
        title="A verb for another kind of value",
        message="The verb is not for {keyword}, whose value representation is {vr}.",
        explanation="shift_days and truncate_date are for DA and DT; replace and references are for text and for "
        "numbers written as text; upper, lower and strip are for text.",
        fix="Use another verb, or set the value.",
    ),
    IssueCode(
        name="rules.no-result",
        severity=Severity.ERROR,
        title="A verb cannot change the current value",
        message="No value for {keyword} can be made of the current ones: {reason}.",
        explanation="A date without a day, or one that does not exist, cannot be shifted, and a reference to an "
        "empty attribute would make a value that looks like another one. Text beside a reference to a name with "
        "several component groups, or to several values, would become part of only one of them. If the old value "
        "silently stayed, information that should be changed could remain in the data.",
        fix="Match only values that the verb can change, and write another rule for the rest.",
    ),
    IssueCode(
        name="rules.differing-values",
        severity=Severity.ERROR,
        title="Several new values for one attribute",
        message="The current values would become {count:different value} of {keyword}.",
        explanation="An override sets one value for a whole study or series.",
        fix="Make the differing values equal first, or make the rule one for series.",
    ),
    IssueCode(
        name="rules.unused",
        severity=Severity.WARNING,
        title="A rule or function that matches nothing",
        message="{subject} no study or series.",
        explanation="No study or series of the inventory has the values that the rule's match names; or the "
        "function returned nothing for all of them.",
        fix="Look at the values with 'dicommap show --show-values', and correct or remove the rule or function.",
    ),
    IssueCode(
        name="rules.partial-match",
        severity=Severity.WARNING,
        title="A rule that matches only a part of a study or series",
        message="{matching:,} of the {count:different value} {matching:matches|match}, so the rule was not applied "
        "here.",
        explanation="An override applies to a whole study or series. A rule is applied only if every value of a "
        "matched attribute agrees; a series attribute agrees with a study rule if at least one series has the "
        "value.",
        fix="Widen the pattern, or make the differing values equal first.",
    ),
    IssueCode(
        name="rules.undecodable-match",
        severity=Severity.WARNING,
        title="A rule that tests a value that cannot be decoded",
        message="A value of {keyword} cannot be decoded, so it is not known whether it matches; the rule was not "
        "applied here.",
        explanation="Only the ASCII characters at the beginning of a value with undecodable bytes are known. A "
        "pattern that contradicts them does not match; a pattern such as * or SITE-* that needs no more than them "
        "matches. For all other patterns the result is not known.",
        fix="Correct SpecificCharacterSet or the value in the files and scan again, match by another attribute such as "
        "StudyInstanceUID, or give the study its values in a sheet.",
    ),
    IssueCode(
        name="rules.not-captured",
        severity=Severity.ERROR,
        title="A rule needs an attribute that is not in the inventory",
        message="The rule needs the current value of an attribute that the inventory does not hold.",
        explanation="Only captured attributes can be matched, referred to, changed by a verb or kept by a policy.",
        fix="Scan again with --attributes and this keyword.",
    ),
)
