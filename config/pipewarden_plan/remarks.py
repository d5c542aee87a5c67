"""What making a plan has to say besides the plan: notices for its reader, and findings that stop it."""

from dataclasses import dataclass, field

from pipewarden_plan.finding import DeclarationError, Finding
from pipewarden_plan.model import Mark

DOES_NOT_DEPLOY = "PW401"


@dataclass(frozen=True)
class Remarks:
    """Collects while a plan is made, so that a reader gets everything at once."""

    notices: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def notice(self, sentence: str) -> None:
        """Tell the reader of the plan; the same sentence is told once."""
        if sentence not in self.notices:
            self.notices.append(sentence)

    def refuse(self, mark: Mark, path: str, message: str, cure: str, rule: str = DOES_NOT_DEPLOY) -> None:
        """The declaration is valid, but this part does not exist, does not fit on AWS, or could never fire."""
        self.findings.append(
            Finding(severity="error", id=rule, mark=mark, path=path, message=f"{path} {message}", cure=cure)
        )

    def raise_findings(self) -> None:
        """Raises DeclarationError with everything refused so far, if anything was."""
        if self.findings:
            raise DeclarationError(self.findings)
