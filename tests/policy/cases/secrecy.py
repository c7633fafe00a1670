"""Where secrets stand, and where they may not."""

import base64

from tests.policy.sample import Bad, Declared, changed, pods

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB0123456789\n-----END CERTIFICATE-----\n"


def config(**data: str) -> Declared:
    return changed("config", "data", data)


def secret(key: str, value: str, elsewhere: str) -> Declared:
    """The plan with a Secret, and the same text in a ConfigMap."""
    return changed("secret", "stringData", {key: value}, config(found=elsewhere))


GOOD: dict[str, Declared] = {
    "a secret by reference": pods(
        env=[{"name": "PASSWORD", "value": "$(FROM_SECRET)"}],
        args=["--token=$TOKEN", "--token", "-v"],
    ),
    "a switch that is called like a secret": config(**{"app.env": "USE_TOKEN=true\nPASSWORD=\n"}),
    "a script that reads a secret": config(**{"run.sh": "password=$(cat /run/password)\nexec x"}),
    "a file without a value": config(**{"app.yaml": "password: null\ntoken: '{{ .token }}'\n"}),
    "a user's name that stands elsewhere": secret("access-key-id", "milvus-user", "milvus-user"),
    "a short value that stands elsewhere": secret("greeting", "milvus", "milvus"),
    "an endpoint that stands elsewhere": secret(
        "S3_ENDPOINT", "https://s3.example.com", "see https://s3.example.com"
    ),
    "a certificate that stands in a bundle": secret("tls.pem", CERTIFICATE, CERTIFICATE * 2),
    "a public certificate beside its key": secret(
        "tls.crt", "public-certificate", "public-certificate"
    ),
}
BAD: dict[str, Bad] = {
    **{
        f"a secret in {what}": ("plain-secret", plan, sentence)
        for what, plan, sentence in (
            ("values", changed("release", "values.x.password", "readable"), "'values.x.password'"),
            ("env", pods(env=[{"name": "A_TOKEN", "value": "readable"}]), "env of container main"),
            ("an argument", pods(args=["--secret-key=readable"]), "args of container main"),
            ("two arguments", pods(args=["--password", "readable"]), "(--password)"),
            ("an annotation", pods(annotations={"api-token": "readable"}), "metadata.annotations"),
            (
                "the release's annotation",
                changed("config", "metadata.annotations", {"password": "readable"}),
                "'metadata.annotations.password'",
            ),
            ("a file", config(**{"app.yaml": "a:\n  password: readable\nb: 1\n"}), "a.password"),
            ("digits", config(**{"app.yaml": "password: 12345678\nb: 2026-99-99\n"}), "password"),
            ("one line of JSON", config(**{"app.json": '{"a": {"token": "readable"}}'}), "a.token"),
            ("one line of YAML", config(**{"app": "password: readable"}), "password"),
            (".env", config(**{"app.env": "A=1\nexport DB_PASSWORD='readable'\n"}), "DB_PASSWORD"),
            (
                "properties",
                config(**{"s3.properties": "s3.secret-key = readable"}),
                "s3.secret-key",
            ),
            (
                "binary data",
                changed(
                    *("config", "binaryData"),
                    {"app.env": base64.b64encode(b"TOKEN=readable").decode()},
                ),
                "'binaryData.app.env: TOKEN'",
            ),
            ("a private key", config(x="-----BEGIN RSA PRIVATE KEY-----\nabc"), "'data.x'"),
            ("a key of AWS", config(x="it is AKIAIOSFODNN7EXAMPLE here"), "'data.x'"),
        )
    },
    "a password that stands elsewhere": (
        "copied-secret",
        secret("root", "hunter22", "hunter22"),
        "ConfigMap 'config' holds a secret in 'data.found'",
    ),
    "a password inside of an address": (
        "copied-secret",
        secret("root", "hunter2hunter2", "https://root:hunter2hunter2@host"),
        "'data.found'",
    ),
    "a key that is called secret access key": (
        "copied-secret",
        secret("secretAccessKey", "hunter2hunter2", "hunter2hunter2"),
        "'data.found'",
    ),
    "an encoded password in an argument": (
        "copied-secret",
        changed(
            *("secret", "data", {"root": base64.b64encode(b"hunter2hunter2").decode()}),
            pods(args=["login hunter2hunter2"]),
        ),
        "args of container main[0]",
    ),
}
