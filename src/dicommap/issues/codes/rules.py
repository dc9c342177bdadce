"""Codes for what is wrong with a rules file."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="rules.not-toml",
        severity=Severity.ERROR,
        title="The rules file is not TOML",
        message="The file is not TOML: {reason}.",
        explanation="Rules are a TOML 1.0 file in UTF-8. Nothing of it was used.",
        fix="Mend the file at the place that is named.",
    ),
    IssueCode(
        name="rules.removal",
        severity=Severity.ERROR,
        title="A rule that asks for an attribute to be removed",
        message="An override cannot remove an attribute; there is no verb for it.",
        explanation="An override says what attributes become. Neither the DICOM JSON Model nor AWS has a form for one "
        "that is to go.",
        fix="Name the attribute in 'empty': it stays, without a value. Or remove it from the files before the import.",
    ),
    IssueCode(
        name="rules.repeated-name",
        severity=Severity.ERROR,
        title="Two rules of the same name",
        message="Another rule has the same name.",
        explanation="The preview and the findings name the rule behind each change, so names are unique.",
        fix="Rename one of the rules.",
    ),
    IssueCode(
        name="rules.two-verbs",
        severity=Severity.ERROR,
        title="Two verbs of a rule give one attribute a value",
        message="More than one verb of the rule gives the attribute a value.",
        explanation="Verbs of one rule have no order, and all of them start from the scanned values.",
        fix="Keep one of the verbs, or express both in one value or pattern.",
    ),
    IssueCode(
        name="rules.template",
        severity=Severity.ERROR,
        title="A brace that stands alone",
        message="The value has a brace that encloses no keyword{suggestion}.",
        explanation="In 'set' {Keyword} stands for a current value; a brace that is meant as one is doubled.",
        fix="Write {Keyword}, or double the brace.",
    ),
    IssueCode(
        name="rules.pattern",
        severity=Severity.ERROR,
        title="Not a regular expression that can be used",
        message="The pattern, or what takes its place, is not one of RE2.",
        explanation="Regular expressions are those of RE2, which needs time in proportion to the text whatever the "
        "pattern. It has no look-around and no references back inside a pattern. In the text that takes its place a "
        "backslash stands before another one or before a digit from 1 to 9, and such a reference needs its group. A "
        "pattern has at most 10,000 characters and 100 groups.",
        fix="Write the pattern without what RE2 does not have.",
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
        title="A verb cannot make a value of the current one",
        message="No value for {keyword} can be made of the current ones: {reason}.",
        explanation="A date without a day, or one that does not exist, cannot be moved, and a reference to an empty "
        "attribute would make a value that looks like another. Text beside a reference to a name of several component "
        "groups, or to several values, would become part of one of them only. Leaving the old value there silently "
        "could let out what should be changed.",
        fix="Match only what the verb can change, and give the rest a rule of its own.",
    ),
    IssueCode(
        name="rules.differing-values",
        severity=Severity.ERROR,
        title="Differing values stay different",
        message="The current values would become {count} different values of {keyword}.",
        explanation="An override gives a whole study or series one value.",
        fix="Settle the differing values first, or make the rule one for series.",
    ),
    IssueCode(
        name="rules.unused",
        severity=Severity.WARNING,
        title="A rule or function that asks for nothing",
        message="{subject} no study or series.",
        explanation="No study or series of the inventory has the values that the rule's match asks for; or the "
        "function returned nothing for all of them.",
        fix="Look at the values with 'dicommap show --show-values', and correct or remove the rule or function.",
    ),
    IssueCode(
        name="rules.partial-match",
        severity=Severity.WARNING,
        title="A rule that matches a part of a study or series",
        message="{matching} of the {count} different values match, so the rule was not applied here.",
        explanation="An override holds for a whole study or series. A rule is applied where every value of a matched "
        "attribute agrees; a series attribute agrees with a study rule where one series has it.",
        fix="Widen the pattern, or settle the differing values first.",
    ),
    IssueCode(
        name="rules.undecodable-match",
        severity=Severity.WARNING,
        title="A rule that tests a value which cannot be decoded",
        message="A value of {keyword} cannot be decoded, so nobody knows whether it matches; the rule was not applied "
        "here.",
        explanation="Of a value with undecodable bytes only the ASCII characters at its beginning are known. A pattern "
        "that these contradict does not match, and one such as * or SITE-* that asks for no more than they are "
        "matches. Of all other patterns it is not known.",
        fix="Correct SpecificCharacterSet or the value in the files and scan again, match by another attribute such as "
        "StudyInstanceUID, or give the study its values in a sheet.",
    ),
    IssueCode(
        name="rules.not-captured",
        severity=Severity.ERROR,
        title="A rule needs an attribute that the inventory does not hold",
        message="The rule needs the current value of an attribute that the inventory does not hold.",
        explanation="Only captured attributes can be matched, referred to, changed by a verb or kept by a policy.",
        fix="Scan again with --attributes and this keyword.",
    ),
)
