"""A small OpenID Connect provider on this machine: as strict as a real one, and wrong when told."""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "workbench", "a secret that the provider and the workbench share"


class Provider:
    """Answers as `person`, whose claims may be changed; what is `wrong` is done wrongly."""

    def __init__(self) -> None:
        self.key, self.other_key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        self.person: dict[str, object] = {}
        self.wrong = ""
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.faults: list[str] = []
        self.redirect_uri = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def configuration(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, object]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """The address to go back to, with a code or an error."""
        self.asked.append(asked)
        told = {"state": asked["state"]}
        if self.wrong == "denied":
            return f"{asked['redirect_uri']}?{urlencode(told | {'error': 'access_denied'})}"
        if self.wrong == "state":
            told["state"] = "of-somebody-else"
        code = secrets.token_urlsafe(8)
        if self.wrong != "code":
            self.codes[code] = asked
        if self.wrong == "down later":
            self.wrong = "broken"
        return f"{asked['redirect_uri']}?{urlencode(told | {'code': code})}"

    def token(self, given: dict[str, str], authorization: str) -> dict[str, str] | None:
        """An access token and an identity token for a code, once; None is a refusal."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(given["code"], None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            authorization != f"Basic {basic}"
            or asked is None
            or given["grant_type"] != "authorization_code"
            or challenge != asked["code_challenge"]
            or given["redirect_uri"] != asked["redirect_uri"]
        ):
            return None
        access = secrets.token_urlsafe(8)
        self.tokens.add(access)
        if self.wrong == "token":
            return {"access_token": access, "token_type": "Bearer"}
        return {
            "access_token": access,
            "token_type": "Bearer",
            "id_token": self.identity(asked["nonce"]),
        }

    def identity(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": nonce}
        claims |= {
            k: v
            for k, v in self.person.items()
            if (self.wrong not in ("userinfo", "subject") or k == "sub")
            and not (self.wrong == "split" and k == "email")
        }
        claims |= {
            "audience": {"aud": "another"},
            "issuer": {"iss": "https://elsewhere.example"},
            "nonce": {"nonce": "another"},
            "expired": {"iat": now - 900, "exp": now - 600},
            "party": {"aud": [CLIENT, "another"], "azp": "another"},
        }.get(self.wrong, {})
        if self.wrong == "no nonce":
            del claims["nonce"]
        if self.wrong == "unsigned":
            return jwt.encode(claims, "", "none", headers={"kid": "one"})
        if self.wrong == "shared key":
            return jwt.encode(claims, SECRET, "HS256", headers={"kid": "one"})
        kid = "two" if self.wrong == "kid" else "one"
        key = self.other_key if self.wrong == "key" else self.key
        return jwt.encode(claims, key, "RS256", headers={"kid": kid})

    def userinfo(self, authorization: str) -> dict[str, object] | None:
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return None
        if self.wrong == "number alone":
            return {"sub": self.person["sub"]}
        if self.wrong == "split":
            return {k: v for k, v in self.person.items() if k != "email_verified"}
        return self.person | ({"sub": "another"} if self.wrong == "subject" else {})

    def _fault(self, asked: dict[str, str]) -> str:
        """What a strict provider would not have in a request, or ''."""
        must = {
            "client_id": CLIENT,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "code_challenge_method": "S256",
        }
        wrong = [k for k, v in must.items() if asked.get(k) != v]
        wrong += [k for k in ("state", "nonce", "code_challenge") if not asked.get(k)]
        wrong += [] if "openid" in asked.get("scope", "").split() else ["scope"]
        return ", ".join(wrong)

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path == "/authorize":
                    asked = dict(parse_qsl(parts.query))
                    fault = provider._fault(asked)
                    if fault:
                        provider.faults.append(fault)
                        self._answer({"error": fault}, 400)
                    else:
                        self.send_response(302)
                        self.send_header("Location", provider.authorize(asked))
                        self.end_headers()
                elif provider.wrong == "broken":
                    self._answer({"error": "broken"}, 500)
                elif provider.wrong == "nonsense":
                    self._answer(["nonsense"])
                elif parts.path == "/.well-known/openid-configuration":
                    self._answer(provider.configuration())
                elif parts.path == "/keys":
                    self._answer(provider.keys())
                else:
                    self._answer(provider.userinfo(self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                given = {k: v[0] for k, v in parse_qs(sent).items()}
                self._answer(provider.token(given, self.headers.get("Authorization", "")))

            def _answer(self, told: object, status: int = 200) -> None:
                body = json.dumps(told or {"error": "invalid_grant"}).encode()
                self.send_response(status if told else 400)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        return Handler
