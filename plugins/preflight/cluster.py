"""The cluster that is asked, by kubectl, with the kubeconfig and context of the deployment."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.errors import Refusal
from plugins.kubernetes.kubectl import Failed, Target

REQUEST_SECONDS = 9
"""Of one request. Wrappers around kubectl add up to 5 s, and a cluster that never answers must be
named within 15 s."""
OLDEST_NAMESPACE = "kube-system"
"""Made with the cluster and never again: its uid is the cluster's."""


class Denied(Refusal):
    """The user may not ask this."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Asked with single requests: kubectl's discovery would try a dead cluster five times."""

    kubeconfig: str
    context: str

    @property
    def target(self) -> Target:
        """For what needs more than a request."""
        return Target(kubeconfig=self.kubeconfig, context=self.context)

    def uid(self) -> str | None:
        """By which the cluster is known; None: the user may not read it. Raises Refusal for a
        cluster that does not answer."""
        try:
            found = self.namespace(OLDEST_NAMESPACE)
        except Denied:
            return None
        return None if found is None else str(found["metadata"]["uid"])

    def namespace(self, name: str) -> dict[str, Any] | None:
        """The live namespace; None for none. Raises Refusal."""
        try:
            found: dict[str, Any] = json.loads(
                self._kubectl("get", f"--raw=/api/v1/namespaces/{name}")
            )
        except Failed as failed:
            if "(NotFound)" in str(failed):
                return None
            if "(Forbidden)" in str(failed):
                raise Denied(str(failed)) from None
            raise
        return found

    def rules(self, namespace: str) -> list[dict[str, Any]]:
        """The rules that are known to let the user do something in a namespace; there may be
        more. Raises Refusal."""
        question = _review("SelfSubjectRulesReview", {"namespace": namespace})
        answer = self._kubectl(
            *("create", "--raw=/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"),
            "--filename=-",
            stdin=json.dumps(question),
        )
        rules: list[dict[str, Any]] = json.loads(answer)["status"].get("resourceRules") or []
        return rules

    def allowed(self, attributes: Sequence[Mapping[str, str]]) -> list[bool]:
        """Whether the user may do each of these. Raises Refusal."""
        if not attributes:
            return []
        items = [
            _review("SelfSubjectAccessReview", {"resourceAttributes": one}) for one in attributes
        ]
        printed = self._kubectl(
            *("create", "--filename=-", "--validate=false"),
            '--output=jsonpath={.status.allowed}{"\\n"}',
            stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
        )
        answers = [line == "true" for line in printed.split()]
        if len(answers) != len(items):
            raise Refusal(f"kubectl answered {len(answers)} of {len(items)} questions for rights.")
        return answers

    def _kubectl(self, *arguments: str, stdin: str = "") -> str:
        return self.target.kubectl(*arguments, f"--request-timeout={REQUEST_SECONDS}s", stdin=stdin)


def _review(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
