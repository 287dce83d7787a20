"""A class for each directive, and one for each tag, named after it.

The first lists are mod_python 3.5's. Others: `Directive(name, val)`, `ContainerTag(tag, attr, args)`, or a subclass
made as these are.
"""

from mod_python._httpdconf.elements import ContainerTag, Directive
from mod_python._httpdconf.elements import Element as _Element


class _Named(Directive):
    def __init__(self, val: object) -> None:
        super().__init__(type(self).__name__, val)


class _Verbatim(Directive):
    """Backslashes are kept: they are part of a format, or of Python source."""

    def __init__(self, val: object) -> None:
        super().__init__(type(self).__name__, val, flipslash=0)


class _OffUnlessSaid(Directive):
    def __init__(self, val: object = "Off") -> None:
        super().__init__(type(self).__name__, val)


class _Tag(ContainerTag):
    def __init__(self, attr: object, *args: _Element) -> None:
        super().__init__(type(self).__name__, attr, args)


def _named(name: str) -> type[_Named]:
    return type(name, (_Named,), _described(f"httpd's directive {name}."))


def _verbatim(name: str) -> type[_Verbatim]:
    return type(name, (_Verbatim,), _described(f"httpd's directive {name}; backslashes stay."))


def _off_unless_said(name: str) -> type[_OffUnlessSaid]:
    return type(name, (_OffUnlessSaid,), _described(f"httpd's directive {name}; Off if nothing is said."))


def _tag(name: str) -> type[_Tag]:
    return type(name, (_Tag,), _described(f"httpd's section <{name} attr>."))


def _described(text: str) -> dict[str, str]:
    return {"__module__": __name__, "__doc__": text}


# What mod_python 3.5 has.
AddHandler = _named("AddHandler")
AddOutputFilter = _named("AddOutputFilter")
AddType = _named("AddType")
AuthBasicAuthoritative = _named("AuthBasicAuthoritative")
AuthBasicProvider = _named("AuthBasicProvider")
AuthName = _named("AuthName")
AuthType = _named("AuthType")
CustomLog = _named("CustomLog")
DirectoryIndex = _named("DirectoryIndex")
DocumentRoot = _named("DocumentRoot")
ErrorLog = _named("ErrorLog")
KeepAliveTimeout = _named("KeepAliveTimeout")
Listen = _named("Listen")
LoadModule = _named("LoadModule")
LockFile = _named("LockFile")
LogFormat = _verbatim("LogFormat")
LogLevel = _named("LogLevel")
MaxClients = _named("MaxClients")
MaxConnectionsPerChild = _named("MaxConnectionsPerChild")
MaxRequestsPerChild = _named("MaxRequestsPerChild")
MaxSpareServers = _named("MaxSpareServers")
MaxSpareThreads = _named("MaxSpareThreads")
MaxThreadsPerChild = _named("MaxThreadsPerChild")
MinSpareThreads = _named("MinSpareThreads")
Mutex = _named("Mutex")
NameVirtualHost = _named("NameVirtualHost")
NumServers = _named("NumServers")
Options = _named("Options")
PidFile = _named("PidFile")
PythonAccessHandler = _named("PythonAccessHandler")
PythonAuthenHandler = _named("PythonAuthenHandler")
PythonAuthzHandler = _named("PythonAuthzHandler")
PythonCleanupHandler = _named("PythonCleanupHandler")
PythonConnectionHandler = _named("PythonConnectionHandler")
PythonDebug = _named("PythonDebug")
PythonFixupHandler = _named("PythonFixupHandler")
PythonHandler = _named("PythonHandler")
PythonImport = _named("PythonImport")
PythonInterpPerDirective = _off_unless_said("PythonInterpPerDirective")
PythonInterpPerDirectory = _off_unless_said("PythonInterpPerDirectory")
PythonOption = _named("PythonOption")
PythonOutputFilter = _named("PythonOutputFilter")
PythonPath = _verbatim("PythonPath")
PythonPostReadRequestHandler = _named("PythonPostReadRequestHandler")
PythonTransHandler = _named("PythonTransHandler")
Require = _named("Require")
ServerAdmin = _named("ServerAdmin")
ServerName = _named("ServerName")
ServerPath = _named("ServerPath")
ServerRoot = _named("ServerRoot")
SetHandler = _named("SetHandler")
StartServers = _named("StartServers")
StartThreads = _named("StartThreads")
ThreadsPerChild = _named("ThreadsPerChild")
Timeout = _named("Timeout")
TypesConfig = _named("TypesConfig")

