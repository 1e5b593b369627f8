"""What makes a sentence of a prompt a prohibition, in English.

It is looked for in main clauses only. What a clause with ``when``, ``if``, ``who`` or ``because`` says is a
condition or a description, whatever words are in it: *When you do not know, say so* forbids nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum


class Strength(IntEnum):
    """How strictly something is forbidden."""

    NOT_AT_ALL = 0
    ADVISED = 1
    """should not, avoid: whoever reads it may weigh it."""
    STRICT = 2


def _any(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{form})" for form in forms))


# Where a clause ends, and which of them are no main clauses

_CLAUSE = re.compile(r"[,:;|()\[\]]+|\s+[-–—]+\s+|—")
_UNFINISHED = re.compile(
    r"(?:(?<=\bnot)|(?<=\bnever)|(?<=n't)|(?<=\bcannot)|(?<=\bavoid))\s*[,:]\s*(?:ever,?\s+)?(?=\w)"
    r"|,\s*(?:ever|please|however),?(?=\s)"
)
"""A comma or colon within a prohibition: *never, ever*, *you must not, under any circumstances*."""
_JOINED = r"(?:and|or|but|so|then|also|even|only)\s+"
_CONDITION = (
    r"(?:when(?:ever)?|if|where(?:ver|as)?|unless|because|since|while|once|until|after|before|although|though"
    r"|as (?:long|soon|far) as|in case|so that|such that|provided|given|should you|whether|except)\b"
)
_RELATIVE = r"(?:what(?:ever)?|who(?:ever|m|se)?|which(?:ever)?|that|how(?:ever (?:often|much))?|why|than)\b"
_SUBORDINATE = re.compile(rf"(?:{_JOINED})*(?:{_CONDITION}|{_RELATIVE})")
_WITHIN = re.compile(rf"\s(?:{_CONDITION}|{_RELATIVE})")
_RELATIVE_WITHIN = re.compile(rf"(?<!\bonly)\s(?:{_RELATIVE}|because\b|so that\b)")
_STILL_CONDITION = re.compile(
    rf"or (?:{_CONDITION}|{_RELATIVE}|(?:do|does|did|can|could|have|has|is|are|was|were) ?not\b|\w+n't\b)"
)
_MAIN = re.compile(r"(?:and |or |but )?only |that (?:is|must|may|can|should|shall|will)\b")
_EMPHASIS = re.compile(
    r"\A(?:(?:always|please|it is|it's|you|must|should|and|very|critical(?:ly)?|important(?:ly)?|essential"
    r"|vital|note|remember|ensure|make sure|be sure|take care|see to it|keep in mind|be aware)\b\s*)+that\s+"
)
_QUOTED = re.compile(r'(?<=\w[\s,:(])"[^"]*"|(?<=\w[\s,:(])“[^”]*”')

# Who it is said to, and what nobody can be forbidden

_NOW = (
    r"(?:\A|\b(?:and|but|or|so|then|please|also|always|instead|just|simply|otherwise|still|therefore|yet)\s+"
    r"|\A(?:in|on|at|for|with|during|from|as|by|to|under)\b(?:\s+[\w'/.-]+){1,6}?\s+)"
)
_YOU = (
    rf"{_NOW}(?:you|we|i|agents?|assistants?|reviewers?|(?:the|this|an?|every|no) (?:[\w-]+ )?"
    r"(?:agent|assistant|bot|reviewer|editor|session|researcher|model))(?: (?:also|therefore|still|yet))?\s+"
)
_KNOWING = (
    r"(?:know|understand|see|find|get|receive|recogni[sz]e|remember|reproduce"
    r"|tell (?:if|whether|how|why|which)|be (?:sure|certain|able|aware)|need|want|exist|work|help)\b"
)
_NEEDED = r"(?:have|have to)\b"
_NO_HARM = (
    r"(?:hesitate|forget|worry|mind|fear|fail|be (?:afraid|shy|surprised|discouraged)|lose sight|miss)\b"
)

_APPROVED = r"approv\w*|permission|consent|confirm\w*|sign-off|review\w*|agree\w*"
_BANNED = r"(?:forbidden|prohibited|disallowed|banned|off[- ]limits|out of bounds|taboo)\b"

_STRICT = _any(
    rf"{_NOW}(?:do not|don't|dont)(?= \w)(?! {_NO_HARM})",
    rf"{_YOU}(?:do not|don't|does not|doesn't|will not|won't)(?= \w)(?! (?:{_KNOWING}|{_NEEDED}))",
    rf"{_YOU}(?:cannot|can't|can not)(?= \w)(?! {_KNOWING})",
    r"\bdoes not have (?:the )?permission",
    r"(?:can|could)(?:not| not|'t) be (?:shared|changed|given|told|shown|promised|waived|overridden|skipped"
    r"|ignored|edited|deleted|published|sent)\b",
    r"(?<!\bhas )(?<!\bhave )(?<!\bhad )(?<!\bwas )(?<!\bwere )(?<!or )\bnever\b"
    rf"(?! (?:{_NO_HARM}|before\b))",
    r"\bor never\b(?= \w)",
    r"\b(?:must|shall) (?:not|never)\b(?= \w)|\b(?:mustn't|shan't)\b",
    rf"\byou may not(?! {_KNOWING})|\bmay not be (?!\w*(?:able|aware|there|available|here|enough|clear)\b)"
    r"|\bmay not (?:leave|contain|include|touch|use|send|write|read|delete|change|share|call|run|cross)\b",
    r"\b(?:not|never|isn't|aren't) (?:allowed|permitted|authori[sz]ed|acceptable|to be)\b",
    r"\b(?:is|are|you're) not to\b",
    rf"\b(?:is|are|be|remains?|stays?|strictly|all|it's)(?: \w+)? {_BANNED}|\A(?:strictly )?{_BANNED}\Z",
    r"\b(?:do|does)(?: not|n't) belong\b|\bha(?:s|ve) no place\b",
    r"\b(?:under|in) no (?:circumstances?|case|way)\b|\bon no account\b|\bat no (?:time|point)\b",
    r"\b(?:there (?:must|may|shall|should) be|with absolutely) no\b",
    r"\A(?:nobody|no one|nothing)\b(?! (?:is|was|has|happens|comes|came|else|changes|new|found)\b)"
    r"(?= \w+ \w)",
    r"\bnot without\b|\b(?:nothing|nobody|no one|none|no \w+)\b.* without\b",
    rf"(?:{_NOW}|{_YOU})(?:tell|say|show|send|share|publish|post|write|change|order|delete|promise|reveal|give"
    r"|disclose|add|do|make|take|use|open|create|accept|issue|merge|push|install|approve|touch|store|keep)"
    r" (?:them |him |her |it )?(?:nothing|nobody|no one|no)\b(?! (?:more than|later)\b)",
    rf"(?:{_NOW}|{_YOU})(?:always )?(?:refuse|decline|reject|refrain from|abstain from"
    r"|stay (?:away|out of|clear)|keep (?:away|out) (?:from|of))\b",
    # What others wrote is no order: whoever takes that out lets them give some.
    r"\b(?:not|never|no) (?:an? |as (?:an? )?)?(?:instruction|order|command)s?\b",
    rf"{_NOW}(?:ignore|disregard)\b.*\b(?:instruction|order|command|request)s?\b",
    rf"{_NOW}treat\b.* as (?:data|untrusted|material|evidence|information|text)\b",
)
_ASKING = _any(
    rf"{_NOW}(?:stop and ask|ask (?:first|before)|ask [\w' -]+ (?:first|before))\b",
    rf"{_NOW}(?:wait (?:for|until)|get|obtain|seek|have)\b.*\b(?:{_APPROVED})\b",
    r"\b(?:needs?|requires?|takes) (?:\w+ ){0,4}(?:approval|permission|consent|confirmation|sign-off)\b",
)
"""A person has to agree first."""
# In the middle of a sentence it may as well tell what there is not.
_NONE = re.compile(
    r"\A(?:(?:and|or|but|please|strictly|absolutely) )*no(?! (?:longer|matter|doubt|problem|need|worries)\b)"
    r"(?= \w)(?!.*\b(?:required|needed|necessary|found|expected|known|is|are|was|were|has|have|means)\b)"
)
_ADVISED = _any(
    r"\b(?:should|ought)(?: not|n't| never)\b",
    rf"(?:{_NOW}|{_YOU}|\b(?:should|must|please|to) )(?:always )?avoid\b",
    rf"{_NOW}(?:try|prefer|aim)(?: \w+)? not\b",
    r"\b(?:discouraged|undesirable|unwelcome|best avoided)\b",
)

_SUBJECT = r"\A(?:the|an?|this|that|these|those|it|they|he|she|there|his|her|their|its|most|many|some|each)\b"
_ONLY = r"(?<![\w-])(?<!\bthe )(?<!\bnot )only(?![\w-])"
_RESTRICTED = _any(
    rf".*{_ONLY}.*\b(?:{_APPROVED})\b",
    rf"(?!{_SUBJECT}).*{_ONLY}(?: ever)? (?:if|when|where|after|once|with|by|from|to|in|on|for|through|via|at"
    r"|what|those|these|use|answer|act|reply|respond|read|write|call|run|send|open|change|touch)\b",
    rf"(?:{_NOW}|{_YOU})(?:use|read|write|call|open|change|touch|take|cite|quote|answer|trust|visit|send)"
    rf" {_ONLY}",
    rf"(?!{_SUBJECT}).*{_ONLY}(?:\Z|.* (?:if|when|after|once|with|by|from|to)\b)",
)

_OR = re.compile(r"\bn?or\b")
_LONG = 1_000
"""Characters of a sentence that are looked at: what is longer is none."""
_INTRODUCES = 2
"""Words of ``please note``, at most."""
_FEW = 4
"""Words that a thing in a list has at most."""
_GOES_ON = re.compile(
    rf"\s(?:and|but|then)\s(?=(?:do not|don't|never|avoid|must not)\b \w)"
    rf"(?!\S+ (?:not )?(?:{_KNOWING}|{_NO_HARM}))"
)

# What is said beside it

_EXCEPTS = re.compile(
    r"\b(?:unless|except|apart from|other than|but (?:you )?(?:may|can)"
    r"|(?:when|where|if|wherever|whenever) (?:you can|(?:at all )?(?:possible|practical|feasible))"
    r"|as far as possible|generally|usually|normally|ideally|as a rule|in (?:most|general)|most of the time"
    r"|without (?:a )?good reason|too (?:much|often|many)|preferably)\b"
)
_HOLDS_IF = re.compile(r"\b(?:when(?:ever)?|if|while|where|during|until|before|after|as long as|once)\b")

# What announces a list

_TITLE = re.compile(
    r"(?:\W|\d)*(?:(?:what|things|topics|words|actions|where|whom?)\b.*\b(?:not|never|cannot|\w+n't)\b"
    rf"|(?:(?:you|please|always|strictly|must|may|should|can|could|it|they|also)\b\s*)*"
    rf"(?:never|(?:do |must |may |should |can)?not|avoid|refuse|don'?t(?:'?s)?|no-gos?|{_BANNED}"
    r"|not (?:allowed|permitted))\W*\Z)"
)
_CROSS = re.compile(r"\s*[❌✗✘🚫⛔]")


def plain(text: str) -> str:
    """In small letters, with one kind of apostrophe and no marks for emphasis."""
    straight = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold()
    return " ".join(re.sub(r"[*_`]+", "", straight).split())


def forbidding(text: str) -> Iterator[tuple[str, Strength]]:
    """The clauses of a plain sentence that forbid something, and how strictly."""
    text = text[:_LONG]
    may_list = "|" not in text
    for clause, whole in _main(_QUOTED.sub("this", text).rstrip(".!?; ")):
        if _STRICT.search(clause) or (may_list and _NONE.match(clause)):
            yield clause, Strength.STRICT
        elif _RESTRICTED.match(whole) or _ASKING.search(whole):
            yield whole, Strength.STRICT
        elif _ADVISED.search(clause):
            yield clause, Strength.ADVISED
        elif len(clause.split()) > _INTRODUCES:
            may_list = False


def _main(text: str) -> Iterator[tuple[str, str]]:
    """Each main clause without what depends on it, and with its conditions."""
    clauses = _listed([it.strip() for it in _CLAUSE.split(_UNFINISHED.sub(" ", text))])
    within = max((index for index, it in enumerate(clauses) if _STILL_CONDITION.match(it)), default=-1)
    started = _SUBORDINATE.match(clauses[0]) is not None
    for index, clause in enumerate(clauses):
        if not clause or (started and index <= within):
            continue
        clause = _EMPHASIS.sub("", clause)
        if _SUBORDINATE.match(clause) and not _MAIN.match(clause):
            continue
        for part in _GOES_ON.split(clause):
            yield _before(_WITHIN, part), _before(_RELATIVE_WITHIN, part)


def _listed(clauses: list[str]) -> list[str]:
    """A prohibition together with the rest of what it lists: ``never share names``, ``dates or prices``."""
    found: list[str] = []
    rest = 0
    for index, clause in enumerate(clauses):
        if index < rest:
            found[-1] += f" or {clause}"
            continue
        found.append(clause)
        if _STRICT.search(clause):
            ends = (at for at in range(index + 1, len(clauses)) if _OR.search(clauses[at]))
            end = next(ends, index)
            if all(
                len(it.split()) <= _FEW and not _SUBORDINATE.match(it) for it in clauses[index + 1 : end + 1]
            ):
                rest = end + 1
    return found


def _before(pattern: re.Pattern[str], clause: str) -> str:
    found = pattern.search(clause)
    return clause[: found.start()] if found else clause


def announces(title: str) -> bool:
    """Whether a heading, or a line that ends with a colon, forbids what is listed below it."""
    said = plain(title).rstrip(":")
    return crossed_out(title) or _TITLE.match(said) is not None or any(True for _ in forbidding(said))


def crossed_out(text: str) -> bool:
    """Whether it begins with a sign for what is wrong."""
    return _CROSS.match(text) is not None


def excepts(text: str) -> bool:
    """Whether a plain sentence leaves a way out."""
    return _EXCEPTS.search(text) is not None


def conditional(text: str) -> bool:
    return _HOLDS_IF.search(text) is not None
