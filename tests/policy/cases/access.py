"""Who may do what: on AWS, in bucket policies, in Kubernetes."""

from typing import Any

from tests.policy.sample import ACCOUNT, Bad, Declared, added, good, key_policy
from vectorkit_policy.plan import UNKNOWN

ROLE_KIND = "aws:iam/role:Role"
OPEN = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}}


def allowing(**statement: Any) -> Declared:
    """The plan, with one statement more in the bucket's policy."""
    plan = good()
    given = {"Sid": "More", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "x"}
    plan["live"][1]["policy"]["Statement"].append(given | statement)
    return plan


def rights(**statement: Any) -> Declared:
    """The plan, with other rights of its role."""
    plan = good()
    plan["rights"][1]["policy"]["Statement"][0] |= statement
    return plan


def trust(**statement: Any) -> Declared:
    """The plan with one role more, and who may take it."""
    given = {"Sid": "Trust", "Effect": "Allow", "Action": "sts:AssumeRole"}
    return added(ROLE_KIND, {"assumeRolePolicy": {"Statement": [given | statement]}})


GOOD: dict[str, Declared] = {
    "rights on a prefix": rights(Resource=["arn:aws:s3:::trial-on-aws/milvus/*"]),
    "rights on one key": rights(
        Action=["kms:Decrypt"], Resource=["arn:aws:kms:eu-central-1:123456789012:key/1234"]
    ),
    "a named user may read the bucket": allowing(Principal={"AWS": ["milvus"]}),
    "one organisation may read the bucket": allowing(
        Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    ),
    "one network may read the bucket": allowing(
        Principal="*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    ),
    "a key for one role": key_policy(Principal=ACCOUNT, Action=["kms:Decrypt"]),
    "a role for one service account": trust(
        Action=["sts:AssumeRoleWithWebIdentity"],
        Principal={"Federated": "arn:aws:iam::123456789012:oidc-provider/issuer"},
        Condition={"StringEquals": {"issuer:sub": "system:serviceaccount:trial:milvus"}},
    ),
    "an attached policy of AWS that lists": added(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
    ),
    "listed rights in the cluster": added(
        "kubernetes:rbac.authorization.k8s.io/v1:Role",
        {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]},
    ),
}
BAD: dict[str, Bad] = {
    **{
        f"rights by {kind}": (
            "wildcard-rights",
            added(f"aws:iam/{kind}", {"policy": {"Statement": {"Effect": "Allow", "Action": "*"}}}),
            "actions * in statement 'number 1'",
        )
        for kind in ("policy:Policy", "userPolicy:UserPolicy", "groupPolicy:GroupPolicy")
    },
    **{
        f"rights: {what}": ("wildcard-rights", plan, sentence)
        for what, plan, sentence in (
            ("every action of a service", rights(Action="s3:*"), "actions s3:*"),
            ("all but one action", rights(NotAction="s3:Get"), "everything but what is named"),
            ("every resource", rights(Resource=["arn:aws:s3:::a", "*"]), "every resource"),
            ("every bucket", rights(Resource="arn:aws:s3:::*"), "every resource"),
            ("every key", rights(Resource="arn:aws:kms:eu-central-1:1:key/*"), "every resource"),
            (
                "every secret",
                rights(Resource="arn:aws:secretsmanager:x:1:secret:*"),
                "every resource",
            ),
            (
                "anybody reads on AWS",
                added("aws:s3/bucketPolicy:BucketPolicy", {"bucket": UNKNOWN, "policy": OPEN}),
                "BucketPolicy 'added' allows everybody",
            ),
            ("anybody reads", allowing(Principal="*"), "allows everybody"),
            (
                "anybody reads by TLS",
                allowing(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
                "allows everybody",
            ),
            (
                "anybody but one reads",
                allowing(
                    Principal="*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}
                ),
                "allows everybody",
            ),
            (
                "every address reads",
                allowing(Principal="*", Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
                "allows everybody",
            ),
            ("NotPrincipal", allowing(NotPrincipal={"AWS": "x"}), "everybody but who is named"),
            ("all for one", allowing(Principal={"AWS": "x"}, Action="s3:*"), "actions s3:*"),
            ("key for anybody", key_policy(Principal="*", Action="kms:Decrypt"), "everybody"),
            ("all of a key", key_policy(Principal=ACCOUNT, Action="kms:*"), "actions kms:*"),
            (
                "anybody's role",
                trust(Principal={"AWS": "*"}),
                "allows everybody in statement 'Trust'",
            ),
            (
                "rights inside of a role",
                added(
                    ROLE_KIND,
                    {
                        "inlinePolicies": [
                            {"policy": {"Statement": {"Effect": "Allow", "Action": "*"}}}
                        ]
                    },
                ),
                "actions *",
            ),
            (
                "AWS's own policy",
                added(
                    "aws:iam/policyAttachment:PolicyAttachment",
                    {"policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
                ),
                "AmazonS3FullAccess",
            ),
            (
                "AWS's own policy in a role",
                added(
                    ROLE_KIND,
                    {"managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
                ),
                "AdministratorAccess",
            ),
            (
                "all verbs",
                added(
                    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
                    {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]},
                ),
                "all verbs in statement 'number 1'",
            ),
            (
                "cluster-admin",
                added(
                    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
                    {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}},
                ),
                "cluster-admin",
            ),
        )
    },
}
