"""What the checker says: valid, invalid, or unknown where too little happened to tell."""

from __future__ import annotations

import dataclasses
import json

from .history import Record


@dataclasses.dataclass
class Finding:
    """One broken rule, with the records that show it."""
    rule: str
    room: str
    what: str
    evidence: list[Record]

    def __str__(self) -> str:
        lines = [f"{self.rule} broken in {self.room}: {self.what}"]
        lines += ["    " + json.dumps(record, ensure_ascii=False)[:400] for record in self.evidence[:4]]
        return "\n".join(lines)


@dataclasses.dataclass
class Verdict:
    """`valid`, `invalid` (see `findings`) or `unknown` (see `missing`)."""
    verdict: str
    findings: list[Finding]
    counts: dict[str, int]
    missing: list[str]

    @property
    def rules_broken(self) -> set[str]:
        return {finding.rule for finding in self.findings}

    def __str__(self) -> str:
        """The smallest evidence: of each rule the finding that needs the fewest words."""
        lines = [f"verdict: {self.verdict}"]
        for rule in sorted(self.rules_broken, key=lambda name: int(name[1:])):
            all_of_it = [str(finding) for finding in self.findings if finding.rule == rule]
            lines.append(min(all_of_it, key=len))
            if len(all_of_it) > 1:
                lines.append(f"    ... and {len(all_of_it) - 1} more of {rule}")
        lines += [f"too little happened: {what}" for what in self.missing]
        return "\n".join(lines)
