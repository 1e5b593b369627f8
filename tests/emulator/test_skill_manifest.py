"""The SKILL.md of an upload: its frontmatter, and the name that it gives the skill."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import Registry
from tests.emulator.uploads import MANIFEST, create, manifest, refusal


@pytest.mark.parametrize(
    ("frontmatter", "description"),
    [
        ("name: pdf-tools\ndescription: Fills  PDF#forms", "Fills  PDF#forms"),
        ("name: pdf-tools\ndescription: Fills PDF forms # a comment", "Fills PDF forms"),
        ("description: 'It''s for forms: PDF'\nname: 'pdf-tools'", "It's for forms: PDF"),
        ('description: "One\\nTwo \\u00e9"\nname: "pdf-tools"', "One\nTwo é"),
        ("name: pdf-tools\ndescription: >\n  One\n  two.\n\n  Three.", "One two.\nThree.\n"),
        ("name: pdf-tools\ndescription: >-\n  One\n  two.", "One two."),
        ("name: pdf-tools\ndescription: |\n  One\n  ---\n  two.", "One\n---\ntwo.\n"),
        ("name: pdf-tools\ndescription: One\n  two\n  three", "One two three"),
        ("# first\n\nname: pdf-tools\ndescription: 1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("name: pdf-tools\ndescription: d\ndate: 2026-13-45\nmetadata: {a: [1, {b: c}]}", "d"),
        ("name: pdf-tools\ndescription: d\nflag: !!bool maybe", "d"),
        ("{name: pdf-tools, description: d}", "d"),
        ("description: only", "only"),
        (f"name: pdf-tools\ndescription: {'x' * 1024}", "x" * 1024),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_accepted_frontmatter(registry: Registry, frontmatter: str, description: str, newline: str) -> None:
    skill = create(registry, manifest(frontmatter, newline=newline))
    assert skill["display_name"] == "pdf-tools"
    assert registry.get(f"/skills/{skill['id']}/versions/latest")["description"] == description


@pytest.mark.parametrize(
    ("frontmatter", "message"),
    [
        ("name: pdf-tools", "description: Field required"),
        ("name: pdf-tools\ndescription:", "description: Input should be a text; put it in quotes"),
        ("name: pdf-tools\ndescription: 2026", "description: Input should be a text; put it in quotes"),
        ("name: pdf-tools\ndescription: [a]", "description: Input should be a text; put it in quotes"),
        ("name: on\ndescription: d", "name: Input should be a text; put it in quotes"),
        ("name: pdf-tools\ndescription: ''", "description: String should have at least 1 character"),
        ("name: pdf-tools\ndescription: ' '", "description: The description should say what the skill does"),
        (
            f"name: pdf-tools\ndescription: {'x' * 1025}",
            "description: String should have at most 1024 characters",
        ),
        (
            "name: pdf-tools\ndescription: Use <b>this</b>",
            "description: The description cannot have XML tags",
        ),
        ("name: pdf-tools\ndescription: a </x> b", "description: The description cannot have XML tags"),
        (
            'name: pdf-tools\ndescription: "\\ud83d\\ude00"',
            "description: Input should have no escapes of surrogates, such as '\\ud83d'",
        ),
        ("name: ''\ndescription: d", "name: String should have at least 1 character"),
        (f"name: {'x' * 65}\ndescription: d", "name: String should have at most 64 characters"),
        (
            "name: PDF-Tools\ndescription: d",
            "name: Input should have lowercase letters, digits and hyphens only",
        ),
        (
            "name: pdf_tools\ndescription: d",
            "name: Input should have lowercase letters, digits and hyphens only",
        ),
        (
            "name: <b>\ndescription: d",
            "name: Input should have lowercase letters, digits and hyphens only",
        ),
        ("name: my-claude-skill\ndescription: d", "name: 'claude' is a reserved word"),
        ("name: anthropic\ndescription: d", "name: 'anthropic' is a reserved word"),
        (
            "name: xls\ndescription: d",
            "name: 'xls' should be the name of the directory, which is 'pdf-tools'",
        ),
        (
            "name: pdf-tools\nname: pdf-tools\ndescription: d",
            "name: The member stands in the frontmatter twice",
        ),
        ("", "The frontmatter should be a mapping with 'name' and 'description'"),
        ("- name\n- description", "The frontmatter should be a mapping with 'name' and 'description'"),
        (
            "name: pdf-tools\ndescription: Fills: forms",
            "The frontmatter should be YAML: mapping values are not allowed here in line 3",
        ),
        ("name: pdf-tools\ndescription: *nowhere", "The frontmatter should be YAML: found undefined alias"),
        ('name: "\\UFFFFFFFF"', "The frontmatter should be YAML: "),
        ('name: "\\U00110000"', "The frontmatter should be YAML: "),
        ("name: pdf-tools\n\tdescription: d", "The frontmatter should be YAML: "),
        ("name: pdf-tools\ndescription: a\x00b", "The frontmatter should be YAML: "),
        ("x: " + "[" * 5000, "The frontmatter should be YAML: it is nested too deeply"),
    ],
)
def test_refused_frontmatter(registry: Registry, frontmatter: str, message: str) -> None:
    assert refusal(registry, manifest(frontmatter)).startswith(f"pdf-tools/SKILL.md: {message}")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# Instructions",
        b"name: pdf-tools\ndescription: d\n",
        b"\xef\xbb\xbf" + MANIFEST,
        b"\n" + MANIFEST,
        b"---\nname: pdf-tools\ndescription: d\n",
        b"---\nname: pdf-tools\ndescription: d\n ---\n",
        b"--- name: pdf-tools\ndescription: d\n---\n",
        b"----\nname: pdf-tools\ndescription: d\n----\n",
    ],
)
def test_the_manifest_begins_with_frontmatter(registry: Registry, content: bytes) -> None:
    message = refusal(registry, {"pdf-tools/SKILL.md": content})
    assert message == (
        "pdf-tools/SKILL.md: The file should begin with YAML frontmatter between two lines '---'"
    )


def test_the_manifest_is_utf_8(registry: Registry) -> None:
    message = refusal(registry, {"pdf-tools/SKILL.md": MANIFEST + b"caf\xe9"})
    assert message == (f"pdf-tools/SKILL.md: Input should be valid UTF-8; byte {len(MANIFEST) + 4} is not")


def test_a_directory_that_names_the_skill_follows_the_rules_of_names(registry: Registry) -> None:
    message = refusal(registry, {"My Skill/SKILL.md": b"---\ndescription: d\n---\n"})
    assert message.startswith("My Skill/SKILL.md: name: Input should have lowercase letters")