# What it lacks of this module's directives.
PythonAuthnProvider = _named("PythonAuthnProvider")
PythonAuthzProvider = _named("PythonAuthzProvider")
PythonAutoReload = _named("PythonAutoReload")
PythonEnablePdb = _named("PythonEnablePdb")
PythonHandlerModule = _named("PythonHandlerModule")
PythonHeaderParserHandler = _named("PythonHeaderParserHandler")
PythonHome = _named("PythonHome")
PythonInitHandler = _named("PythonInitHandler")
PythonInputFilter = _named("PythonInputFilter")
PythonInterpreter = _named("PythonInterpreter")
PythonInterpreterOptions = _named("PythonInterpreterOptions")
PythonInterruptTimeout = _named("PythonInterruptTimeout")
PythonLogHandler = _named("PythonLogHandler")
PythonMaxInterpreters = _named("PythonMaxInterpreters")
PythonOptimize = _named("PythonOptimize")
PythonReload = _named("PythonReload")
PythonRequestTimeout = _named("PythonRequestTimeout")
PythonSessionCache = _named("PythonSessionCache")
PythonShutdownTimeout = _named("PythonShutdownTimeout")
PythonTypeHandler = _named("PythonTypeHandler")

# What else most configurations want.
AcceptPathInfo = _named("AcceptPathInfo")
AddInputFilter = _named("AddInputFilter")
Alias = _named("Alias")
AllowOverride = _named("AllowOverride")
AuthUserFile = _named("AuthUserFile")
DefaultRuntimeDir = _named("DefaultRuntimeDir")
Define = _named("Define")
ErrorDocument = _named("ErrorDocument")
ErrorLogFormat = _verbatim("ErrorLogFormat")
FallbackResource = _named("FallbackResource")
ForceType = _named("ForceType")
GracefulShutdownTimeout = _named("GracefulShutdownTimeout")
Group = _named("Group")
Header = _named("Header")
Include = _named("Include")
IncludeOptional = _named("IncludeOptional")
KeepAlive = _named("KeepAlive")
LimitRequestBody = _named("LimitRequestBody")
MaxRequestWorkers = _named("MaxRequestWorkers")
MinSpareServers = _named("MinSpareServers")
Protocols = _named("Protocols")
RequestHeader = _named("RequestHeader")
ScriptAlias = _named("ScriptAlias")
ServerAlias = _named("ServerAlias")
ServerLimit = _named("ServerLimit")
SetEnv = _named("SetEnv")
SetInputFilter = _named("SetInputFilter")
SetOutputFilter = _named("SetOutputFilter")
ThreadLimit = _named("ThreadLimit")
UseCanonicalName = _named("UseCanonicalName")
User = _named("User")

# Tags: mod_python 3.5's, and others.
Directory = _tag("Directory")
Files = _tag("Files")
IfModule = _tag("IfModule")
Location = _tag("Location")
VirtualHost = _tag("VirtualHost")
DirectoryMatch = _tag("DirectoryMatch")
FilesMatch = _tag("FilesMatch")
IfDefine = _tag("IfDefine")
IfVersion = _tag("IfVersion")
Limit = _tag("Limit")
LimitExcept = _tag("LimitExcept")
LocationMatch = _tag("LocationMatch")
RequireAll = _tag("RequireAll")
RequireAny = _tag("RequireAny")
RequireNone = _tag("RequireNone")
