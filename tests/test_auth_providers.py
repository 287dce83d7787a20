"""PythonAuthnProvider and PythonAuthzProvider: httpd's own authentication asks Python."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx
import pytest
from harness.serve import Serve
from harness.server import Server

BASIC = ("auth_basic", "authn_core", "authn_file", "authz_user", "authz_host")
DIGEST = ("auth_digest", *BASIC)

PAGE = "SetHandler mod_python\nPythonHandler users::page"
REALM = 'AuthType Basic\nAuthName "the realm"\nAuthBasicProvider python'
USERS = f"{PAGE}\n{REALM}\nPythonAuthnProvider users::check\nRequire valid-user"

# Providers of the server level have no directory of their own to find their module in.
PATH = "PythonPath \"['{htdocs}'] + sys.path\""
RULES = f"{PATH}\nPythonAuthzProvider rule rules::"


def _basic(serve: Serve, directory: str = USERS, server: str = "", **config: Any) -> Server:
    return serve("auth_providers", directory=directory, server=server, modules=BASIC, **config)


def _authn(serve: Serve, provider: str) -> Server:
    return _basic(serve, f"{PAGE}\n{REALM}\nPythonAuthnProvider users::{provider}\nRequire valid-user")


def _authz(serve: Serve, function: str, require: str) -> Server:
    return _basic(serve, f"{USERS.replace('Require valid-user', '')}\n{require}", RULES + function)


# --- passwords ---


def test_the_right_password_lets_the_user_in(serve: Serve) -> None:
    assert _basic(serve).text(auth=("jo", "secret")) == "jo staff"


@pytest.mark.parametrize("credentials", [("jo", "wrong"), ("jo", ""), ("nobody", "secret"), ("", "")])
def test_other_credentials_are_asked_for_again(serve: Serve, credentials: tuple[str, str]) -> None:
    server = _basic(serve)
    server.tolerate_log("AH01617", "AH01618")
    response = server.get(auth=credentials)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="the realm"'
    assert "staff" not in response.text


def test_without_credentials_the_provider_is_not_asked(serve: Serve) -> None:
    response = _authn(serve, "raises").get()
    assert response.status_code == 401
    assert "WWW-Authenticate" in response.headers


def test_user_and_password_are_the_bytes_sent_as_latin_1(serve: Serve) -> None:
    server = _basic(serve)
    # As browsers encode: UTF-8.
    assert server.text(auth=("amy", "püße")) == "amy guests"


def test_credentials_may_be_any_bytes(serve: Serve) -> None:
    server = _authn(serve, "shows")
    credentials = base64.b64encode(b"\xff\xfe:\x80\x01\n\xe2\x82\xac")
    response = server.raw(b"/", b"Authorization: Basic " + credentials)
    assert ascii(("\xff\xfe", "\x80\x01\n\xe2\x82\xac")).encode() in response.body


def test_a_password_may_contain_a_colon(serve: Serve) -> None:
    server = _basic(serve)
    server.expect_log("AH01618")
    # RFC 7617: everything after the first colon is the password, so there is no such user.
    assert server.get(auth=("co:lon", "a:b")).status_code == 401


@pytest.mark.parametrize(
    ("constant", "status"),
    [("AUTH_GRANTED", 200), ("AUTH_DENIED", 401), ("AUTH_USER_NOT_FOUND", 401), ("AUTH_GENERAL_ERROR", 500)],
)
def test_a_provider_may_answer_with_httpds_constants(serve: Serve, constant: str, status: int) -> None:
    server = _authn(serve, "constants")
    server.tolerate_log("AH01617", "AH01618")
    assert server.get(auth=("jo", constant)).status_code == status


def test_an_exception_grants_nothing(serve: Serve) -> None:
    server = _authn(serve, "raises")
    server.expect_log("MPY0303: PythonAuthnProvider users::raises .*LookupError: the directory is down", "Traceback")
    server.tolerate_log("PythonAuthnProvider users::raises")
    assert server.get(auth=("jo", "secret")).status_code == 500


@pytest.mark.parametrize("answer", ["'yes'", "1.0", "[1]", "2", "-1", "401", "10**30", "object()"])
def test_an_answer_that_means_nothing_grants_nothing(serve: Serve, answer: str) -> None:
    server = _authn(serve, "answers")
    server.expect_log("MPY0501: PythonAuthnProvider users::answers .* must return True, False, None")
    assert server.get(auth=("jo", answer)).status_code == 500


def test_ok_is_not_a_password_that_is_right(serve: Serve) -> None:
    server = _authn(serve, "answers")
    server.expect_log("AH01617")
    assert server.get(auth=("jo", "apache.OK")).status_code == 401


def test_without_a_provider_nobody_gets_in(serve: Serve) -> None:
    server = _basic(serve, f"{PAGE}\n{REALM}\nRequire valid-user")
    server.expect_log("MPY0502")
    assert server.get(auth=("jo", "secret")).status_code == 500


def test_a_missing_object_grants_nothing(serve: Serve) -> None:
    server = _authn(serve, "missing")
    server.expect_log("MPY0302: .*contains no 'missing'")
    server.tolerate_log("PythonAuthnProvider users::missing")
    assert server.get(auth=("jo", "secret")).status_code == 500


def test_a_stranger_is_left_to_the_next_provider(serve: Serve) -> None:
    directory = USERS.replace("AuthBasicProvider python", "AuthBasicProvider python file\nAuthUserFile {root}/users")
    server = serve.prepare("auth_providers", directory=directory, modules=BASIC)
    hashed = "{SHA}" + base64.b64encode(hashlib.sha1(b"other").digest()).decode()
    (server.root / "users").write_text(f"filed:{hashed}\njo:{hashed}\n")
    server.start()
    server.expect_log("AH01617")
    assert server.text(auth=("filed", "other")) == "filed -"
    # Python knows him, and says no.
    assert server.get(auth=("jo", "other")).status_code == 401


def test_python_is_asked_for_whom_a_file_does_not_know(serve: Serve) -> None:
    directory = USERS.replace("AuthBasicProvider python", "AuthBasicProvider file python\nAuthUserFile {root}/users")
    server = serve.prepare("auth_providers", directory=directory, modules=BASIC)
    (server.root / "users").write_text("")
    server.start()
    assert server.text(auth=("jo", "secret")) == "jo staff"


def test_an_inner_section_has_its_own_provider(serve: Serve) -> None:
    server = _basic(serve, htaccess="PythonAuthnProvider users::constants")
    assert server.text(auth=("anybody", "AUTH_GRANTED")) == "anybody -"


def test_an_alias_carries_its_own_provider(serve: Serve) -> None:
    alias = f"{PATH}\n<AuthnProviderAlias python ours>\nPythonAuthnProvider users::check\n</AuthnProviderAlias>"
    directory = f"{PAGE}\n{REALM.replace('AuthBasicProvider python', 'AuthBasicProvider ours')}\nRequire valid-user"
    assert _basic(serve, directory, alias).text(auth=("jo", "secret")) == "jo staff"


def test_a_class_is_instantiated_with_the_request(serve: Serve) -> None:
    assert _authn(serve, "Both").text(auth=("jo", "secret")) == "jo staff"


def test_login_forms(serve: Serve) -> None:
    form = """
        AuthType form
        AuthName realm
        AuthFormProvider python
        PythonAuthnProvider users::check
        Session On
        SessionCookieName session path=/
        """
    pages = f"{form}{PAGE}\nRequire valid-user"
    login = f"<Location /login>{form}SetHandler form-login-handler\nAuthFormLoginSuccessLocation /page\n</Location>"
    modules = (*BASIC, "auth_form", "request", "session", "session_cookie")
    server = serve("auth_providers", directory=pages, server=PATH, late=login, modules=modules)
    server.expect_log("AH01807")
    urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}
    assert server.get("/page").status_code == 401
    wrong = server.post("/login", "httpd_username=jo&httpd_password=wrong", headers=urlencoded)
    assert (wrong.status_code, "Location" in wrong.headers) == (401, False)
    answer = server.post("/login", "httpd_username=jo&httpd_password=secret", headers=urlencoded)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/page")
    # From here on the session has the password, and the provider is asked for it again.
    assert server.text("/page", headers={"Cookie": answer.headers["Set-Cookie"].split(";")[0]}) == "jo staff"


# --- digests ---


def _digest(serve: Serve, provider: str = "Both", more: str = "", modules: tuple[str, ...] = ()) -> Server:
    directory = f"""
        {PAGE.replace(chr(10), chr(10) + " " * 8)}
        AuthType Digest
        AuthName "the realm"
        AuthDigestProvider {"socache " if modules else ""}python
        PythonAuthnProvider users::{provider}
        Require valid-user
        {more}
        """
    server = serve("auth_providers", directory=directory, modules=(*DIGEST, *modules))
    # That the server's secret was made, and the shared memory.
    server.tolerate_log("AH01757", "AH01760")
    return server


def test_digest_authentication(serve: Serve) -> None:
    server = _digest(serve)
    assert server.text(auth=httpx.DigestAuth("jo", "secret")) == "jo -"


def test_digest_authentication_refuses_a_wrong_password(serve: Serve) -> None:
    server = _digest(serve)
    server.expect_log("AH01794")
    response = server.get(auth=httpx.DigestAuth("jo", "wrong"))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith('Digest realm="the realm"')


def test_digest_authentication_refuses_a_stranger(serve: Serve) -> None:
    server = _digest(serve)
    server.expect_log("AH01790")
    assert server.get(auth=httpx.DigestAuth("nobody", "secret")).status_code == 401


def test_a_malformed_hash_grants_nothing_and_is_not_shown(serve: Serve) -> None:
    server = _digest(serve, "malformed")
    server.expect_log("MPY0501: PythonAuthnProvider users::malformed .* must return 32 hexadecimal digits or None")
    assert server.get(auth=httpx.DigestAuth("jo", "secret")).status_code == 500
    assert "secret words" not in str(server.log)


def test_a_provider_without_hashes_grants_nothing(serve: Serve) -> None:
    server = _digest(serve, "check")
    server.expect_log("MPY0303: .*no attribute 'get_realm_hash'")
    server.tolerate_log("PythonAuthnProvider users::check")
    assert server.get(auth=httpx.DigestAuth("jo", "secret")).status_code == 500


def test_basic_authentication_by_the_digests_hash(serve: Serve) -> None:
    directory = USERS.replace("users::check", "users::Both") + "\nAuthBasicUseDigestAlgorithm MD5"
    server = _basic(serve, directory)
    server.expect_log("AH01617")
    assert server.text(auth=("jo", "secret")) == "jo -"
    assert server.get(auth=("jo", "wrong")).status_code == 401


def test_a_cache_may_stand_before_the_provider(serve: Serve) -> None:
    more = "PythonOption asked {root}/spool/asked\nAuthnCacheProvideFor python"
    server = _digest(serve, "counting", more, ("authn_socache", "socache_shmcb"))
    for _ in range(3):
        assert server.text(auth=httpx.DigestAuth("jo", "secret")) == "jo -"
    assert (server.spool / "asked").read_text() == "asked\n"


# --- Require ---


def test_a_rule_decides_without_any_user(serve: Serve) -> None:
    server = _authz(serve, "ask", "Require python-rule")
    server.expect_log("AH01630")
    assert server.text(headers={"X-Answer": "yes"}) == "None -"
    assert server.get(headers={"X-Answer": "no"}).status_code == 403
    assert server.get(headers={"X-Answer": "neutral"}).status_code == 403


def test_a_rule_may_ask_for_a_user_first(serve: Serve) -> None:
    server = _authz(serve, "group", "Require python-rule staff")
    server.expect_log("AH01631")
    assert server.get().headers["WWW-Authenticate"] == 'Basic realm="the realm"'
    # What the authentication provider put on the request is there in the next phase.
    assert server.text(auth=("jo", "secret")) == "jo staff"
    assert server.get(auth=("amy", "püße")).status_code == 401


def test_arguments_are_the_rest_of_the_line(serve: Serve) -> None:
    server = _authz(serve, "arguments", 'Require python-rule  one "two  three" ü')
    assert server.get().headers["X-Arguments"] == ascii('one "two  three" ü')


def test_a_rule_without_arguments_gets_an_empty_text(serve: Serve) -> None:
    assert _authz(serve, "arguments", "Require python-rule").get().headers["X-Arguments"] == "''"


REQUIRE_ANY = "<RequireAny>\nRequire python-rule\nRequire ip 192.0.2.1\n</RequireAny>"
REQUIRE_ALL = "<RequireAll>\nRequire python-rule\nRequire ip 127.0.0.1\n</RequireAll>"
REQUIRE_NONE = "<RequireAll>\nRequire all granted\n<RequireNone>\nRequire python-rule\n</RequireNone>\n</RequireAll>"
REQUIRE_NOT = "<RequireAll>\nRequire all granted\nRequire not python-rule\n</RequireAll>"


@pytest.mark.parametrize(
    ("require", "answer", "status"),
    [
        (REQUIRE_ANY, "yes", 200),
        (REQUIRE_ANY, "no", 403),
        (REQUIRE_ALL, "yes", 200),
        (REQUIRE_ALL, "no", 403),
        (REQUIRE_ALL, "neutral", 200),
        (REQUIRE_NONE, "yes", 403),
        (REQUIRE_NONE, "no", 200),
        (REQUIRE_NOT, "yes", 403),
        (REQUIRE_NOT, "no", 200),
    ],
)
def test_rules_combine_with_others(serve: Serve, require: str, answer: str, status: int) -> None:
    server = _authz(serve, "ask", require)
    server.tolerate_log("AH01630")
    assert server.get(headers={"X-Answer": answer}).status_code == status


@pytest.mark.parametrize("require", ["Require python-rule", REQUIRE_ANY, REQUIRE_NONE, REQUIRE_NOT])
def test_a_rule_that_raises_grants_nothing(serve: Serve, require: str) -> None:
    server = _authz(serve, "raises", require)
    server.expect_log("MPY0303: PythonAuthzProvider rules::raises .*LookupError: the rules are lost", "Traceback")
    server.tolerate_log("PythonAuthzProvider rules::raises")
    assert server.get().status_code == 500


@pytest.mark.parametrize("answer", ["'yes'", "5", "-1", "403", "()"])
def test_a_rules_answer_that_means_nothing_grants_nothing(serve: Serve, answer: str) -> None:
    server = _authz(serve, "answers", f"Require python-rule {answer}")
    server.expect_log("MPY0501: PythonAuthzProvider rules::answers .* must return True, False, None")
    assert server.get().status_code == 500


@pytest.mark.parametrize(("satisfy", "status", "user"), [("Any", 200, "None -"), ("All", 401, "jo staff")])
def test_satisfy_combines_addresses_with_rules(serve: Serve, satisfy: str, status: int, user: str) -> None:
    directory = USERS.replace("Require valid-user", "Require python-rule staff\nOrder Allow,Deny\nAllow from 127.0.0.1")
    server = serve(
        "auth_providers",
        directory=f"{directory}\nSatisfy {satisfy}",
        server=f"{RULES}group",
        modules=(*BASIC, "access_compat"),
    )
    assert server.get().status_code == status
    assert server.text(auth=("jo", "secret")) == user


@pytest.mark.parametrize(("directive", "name"), [("", "main.test"), ("PythonInterpreter mine", "mine")])
def test_a_rule_runs_in_the_requests_interpreter(serve: Serve, directive: str, name: str) -> None:
    server = _basic(serve, f"{PAGE}\n{directive}\nRequire python-rule", f"{RULES}tells_interpreter")
    assert server.get().headers["X-Interpreter"] == name


def test_an_edited_provider_answers_the_next_request(serve: Serve) -> None:
    server = _authn(serve, "check")
    server.expect_log("AH01617")
    assert server.get(auth=("jo", "new")).status_code == 401
    source = (server.htdocs / "users.py").read_text()
    (server.htdocs / "users.py").write_text(source.replace('"secret"', '"new"'))
    assert server.get(auth=("jo", "new")).status_code == 200


def test_rules_stand_in_htaccess(serve: Serve) -> None:
    server = _basic(serve, PAGE, f"{RULES}ask", htaccess="Require python-rule")
    server.expect_log("AH01630")
    assert server.text(headers={"X-Answer": "yes"}) == "None -"
    assert server.get().status_code == 403


def test_a_rule_goes_by_an_alias_too(serve: Serve) -> None:
    alias = "<AuthzProviderAlias python-rule friends staff>\nPythonOption key value\n</AuthzProviderAlias>"
    other = "PythonAuthzProvider other rules::raises"
    directory = f"{USERS.replace('Require valid-user', '')}\nRequire friends"
    server = _basic(serve, directory, f"{RULES}group\n{other}\n{alias}")
    assert server.text(auth=("jo", "secret")) == "jo staff"


def test_many_rules_are_told_apart(serve: Serve) -> None:
    declared = "\n".join(f"PythonAuthzProvider r{n} rules::{'raises' if n != 40 else 'arguments'}" for n in range(64))
    server = _basic(serve, f"{PAGE}\nRequire python-r40 it", f"{PATH}\n{declared}")
    assert server.get().headers["X-Arguments"] == "'it'"


def test_a_restart_declares_the_rules_anew(serve: Serve) -> None:
    server = _authz(serve, "ask", "Require python-rule")
    for _ in range(2):
        server.control("graceful")
    assert server.text(headers={"X-Answer": "yes"}) == "None -"


# --- configuration errors ---


@pytest.mark.parametrize(
    ("server", "complaint"),
    [
        ("PythonAuthzProvider rule rules", "PythonAuthzProvider needs module::object"),
        ("PythonAuthzProvider 'a b' rules::ask", "needs a name of letters"),
        ("PythonAuthnProvider users", "PythonAuthnProvider needs module::object"),
        (
            "PythonAuthzProvider rule rules::ask\nPythonAuthzProvider rule rules::group",
            "declares 'python-rule' a second time: it is rules::ask already",
        ),
        ("\n".join(f"PythonAuthzProvider r{n} rules::ask" for n in range(65)), "is possible 64 times at the most"),
        ("<Directory />\nPythonAuthzProvider rule rules::ask\n</Directory>", "not allowed in <Directory>"),
        ("<Directory />\nRequire python-rule\n</Directory>", "Unknown Authz provider: python-rule"),
    ],
)
def test_what_cannot_be_meant_is_refused(serve: Serve, server: str, complaint: str) -> None:
    assert complaint in serve.refused("auth_providers", server=server, modules=BASIC)


def test_the_same_declaration_may_be_read_twice(serve: Serve) -> None:
    again = f"{RULES}ask\nPythonAuthzProvider rule rules::ask"
    server = _basic(serve, f"{PAGE}\nRequire python-rule", again)
    assert server.text(headers={"X-Answer": "yes"}) == "None -"


@pytest.mark.parametrize("require", ["valid-user", "python-rule"])
def test_a_panic_grants_nothing(serve: Serve, require: str) -> None:
    server = _basic(serve, USERS.replace("valid-user", require), f"{RULES}arguments")
    server.expect_log("MPY0010: internal error in check_")
    assert server.get(auth=("jo", "secret"), headers={"X-Fault": "provider"}).status_code == 500
    assert server.get(auth=("jo", "secret")).status_code == 200
